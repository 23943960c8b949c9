// Bubbles that one person wrote one after the other, and how they fare on their way.

import { useState } from "preact/hooks";
import type { Key, Message } from "../../model/state.ts";
import { useFrame } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Icon } from "../part/icon.tsx";
import { piecesOf } from "./links.ts";
import { isOnlyEmoji, type Row } from "./rows.ts";

interface Properties {
  of: Key;
  row: Extract<Row, { kind: "group" }>;
  isInRoom: boolean;
}

export function Group({ of, row, isInRoom }: Properties) {
  const { t } = useFrame();
  const { messages, isMine } = row;
  const first = messages[0];
  const last = messages[messages.length - 1];
  if (first === undefined || last === undefined) return null;
  const isNamed = isInRoom && !isMine;
  return (
    <div class={`group${isMine ? " mine" : ""}${isNamed ? " named" : ""}`}>
      {isNamed && <Avatar id={first.from} name={first.fromName} picture={first.fromPicture} size={28} />}
      {isNamed ? (
        <p class="from">
          <bdi>{first.fromName}</bdi>
        </p>
      ) : (
        <span class="unseen">{isMine ? t("message.you") : first.fromName}: </span>
      )}
      {messages.map((message) => (
        <Bubble key={message.key} of={of} message={message} />
      ))}
      <Fate of={of} message={last} />
    </div>
  );
}

function Bubble({ of, message }: { of: Key; message: Message }) {
  const { times, t } = useFrame();
  const [isActive, setActive] = useState(false);
  const look = isOnlyEmoji(message.body) ? "bubble large" : "bubble";
  return (
    <div
      class={`line ${message.delivery}`}
      data-message={message.key}
      tabIndex={-1}
      onPointerEnter={() => setActive(true)}
      onPointerLeave={() => setActive(false)}
      onFocusIn={() => setActive(true)}
      onFocusOut={(event) => setActive(event.currentTarget.contains(event.relatedTarget as Node | null))}
    >
      <p class={look} part={message.isMine ? "bubble bubble-mine" : "bubble"} dir="auto" title={times.full(message.at)}>
        {piecesOf(message.body).map(({ text, href }, at) =>
          href === null ? (
            text
          ) : (
            <a key={at} href={href} target="_blank" rel="noopener noreferrer ugc" dir="ltr">
              {text}
            </a>
          ),
        )}
      </p>
      {isActive && <Copy body={message.body} label={t("message.copy")} key={of} />}
    </div>
  );
}

function Copy({ body, label }: { body: string; label: string }) {
  const { t } = useFrame();
  const [isDone, setDone] = useState(false);
  const copy = () => {
    navigator.clipboard?.writeText(body).then(
      () => setDone(true),
      () => undefined,
    );
  };
  const words = isDone ? t("message.copied") : label;
  return (
    <button type="button" class="copy" aria-label={words} title={words} onClick={copy}>
      <Icon name={isDone ? "check" : "copy"} size={15} />
    </button>
  );
}

/** Below the last bubble of a group: when it was written, or what became of it. */
function Fate({ of, message }: { of: Key; message: Message }) {
  const { t, times, commands } = useFrame();
  if (message.delivery === "failed") {
    const reason = message.error === null ? "" : t.any(`error.${message.error}`, "error.unknown");
    return (
      <div class="fate failed">
        <p>
          <Icon name="alert" size={14} />
          {t("message.failed")}
          {reason !== "" && <> · {reason}</>}
        </p>
        <div>
          {message.canRetry && (
            <button type="button" class="link" onClick={() => commands.retry(of, message.key)}>
              {t("message.retry")}
            </button>
          )}
          <button type="button" class="link" onClick={() => commands.discard(of, message.key)}>
            {t("message.discard")}
          </button>
        </div>
      </div>
    );
  }
  if (message.delivery === "sending") {
    return (
      <p class="fate">
        <Icon name="clock" size={13} />
        {t("message.sending")}
      </p>
    );
  }
  const time = <time dateTime={times.iso(message.at)}>{times.clock(message.at)}</time>;
  return (
    <p class="fate" title={message.isMine ? t("message.sent", { time: times.full(message.at) }) : times.full(message.at)}>
      {message.isMine && <Icon name="check" size={13} />}
      {time}
    </p>
  );
}
