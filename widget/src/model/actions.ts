// All that can change the state, as data. What `isShared` names is done by all tabs of the member, everything else by this one alone.

import type { ClientLink, Online, Packet, WireMember, WireMessage, WireNotification, WirePerson, WireRoom } from "../client/index.ts";
import type { Core } from "./core.ts";
import type { Letter } from "./effects/outbox.ts";
import type { Key, Panel, Search, Settings, Show, Toast } from "./state.ts";

export type Action =
  // What the server says. `now` is our own clock.
  | { readonly type: "link"; readonly link: ClientLink }
  | { readonly type: "online"; readonly answer: Online; readonly now: number }
  | { readonly type: "packet"; readonly packet: Packet; readonly now: number }
  | { readonly type: "restore"; readonly core: Core }
  | { readonly type: "people"; readonly people: readonly WirePerson[] }
  | { readonly type: "rooms"; readonly rooms: readonly WireRoom[] }
  | { readonly type: "members"; readonly room: string; readonly members: readonly WireMember[] }
  | { readonly type: "notifications"; readonly notifications: readonly WireNotification[] }
  | { readonly type: "blocked"; readonly people: readonly WirePerson[] }
  /** `isLast`: nothing stands before these. */
  | { readonly type: "history"; readonly key: Key; readonly messages: readonly WireMessage[]; readonly isLast: boolean }
  | { readonly type: "older"; readonly key: Key; readonly older: "more" | "loading" | "failed" }
  // What the member does. `wasKept`: an earlier page said it, and the server may have it already.
  | (Letter & { readonly type: "say"; readonly tab: string; readonly wasKept?: true })
  | { readonly type: "sent"; readonly key: Key; readonly cid: string; readonly seq: number; readonly at: number }
  | { readonly type: "unsent"; readonly key: Key; readonly cid: string; readonly code: string; readonly canRetry: boolean }
  | { readonly type: "resend"; readonly key: Key; readonly cid: string; readonly tab: string }
  | { readonly type: "discard"; readonly key: Key; readonly cid: string }
  | { readonly type: "read"; readonly key: Key; readonly seq: number }
  | { readonly type: "draft"; readonly key: Key; readonly draft: string }
  | { readonly type: "cleared"; readonly key: Key }
  | { readonly type: "open"; readonly key: Key }
  | { readonly type: "close"; readonly key: Key }
  | { readonly type: "minimise"; readonly key: Key; readonly isMinimised: boolean }
  | { readonly type: "move"; readonly key: Key; readonly to: number }
  | { readonly type: "mood"; readonly show: Show; readonly status: string }
  | { readonly type: "setting"; readonly settings: Partial<Settings> }
  | { readonly type: "block"; readonly id: string; readonly isBlocked: boolean }
  | { readonly type: "unfriend"; readonly id: string }
  | { readonly type: "left"; readonly room: string }
  | { readonly type: "silence"; readonly room: string; readonly isSilenced: boolean }
  | { readonly type: "answered"; readonly room: string }
  | { readonly type: "dismiss" }
  /** Whom the pages show. */
  | { readonly type: "shown"; readonly ids: readonly string[] }
  // What is of this tab alone.
  | { readonly type: "focus"; readonly key: Key | null }
  | { readonly type: "panel"; readonly panel: Panel }
  | { readonly type: "search"; readonly key: Key; readonly search: Search | null }
  | { readonly type: "hits"; readonly key: Key; readonly query: string; readonly messages: readonly WireMessage[]; readonly hasMore: boolean }
  | { readonly type: "finding"; readonly query: string | null }
  | { readonly type: "found"; readonly query: string; readonly people: readonly WirePerson[] }
  | { readonly type: "toast"; readonly toast: Toast }
  | { readonly type: "untoast"; readonly id: number }
  | { readonly type: "dress"; readonly settings: Partial<Settings> }
  | { readonly type: "resumed" }
  | { readonly type: "tick"; readonly now: number };

const OF_ONE_TAB = new Set<Action["type"]>([
  // These come to each tab by themselves.
  "link",
  "online",
  "packet",
  "restore",
  "older",
  "focus",
  "panel",
  "search",
  "hits",
  "finding",
  "found",
  "toast",
  "untoast",
  "dress",
  "resumed",
  "tick",
]);

/** Whether all tabs do it. */
export function isShared(action: Action): boolean {
  return !OF_ONE_TAB.has(action.type);
}
