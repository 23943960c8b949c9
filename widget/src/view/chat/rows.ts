// A conversation as rows to be drawn: day separators, the line "new", and bubbles grouped by who spoke.

import type { Message } from "../../model/state.ts";
import { dayNumber } from "../time.ts";

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "new"; readonly key: string }
  | { readonly kind: "group"; readonly key: string; readonly isMine: boolean; readonly messages: readonly Message[] };

/** Who pauses longer than this begins a new group. */
const GROUP_GAP_MS = 5 * 60_000;

export function rowsOf(messages: readonly Message[], firstUnread: string | null): Row[] {
  const rows: Row[] = [];
  let group: Message[] = [];
  let last: Message | undefined;
  for (const message of messages) {
    const isNewDay = last === undefined || dayNumber(last.at) !== dayNumber(message.at);
    const isNew = message.key === firstUnread;
    if (isNewDay) rows.push({ kind: "day", key: `day-${dayNumber(message.at)}-${message.key}`, at: message.at });
    if (isNew) rows.push({ kind: "new", key: "new" });
    if (isNewDay || isNew || !continues(last, message)) {
      group = [];
      rows.push({ kind: "group", key: message.key, isMine: message.isMine, messages: group });
    }
    group.push(message);
    last = message;
  }
  return rows;
}

function continues(last: Message | undefined, message: Message): boolean {
  return (
    last !== undefined &&
    last.from === message.from &&
    last.isMine === message.isMine &&
    last.delivery !== "failed" &&
    message.at - last.at < GROUP_GAP_MS
  );
}

/** Up to three emoji and nothing else: drawn large, without a bubble. */
export function isOnlyEmoji(body: string): boolean {
  return /^(?:(?:\p{RI}{2}|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)[\p{EMod}\ufe0f\u200d\u2640\u2642\p{Extended_Pictographic}]*\s*){1,3}$/u.test(
    body,
  ) && [...new Intl.Segmenter().segment(body.replace(/\s/g, ""))].length <= 3;
}
