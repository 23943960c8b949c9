// Lists of messages: in the order of the log, each once, what is not sent yet at the end.

import { text, whole, type WireMessage } from "../../client/index.ts";
import { isMe, type Core } from "../core.ts";
import type { Message } from "../state.ts";

/** A message of ours that is sent may be told to us before the answer to it: it is known by its text, if the times are not this far apart. */
const SAME_WITHIN_MS = 120_000;

/** A message as it stands in the log. */
export function messageOf(core: Core, wire: WireMessage): Message {
  const from = text(wire.from);
  const { me, people } = core.state;
  const isMine = isMe(me, from);
  return {
    key: String(whole(wire.seq)),
    seq: whole(wire.seq),
    from,
    fromName: text(wire.nick) || from,
    fromPicture: isMine ? (me?.picture ?? "") : (people.get(from)?.picture ?? ""),
    isMine,
    body: text(wire.body),
    at: whole(wire.timestamp),
    delivery: "sent",
    error: null,
    canRetry: false,
  };
}

/** Puts messages of the log into a list. */
export function merge(known: readonly Message[], added: readonly Message[]): readonly Message[] {
  const bySeq = new Map<number, Message>();
  const unsent: Message[] = [];
  for (const message of known) {
    if (message.seq > 0) bySeq.set(message.seq, message);
    else unsent.push(message);
  }
  for (const message of added) {
    if (message.seq === 0 || bySeq.has(message.seq)) continue;
    const own = message.isMine ? unsent.findIndex((mine) => isSame(mine, message)) : -1;
    const mine = own < 0 ? undefined : unsent.splice(own, 1)[0];
    bySeq.set(message.seq, mine === undefined ? message : { ...message, key: mine.key });
  }
  const sent = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return [...sent, ...unsent];
}

function isSame(mine: Message, message: Message): boolean {
  return mine.delivery === "sending" && mine.body === message.body && Math.abs(mine.at - message.at) < SAME_WITHIN_MS;
}

/** A message of ours that an earlier page wrote: the one that the history has already, or one that is still to be sent. */
export function resume(known: readonly Message[], unsent: Message): readonly Message[] {
  const stored = known.find((message) => message.isMine && message.key === String(message.seq) && isSame(unsent, message));
  return stored === undefined ? [...known, unsent] : change(known, stored.key, { key: unsent.key });
}

/** The server has taken a message of ours, as `seq`. Whatever was taken for it before is another then. */
export function settle(known: readonly Message[], key: string, seq: number, at: number): readonly Message[] {
  const mine = known.find((message) => message.key === key);
  if (mine === undefined || mine.seq === seq) return known;
  const taken: Message = { ...mine, seq, at, delivery: "sent", error: null, canRetry: false };
  const mistaken: readonly Message[] = mine.seq > 0 ? [{ ...mine, key: String(mine.seq) }] : [];
  const others = known.filter((message) => message !== mine && message.seq !== seq);
  return merge([...others, taken], mistaken);
}

/** Keys of messages are unique in a list, and stay what they are. */
export function change(known: readonly Message[], key: string, changes: Partial<Message>): readonly Message[] {
  return known.map((message) => (message.key === key ? { ...message, ...changes } : message));
}
