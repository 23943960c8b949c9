// How the page stands with the server, said honestly and without alarm; nothing while all is well.

import { useEffect, useState } from "preact/hooks";
import { useView } from "../context.ts";
import { useNow } from "../hooks.ts";
import { Spinner } from "./control.tsx";
import { Icon } from "./icon.tsx";

/** A connection that comes at once is not worth a word. */
const PATIENCE_MS = 700;

export function Banner() {
  const { state, commands, t } = useView();
  const { link } = state;
  const isPatient = useDelay(link.state === "connecting");
  const now = useNow(link.state === "reconnecting" ? 1000 : null);
  if (link.state === "connecting" && !isPatient) {
    return (
      <p class="banner">
        <Spinner />
        <span>{t("link.connecting")}</span>
      </p>
    );
  }
  if (link.state === "offline") {
    return (
      <p class="banner warn">
        <Icon name="noNetwork" size={16} />
        <span>{t("link.offline")}</span>
      </p>
    );
  }
  if (link.state !== "reconnecting") return null;
  const count = Math.ceil((link.retryAt - now) / 1000);
  return (
    <p class="banner warn">
      <Spinner />
      <span>{count > 0 ? t("link.reconnectingIn", { count }) : t("link.reconnecting")}</span>
      <button type="button" class="link" onClick={() => commands.reconnect()}>
        {t("link.tryNow")}
      </button>
    </p>
  );
}

/** True for a short while after `isOn` became true. */
function useDelay(isOn: boolean): boolean {
  const [isEarly, setEarly] = useState(true);
  useEffect(() => {
    setEarly(true);
    if (!isOn) return undefined;
    const timer = setTimeout(() => setEarly(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isOn]);
  return isEarly;
}
