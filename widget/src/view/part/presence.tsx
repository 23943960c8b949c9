// The six states of presence: each has a colour and a shape of its own, so that nobody has to tell colours apart.

import type { Show } from "../../model/state.ts";
import type { TextKey } from "../../locale/index.ts";
import { useFrame } from "../context.ts";

export const showText = (show: Show): TextKey => `show.${show}`;

/** The sign alone; what it says stands beside it or in the label of what it belongs to. */
export function PresenceSign({ show }: { show: Show }) {
  return (
    <svg class={`sign is-${show}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {show === "available" && <circle class="full" cx="6" cy="6" r="5" />}
      {show === "chat" && <path class="full" d="M6 .8a5 5 0 1 1-1.9 9.7L1 11.2l.7-2.7A5 5 0 0 1 6 .8z" />}
      {show === "away" && <path class="full" d="M5.3 1a5.1 5.1 0 1 0 5.6 6.6A4.6 4.6 0 0 1 5.3 1z" />}
      {show === "dnd" && (
        <>
          <circle class="full" cx="6" cy="6" r="5" />
          <path class="bar" d="M3.6 6h4.8" />
        </>
      )}
      {show === "invisible" && <circle class="ring dashed" cx="6" cy="6" r="4.1" />}
      {show === "unavailable" && <circle class="ring" cx="6" cy="6" r="4.1" />}
    </svg>
  );
}

/** The sign and its words. */
export function PresenceText({ show }: { show: Show }) {
  const { t } = useFrame();
  return (
    <span class="presence">
      <PresenceSign show={show} />
      {t(showText(show))}
    </span>
  );
}
