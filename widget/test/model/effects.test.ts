// What the model does to the world: it sends and tries again, survives reloads, says what is read, types, and goes away.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Profile } from "../fake/browser.ts";
import { bodies, openModel, serverWith, tokenOf } from "../fake/model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const ann = { token: tokenOf("ann") };
const said = (server: ReturnType<typeof serverWith>) => server.log.map(({ body }) => body);

test("a reload in the middle of a send: the message is sent, once", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const first = openModel(server, profile, ann);
  await settle(2_000);
  first.model.commands.open("p:bob");
  // The server takes it, and its answer does not come any more.
  server.losesAnswerOf = "message";
  first.model.commands.send("p:bob", "only once");
  await settle(10);
  first.model.destroy();
  const second = openModel(server, profile, ann, { session: first.tab.session });
  await settle(2_000);
  // Negative control: an outbox that makes a new `cid` for what it finds.
  expect(said(server)).toEqual(["only once"]);
  const conversation = second.model.get().conversations.get("p:bob");
  expect(conversation?.messages).toMatchObject([{ body: "only once", delivery: "sent", seq: 1, isMine: true }]);
  expect(second.model.get().windows.map(({ key }) => key)).toEqual(["p:bob"]);
  expect(first.tab.session.get("nextim:http://im.test:test:tab")).toContain('"letters":[]');
});

test("a reload before anything was sent", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const first = openModel(server, profile, ann);
  await settle(2_000);
  server.stop();
  await settle(2_000);
  first.model.commands.send("p:bob", "in the tunnel");
  first.model.commands.setDraft("p:bob", "and so");
  await settle(10);
  first.model.destroy();
  const second = openModel(server, profile, ann, { session: first.tab.session });
  server.start();
  await settle(5_000);
  expect(said(server)).toEqual(["in the tunnel"]);
  expect(second.model.get().conversations.get("p:bob")?.draft).toBe("and so");
});

test("a reload beside another tab", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  openModel(server, profile, ann);
  const first = openModel(server, profile, ann);
  await settle(2_000);
  server.instead.set("message", () => ({ status: 503, body: { success: false, code: "unavailable" } }));
  first.model.commands.send("p:bob", "only once");
  await settle(10);
  first.model.destroy();
  const second = openModel(server, profile, ann, { session: first.tab.session });
  await settle(500);
  server.instead.clear();
  await settle(5_000);
  expect([said(server), bodies(second.model, "p:bob")]).toEqual([["only once"], ["only once"]]);
  expect(second.model.outbox.letters).toEqual([]);
  expect(first.tab.session.get("nextim:http://im.test:test:tab")).toContain('"letters":[]');
});

test("what another member of the same browser left is not sent", async () => {
  const server = serverWith("ann", "bob");
  const profile = new Profile();
  const first = openModel(server, profile, ann);
  await settle(2_000);
  server.stop();
  await settle(2_000);
  first.model.commands.send("p:eve", "from ann");
  first.model.destroy();
  server.start();
  const second = openModel(server, profile, { token: tokenOf("bob") }, { session: first.tab.session });
  await settle(5_000);
  expect(second.model.get().me?.id).toBe("bob");
  expect([said(server), second.model.get().windows]).toEqual([[], []]);
});

test("messages go in the order in which they were written, whatever happens", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  model.commands.send("p:bob", "1");
  server.losesAnswerOf = "message";
  model.commands.send("p:bob", "2");
  model.commands.send("p:bob", "3");
  await settle(1_000);
  server.stop();
  model.commands.send("p:bob", "4");
  await settle(5_000);
  server.start();
  await settle(60_000);
  expect(said(server)).toEqual(["1", "2", "3", "4"]);
  expect(bodies(model, "p:bob")).toEqual(["1", "2", "3", "4"]);
});

test("one at a time in each conversation", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  for (const body of ["1", "2", "3"]) model.commands.send("p:bob", body);
  await settle();
  expect([server.count("message"), said(server)]).toEqual([3, ["1", "2", "3"]]);
});

test("the tab that sends is gone: the one that leads sends for it", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [leader, other] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  server.instead.set("message", () => ({ status: 503, body: { success: false, code: "unavailable" } }));
  other.model.commands.send("p:bob", "last words");
  await settle(10);
  other.model.destroy();
  server.instead.clear();
  await settle(5_000);
  expect(said(server)).toEqual(["last words"]);
  expect(leader.model.get().conversations.get("p:bob")?.messages[0]?.delivery).toBe("sent");
});

test("what is refused says why, and can be tried again or forgotten", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  server.instead.set("message", () => ({ status: 403, body: { success: false, code: "blocked" } }));
  model.commands.send("p:bob", "hey");
  await settle(10);
  const failed = model.get().conversations.get("p:bob")?.messages[0];
  expect(failed).toMatchObject({ delivery: "failed", error: "blocked", canRetry: true });
  server.instead.clear();
  model.commands.retry("p:bob", failed?.key ?? "");
  await settle(10);
  expect(said(server)).toEqual(["hey"]);
  server.instead.set("message", () => ({ status: 413, body: { success: false, code: "too_large" } }));
  model.commands.send("p:bob", "much too long");
  await settle(10);
  const long = model.get().conversations.get("p:bob")?.messages[1];
  expect(long).toMatchObject({ error: "too_large", canRetry: false });
  model.commands.discard("p:bob", long?.key ?? "");
  expect(bodies(model, "p:bob")).toEqual(["hey"]);
});

test("what is looked at is read, in all tabs, and the server is told once", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [one, other] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  other.page.isSeen = false;
  one.model.commands.open("p:bob");
  server.say("bob", "ann", "1");
  server.say("bob", "ann", "2");
  await settle(500);
  expect([one.model.get().unread, other.model.get().unread]).toEqual([0, 0]);
  expect(server.asked.filter(({ name }) => name === "read").map(({ fields }) => fields.seq)).toEqual(["2"]);
  one.page.isSeen = false;
  server.say("bob", "ann", "3");
  await settle(500);
  expect(other.model.get().unread).toBe(1);
  one.page.isSeen = true;
  one.model.seen();
  await settle(500);
  expect(other.model.get().unread).toBe(0);
});

test("typing is told now and then, and cleared", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  model.commands.open("p:bob");
  await settle(500);
  for (let at = 0; at < 10; at += 1) {
    model.commands.setDraft("p:bob", "x".repeat(at + 1));
    await settle(500);
  }
  model.commands.setDraft("p:bob", "");
  await settle(10);
  const told = server.asked.filter(({ name }) => name === "status").map(({ fields }) => fields.show);
  expect(told).toEqual(["typing", "typing", "typing", "clear"]);
  server.tell("ann", { statuses: [{ from: "bob", show: "typing" }] });
  await settle(10);
  expect(model.get().people.get("bob")?.isTyping).toBe(true);
  await settle(8_500);
  expect(model.get().people.get("bob")?.isTyping).toBe(false);
});

test("away after five minutes without anybody in any tab, and back", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [leader, other] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(200_000);
  other.model.away.active();
  await settle(200_000);
  expect(leader.model.get().me?.show).toBe("available");
  await settle(120_000);
  expect(other.model.get().me?.show).toBe("away");
  other.model.away.active();
  await settle(100);
  expect(leader.model.get().me?.show).toBe("available");
  expect(server.asked.filter(({ name }) => name === "presence").map(({ fields }) => fields.show)).toEqual(["away", "available"]);
});

test("whoever chose to be away or not to be disturbed stays so", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  model.commands.setShow("dnd");
  await settle(400_000);
  model.commands.setShow("away");
  await settle(1_000);
  model.away.active();
  await settle(1_000);
  expect(model.get().me?.show).toBe("away");
});

test("history comes page by page, each message once", async () => {
  const server = serverWith("ann");
  for (let at = 1; at <= 70; at += 1) server.say("bob", "ann", `m${at}`);
  const { model } = openModel(server, new Profile(), ann);
  await settle(2_000);
  model.commands.open("p:bob");
  for (let at = 0; at < 4; at += 1) {
    model.commands.loadOlder("p:bob");
    model.commands.loadOlder("p:bob");
    await settle(10);
  }
  expect(bodies(model, "p:bob")).toEqual(Array.from({ length: 70 }, (_, at) => `m${at + 1}`));
  expect(model.get().conversations.get("p:bob")?.older).toBe("none");
  server.instead.set("history", () => ({ status: 500, body: "" }));
});

test("windows and settings are kept with the server, and begin the next tab", async () => {
  const server = serverWith("ann");
  const first = openModel(server, new Profile(), ann);
  await settle(2_000);
  first.model.commands.open("p:bob");
  first.model.commands.setSetting("sound", false);
  await settle(3_000);
  expect(server.settings.get("ann")).toEqual({ play_sound: false, nextim_windows: '[["p:bob",0]]' });
  const device = openModel(server, new Profile(), ann);
  await settle(2_000);
  expect(device.model.get().windows).toEqual([{ key: "p:bob", isMinimised: false }]);
  expect(device.model.get().settings.sound).toBe(false);
});

test("whom a page shows is watched, for all tabs together", async () => {
  const server = serverWith("ann");
  server.people.set("lee", { group: "stranger", show: "away" });
  const profile = new Profile();
  const [leader, other] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  leader.model.roster.show(["nora"]);
  other.model.roster.show(["lee"]);
  await settle(1_000);
  expect(server.asked.filter(({ name }) => name === "watch").at(-1)?.fields.ids).toBe("lee,nora");
  expect(other.model.get().people.get("lee")?.show).toBe("away");
  other.model.destroy();
  await settle(1_000);
  expect(server.asked.filter(({ name }) => name === "watch").at(-1)?.fields.ids).toBe("nora");
});

test("somebody whom the page shows, and who has never been here, comes", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), ann);
  server.instead.set("watch", () => ({ status: 200, body: [] }));
  model.roster.show(["lee"]);
  await settle(2_000);
  expect(model.get().people.get("lee")).toBe(undefined);
  server.instead.clear();
  await settle(61_000);
  expect(model.get().people.get("lee")?.show).toBe("available");
});

test("one tab sounds, if it may", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [leader, other] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  leader.page.canSound = false;
  leader.model.seen();
  await settle(10);
  leader.model.sound();
  await settle(10);
  expect([leader.page.sounds, other.page.sounds]).toEqual([0, 1]);
});

test("a transcript is given to the browser", async () => {
  const server = serverWith("ann");
  const { model, page } = openModel(server, new Profile(), ann);
  await settle(2_000);
  model.commands.download("p:bob");
  await settle(10);
  expect(page.files[0]?.name).toMatch(/^histories-\d{4}-\d\d-\d\d\.html$/);
});

test("what cannot be done is said", async () => {
  const server = serverWith("ann");
  const { model, page } = openModel(server, new Profile(), ann);
  await settle(2_000);
  server.instead.set("join", () => ({ status: 404, body: { success: false, code: "unknown_room" } }));
  model.commands.joinRoom("nowhere");
  await settle(10);
  expect(model.get().toasts).toMatchObject([{ key: "toast.failed", parameters: { reason: "unknown_room" }, isError: true }]);
  expect(page.failures).toEqual(["unknown_room"]);
  await settle(10_000);
  expect(model.get().toasts).toEqual([]);
});
