// Instead of the roster, while one cannot talk here: signed out, or refused by the server.

import { useView } from "../context.ts";
import { Button, Empty, IconButton } from "../part/control.tsx";

/** Refusals that may pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(["too_many_requests", "too_many_connections", "timed_out", "unavailable", "internal", "no_network", "ticket_ended"]);

export function Gate({ onClose }: { onClose?: (() => void) | undefined }) {
  const { state, commands, t } = useView();
  const { link } = state;
  const head = (
    <header class="head">
      <h2>{t("roster.title")}</h2>
      {onClose !== undefined && <IconButton icon="close" label={t("common.close")} onClick={onClose} />}
    </header>
  );
  if (link.state === "signed_out") {
    return (
      <>
        {head}
        <Empty icon="chat" title={t("gate.signedOut")} hint={t(link.canSignIn ? "gate.signedOut.hint" : "gate.signedOut.site")}>
          {link.canSignIn && (
            <Button kind="main" onClick={() => commands.signIn()}>
              {t("gate.signIn")}
            </Button>
          )}
        </Empty>
      </>
    );
  }
  if (link.state !== "refused") return null;
  return (
    <>
      {head}
      <Empty icon="alert" title={t("gate.refused")} hint={t.any(`error.${link.code}`, "error.unknown")}>
        {PASSING.has(link.code) && <Button onClick={() => commands.reconnect()}>{t("common.retry")}</Button>}
        <p class="code">{t("gate.code", { code: link.code })}</p>
      </Empty>
    </>
  );
}
