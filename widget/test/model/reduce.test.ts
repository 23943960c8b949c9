// From one state to the next, by the examples that are tested against the server, too.

import { expect, test } from "vitest";
import found from "../../../protocol/examples/found.json";
import packet from "../../../protocol/examples/packet.json";
import packetReads from "../../../protocol/examples/packet_reads.json";
import packetRooms from "../../../protocol/examples/packet_rooms.json";
import person from "../../../protocol/examples/person.json";
import room from "../../../protocol/examples/room.json";
import sent from "../../../protocol/examples/sent.json";
import unread from "../../../protocol/examples/unread.json";
import { packetOf, type Online, type Packet, type WireMessage } from "../../src/client/index.ts";
import type { Action } from "../../src/model/actions.ts";
import { emptyCore, type Core } from "../../src/model/core.ts";
import { merge, settle } from "../../src/model/reduce/messages.ts";
import { reduce } from "../../src/model/reduce/index.ts";
import { kept, settingsOf, windowsOf, windowsText } from "../../src/model/settings.ts";
import type { Message } from "../../src/model/state.ts";

const NOW = 1_795_411_491_000;

const online = (changes: Partial<Online> = {}): Online => ({
  success: true,
  server_time: NOW + 700,
  user: { ...person, id: "jack", nick: "Jack Moreno", show: "available" },
  connection: { domain: "localhost", ticket: "t", server: "http://im.test/packets" },
  setting: {},
  buddy_online_ids: "susan",
  presence_buddies: [{ ...person, group: "Rowers" }],
  presence_rooms: [{ ...room, blocked: false }],
  new_messages: [],
  presences: { susan: "away" },
  unread: [],
  seq: 20,
  epoch: "3f9a",
  ...changes,
});

const after = (core: Core, ...actions: Action[]): Core => actions.reduce(reduce, core);
const started = (changes: Partial<Online> = {}): Core => after(emptyCore(), { type: "online", answer: online(changes), now: NOW });
const took = (core: Core, value: unknown): Core => after(core, { type: "packet", packet: packetOf(value) as Packet, now: NOW });

test("`online` says who is here and what is theirs", () => {
  const { state } = started({ unread });
  expect(state.me).toMatchObject({ id: "jack", name: "Jack Moreno", show: "available", isGuest: false });
  expect(state.clockSkewMs).toBe(700);
  expect(state.people.get("susan")).toMatchObject({ name: "Susan Vale", picture: "/susan.svg", show: "away", isFriend: true });
  expect(state.groups).toEqual([{ name: "Rowers", people: ["susan"], online: 1 }]);
  expect(state.rooms.get("room1")).toMatchObject({ name: "Boathouse", online: 1, total: 4, isJoined: true, members: null });
  expect(state.conversations.get("p:susan")?.unread).toBe(2);
  expect(state.conversations.get("r:room1")?.unread).toBe(999);
  expect(state.unread).toBe(1_001);
});

test("a packet brings messages, presence and typing", () => {
  const { state } = took(started(), packet);
  expect(state.conversations.get("p:susan")?.messages).toMatchObject([
    { key: "21", seq: 21, fromName: "Susan Vale", fromPicture: "/susan.svg", isMine: false, body: "Under the frog?\n青蛙下面？", at: 1795411491369 },
  ]);
  expect(state.conversations.get("r:room1")?.messages).toMatchObject([{ seq: 22, body: "<b>Seven.</b>" }]);
  expect(state.people.get("susan")).toMatchObject({ show: "unavailable", isTyping: false });
  expect(state.unread).toBe(2);
  expect(state.windows.map(({ key }) => key)).toEqual(["p:susan", "r:room1"]);
  expect(state.focused).toBe(null);
  // Negative control: `hear` without its look for the same `seq`.
  expect(took(took(started(), packet), packet).state.unread).toBe(2);
});

test("typing is shown for a while, and not after the message", () => {
  const types = { ...packet, messages: [], presences: [] };
  const core = took(started(), types);
  expect(core.state.people.get("susan")?.isTyping).toBe(true);
  expect(reduce(core, { type: "tick", now: NOW + 7_999 }).state.people.get("susan")?.isTyping).toBe(true);
  expect(reduce(core, { type: "tick", now: NOW + 8_000 }).state.people.get("susan")?.isTyping).toBe(false);
  const said = { ...packet, statuses: [], presences: [] };
  expect(took(core, said).state.people.get("susan")?.isTyping).toBe(false);
});

test("what another device has read is read here", () => {
  const core = took(took(started(), packet), packetReads);
  expect(core.state.unread).toBe(0);
  expect(core.read.get("p:susan")).toBe(21);
  const again = took(core, { ...packet, messages: [{ ...packet.messages[0], seq: 30 }] });
  expect(again.state.conversations.get("p:susan")?.unread).toBe(1);
});

test("rooms: who comes and goes, and who invites", () => {
  const members = [...room.members, { id: "lee", name: "lee", nick: "Lee Wen", presence: "offline", show: "unavailable" }];
  const core = after(started(), { type: "members", room: "room1", members });
  expect(core.state.rooms.get("room1")).toMatchObject({ online: 1, total: 2 });
  const { state } = took(core, packetRooms);
  expect(state.rooms.get("room1")?.members?.map(({ id, show }) => [id, show])).toEqual([
    ["lee", "unavailable"],
    ["susan", "unavailable"],
  ]);
  expect(state.invitations).toEqual([{ room: "room1", roomName: "Boathouse", fromName: "Susan Vale" }]);
  expect(state.conversations.size).toBe(0); // an event for old pages is no message
});

test("a silenced room is not counted", () => {
  const core = after(took(started(), packet), { type: "silence", room: "room1", isSilenced: true });
  expect(core.state.unread).toBe(1);
});

test("a message of ours is one from the first letter to the answer", () => {
  const say: Action = { type: "say", key: "p:susan", cid: "c1", body: "Seven.", at: NOW, tab: "a" };
  const one = after(started(), say, say);
  expect(one.state.conversations.get("p:susan")?.messages).toMatchObject([{ key: "c1", seq: 0, delivery: "sending", from: "jack" }]);
  const two = after(one, { type: "sent", key: "p:susan", cid: "c1", seq: sent.seq, at: Number(sent.timestamp) });
  expect(two.state.conversations.get("p:susan")?.messages).toMatchObject([{ key: "c1", seq: 21, delivery: "sent" }]);
  const echo: WireMessage = { ...(packet.messages[0] as WireMessage), from: "jack", to: "susan", body: "Seven.", seq: 21 };
  expect(took(two, { ...packet, messages: [echo] }).state.conversations.get("p:susan")?.messages).toHaveLength(1);
  // The same the other way round: another page's stream is faster than our answer.
  const early = took(one, { ...packet, messages: [echo] });
  expect(early.state.conversations.get("p:susan")?.messages).toMatchObject([{ key: "c1", seq: 21 }]);
  expect(after(early, { type: "sent", key: "p:susan", cid: "c1", seq: 21, at: NOW }).state.conversations.get("p:susan")?.messages).toHaveLength(1);
});

const message = (seq: number, changes: Partial<Message> = {}): Message => ({
  key: String(seq),
  seq,
  from: "jack",
  fromName: "",
  fromPicture: "",
  isMine: true,
  body: "ok",
  at: NOW,
  delivery: "sent",
  error: null,
  canRetry: false,
  ...changes,
});

test("two of our messages with the same text stay two", () => {
  const unsent = message(0, { key: "c1", delivery: "sending" });
  const taken = merge([unsent], [message(5)]);
  expect(taken).toMatchObject([{ key: "c1", seq: 5 }]);
  // The answer says that ours is the seventh: the fifth was said on another device.
  expect(settle(taken, "c1", 7, NOW).map(({ key, seq }) => [key, seq])).toEqual([
    ["5", 5],
    ["c1", 7],
  ]);
});

test("what an earlier page sent and the history has is shown once, also before the answer", () => {
  const echo: WireMessage = { ...(packet.messages[0] as WireMessage), from: "jack", to: "susan", body: "Seven.", seq: 21, timestamp: String(NOW) };
  const say: Action = { type: "say", key: "p:susan", cid: "c1", body: "Seven.", at: NOW - 3_000, tab: "a", wasKept: true };
  const core = after(took(started(), { ...packet, messages: [echo] }), say);
  expect(core.state.conversations.get("p:susan")?.messages).toMatchObject([{ key: "c1", seq: 21 }]);
  const another = after(core, { ...say, cid: "c2" });
  expect(another.state.conversations.get("p:susan")?.messages).toMatchObject([{ key: "c1" }, { key: "c2", delivery: "sending" }]);
});

test("messages stand in the order of the log, whichever way they come", () => {
  const all = [4, 1, 3, 2].map((seq) => message(seq, { isMine: false }));
  const unsent = message(0, { key: "c1", delivery: "sending" });
  expect(merge(merge([unsent], all), all).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 0]);
});

test("a session that begins anew shows no gap", () => {
  const wire = (seq: number): WireMessage => ({ ...(packet.messages[0] as WireMessage), seq, body: `m${seq}` });
  const susan = { ...person, group: "Rowers" };
  const before = after(
    started({ presence_buddies: [{ ...susan, history: [wire(1), wire(2)] }] }),
    { type: "history", key: "p:susan", messages: [], isLast: true },
    { type: "say", key: "p:susan", cid: "c1", body: "unsent", at: NOW, tab: "a" },
  );
  const again = (seqs: number[]): Core =>
    after(before, { type: "online", answer: online({ presence_buddies: [{ ...susan, history: seqs.map(wire) }] }), now: NOW });
  const meets = again([2, 3]).state.conversations.get("p:susan");
  expect([meets?.messages.map(({ body }) => body), meets?.older]).toEqual([["m1", "m2", "m3", "unsent"], "none"]);
  // Negative control: `rebase` that keeps what was there shows m2 before m8, as if nothing had been said between.
  const gap = again([8, 9]).state.conversations.get("p:susan");
  expect([gap?.messages.map(({ body }) => body), gap?.older]).toEqual([["m8", "m9", "unsent"], "more"]);
  const closed = after(before, { type: "online", answer: online(), now: NOW }).state.conversations.get("p:susan");
  expect([closed?.messages.map(({ body }) => body), closed?.older]).toEqual([["unsent"], "more"]);
});

test("the line before what is new stays where it is while the window is open", () => {
  const core = after(took(started({ setting: { msg_auto_pop: false } }), packet), { type: "open", key: "p:susan" });
  expect(core.state.conversations.get("p:susan")?.firstUnread).toBe("21");
  const read = after(core, { type: "read", key: "p:susan", seq: 21 });
  expect(read.state.conversations.get("p:susan")).toMatchObject({ firstUnread: "21", unread: 0 });
  expect(after(read, { type: "close", key: "p:susan" }).state.conversations.get("p:susan")?.firstUnread).toBe(null);
});

test("windows open by themselves without taking the focus, and not for whoever is not to be disturbed", () => {
  const busy = after(started(), { type: "mood", show: "dnd", status: "" });
  expect(took(busy, packet).state.windows).toEqual([]);
  const moved = after(took(started(), packet), { type: "move", key: "r:room1", to: 0 }, { type: "focus", key: "p:susan" });
  expect(moved.state.windows.map(({ key }) => key)).toEqual(["r:room1", "p:susan"]);
  const small = after(moved, { type: "minimise", key: "p:susan", isMinimised: true });
  expect([small.state.focused, small.state.windows[1]?.isMinimised]).toEqual([null, true]);
});

test("search hits are messages, and those of an older question are not", () => {
  const searching: Action = { type: "search", key: "p:susan", search: { query: "frog", state: "searching", hits: [], hasMore: false } };
  const hits: Action = { type: "hits", key: "p:susan", query: "frog", messages: found.messages, hasMore: true };
  expect(after(started(), searching, hits).state.conversations.get("p:susan")?.search).toMatchObject({ state: "done", hits: [{ seq: 21 }], hasMore: true });
  expect(after(started(), searching, { ...hits, query: "fro" }).state.conversations.get("p:susan")?.search?.hits).toEqual([]);
});

test("strangers stand last, and only those whom the page shows", () => {
  const lee = { ...person, id: "lee", nick: "Lee Wen" };
  const core = after(started(), { type: "people", people: [lee] });
  expect(core.state.groups.map(({ name }) => name)).toEqual(["Rowers"]);
  const shown = after(core, { type: "shown", ids: ["lee"] });
  expect(shown.state.groups.map(({ name, people }) => [name, people])).toEqual([
    ["Rowers", ["susan"]],
    ["stranger", ["lee"]],
  ]);
});

test("notifications are shown as text", () => {
  const wire = { id: "7", text: "Two seats &amp; <b>one</b> oar<br>are free", link: "/board/1", time: "1795411491369" };
  expect(after(started(), { type: "notifications", notifications: [wire] }).state.notifications).toEqual([
    { key: "7", text: "Two seats & one oar\nare free", url: "/board/1", at: 1795411491369 },
  ]);
});

test("settings have the family's names", () => {
  const settings = { sound: false, minimised: true, theme: "dark" as const, language: "zh-TW" };
  expect(settingsOf(kept(settings))).toEqual(settings);
  expect(settingsOf({ play_sound: "1", msg_auto_pop: "false", nextim_theme: "pink" })).toEqual({ sound: true, autoOpen: false });
  const windows = [{ key: "p:a" as const, isMinimised: true }];
  expect(windowsOf(windowsText(windows))).toEqual(windows);
  for (const odd of [null, "", "[", "[1]", '[["x"]]', 7, {}]) expect(windowsOf(odd)).toEqual([]);
});

test("odd answers are empty ones", () => {
  for (const odd of [null, 1, "x", [], {}, { messages: 1 }, { messages: [] }]) expect(packetOf(odd)).toBe(null);
  const strange = { messages: [{}, { seq: 30 }], seq: 30, epoch: "3f9a" };
  expect(() => took(started(), strange)).not.toThrow();
});
