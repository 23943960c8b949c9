// The client and the model against the server itself.

import { afterAll, beforeAll, expect, test } from "vitest";
import { browser, type Platform, type TransportName } from "../../src/client/index.ts";
import { Model, type Key } from "../../src/model/index.ts";
import { Profile } from "../fake/browser.ts";
import { Server, hasServer } from "./server.ts";

const WITHIN_MS = 30_000;
const server = new Server();
const models: Model[] = [];

beforeAll(() => server.begin("guests=true"));

afterAll(async () => {
  for (const model of models) model.destroy();
  await server.end();
});

/** Node as a browser: its own fetch, storage that is of this test alone, no other tabs. */
function platformOf(profile: Profile): Platform {
  const keep = { get: (name: string) => profile.local.get(name) ?? null, set: (name: string, value: string | null) => void (value === null ? profile.local.delete(name) : profile.local.set(name, value)) };
  const navigator = { locks: undefined, onLine: true };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  return { ...browser(), BroadcastChannel: null, session: keep, local: keep, onWake: () => () => undefined };
}

function open(who: { token?: string; tokenUrl?: string }, transports: readonly TransportName[], profile = new Profile()): Model {
  const page = { isSeen: () => true, canSound: () => false, sound: () => undefined, save: () => undefined, arrived: () => undefined, failed: () => undefined };
  const options = { server: server.address, site: "example.com", transports, ...who };
  const model = new Model(platformOf(profile), { ...page, schedule: (change) => queueMicrotask(change) }, options);
  models.push(model);
  model.start();
  return model;
}

/** Waits until something is so. */
async function until(model: Model, what: string, isSo: () => boolean): Promise<void> {
  if (isSo()) return;
  await new Promise<void>((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`not within ${WITHIN_MS} ms: ${what}; ${JSON.stringify(model.get().link)}`)), WITHIN_MS);
    const stop = model.subscribe(() => {
      if (!isSo()) return;
      clearTimeout(timer);
      stop();
      done();
    });
  });
}

const bodies = (model: Model, key: Key): string[] => (model.get().conversations.get(key)?.messages ?? []).map(({ body }) => body);
const isOnline = (model: Model) => (): boolean => model.get().link.state === "online";

test.runIf(hasServer).each<[TransportName, string, string]>([
  ["sse", "ann", "bob"],
  ["poll", "cat", "dan"],
])("by %s: two members talk while the server is killed and comes again", { timeout: 90_000 }, async (transport, one, other) => {
  const [ann, bob] = [open({ token: server.token(one) }, [transport]), open({ token: server.token(other) }, [transport])];
  await until(ann, "online", isOnline(ann));
  await until(bob, "online", isOnline(bob));
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
    ann.commands.send(`p:${other}`, text);
  };
  for (let at = 0; at < 5; at += 1) say(`before ${at}`);
  await until(bob, "five messages", () => bodies(bob, `p:${one}`).length === 5);
  for (let at = 0; at < 5; at += 1) say(`during ${at}`);
  await server.kill();
  for (let at = 0; at < 5; at += 1) say(`without ${at}`);
  await server.start();
  say("after");
  await until(bob, "all messages", () => bodies(bob, `p:${one}`).length >= said.length);
  await until(ann, "all sent", () => (ann.get().conversations.get(`p:${other}`)?.messages ?? []).every(({ delivery }) => delivery === "sent"));
  // Negative control: a fresh `cid` for each try doubles what was answered and not heard.
  expect(bodies(bob, `p:${one}`)).toEqual(said);
  expect(bodies(ann, `p:${other}`)).toEqual(said);
  bob.commands.open(`p:${one}`);
  bob.commands.send(`p:${one}`, "and back");
  await until(ann, "an answer", () => bodies(ann, `p:${other}`).includes("and back"));
  const key: Key = `p:${one}`;
  await until(bob, "read", () => bob.get().conversations.get(key)?.unread === 0);
});

test.runIf(hasServer)("a reload in the middle of a send", { timeout: 60_000 }, async () => {
  const profile = new Profile();
  const eve = open({ token: server.token("eve") }, ["poll"], profile);
  await until(eve, "online", isOnline(eve));
  eve.commands.open("p:fay");
  eve.commands.send("p:fay", "only once");
  eve.destroy();
  const again = open({ token: server.token("eve") }, ["poll"], profile);
  await until(again, "sent", () => again.get().conversations.get("p:fay")?.messages.some(({ delivery, seq }) => delivery === "sent" && seq > 0) === true);
  again.commands.loadOlder("p:fay");
  await until(again, "the whole history", () => again.get().conversations.get("p:fay")?.older !== "loading");
  expect(bodies(again, "p:fay")).toEqual(["only once"]);
});

test.runIf(hasServer)("the ticket ends, and the address of tokens gives the next", { timeout: 60_000 }, async () => {
  let asked = 0;
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    if (!String(input).endsWith("/token")) return original(input, init);
    asked += 1;
    return Promise.resolve(Response.json({ token: server.token("gil") }));
  };
  const gil = open({ tokenUrl: "http://site.test/token" }, ["sse"]);
  globalThis.fetch = original;
  await until(gil, "online", isOnline(gil));
  expect(asked).toBe(1);
  // The same member signs out of everything elsewhere.
  const elsewhere = open({ token: server.token("gil") }, ["poll"]);
  await until(elsewhere, "online", isOnline(elsewhere));
  await elsewhere.client.call("sign_out");
  elsewhere.destroy();
  await until(gil, "another ticket", () => asked === 2 && gil.get().link.state === "online");
});

test.runIf(hasServer)("a visitor becomes a member, and what was said goes along", { timeout: 60_000 }, async () => {
  const host = open({ token: server.token("host") }, ["poll"]);
  await until(host, "online", isOnline(host));
  const profile = new Profile();
  const visitor = open({}, ["poll"], profile);
  await until(visitor, "online", isOnline(visitor));
  expect(visitor.get().me?.isGuest).toBe(true);
  visitor.commands.send("p:host", "may I come in?");
  await until(host, "a question", () => host.get().unread === 1);
  visitor.destroy();
  const member = open({ token: server.token("ida") }, ["poll"], profile);
  await until(member, "online", isOnline(member));
  expect(member.get().me).toMatchObject({ id: "ida", isGuest: false });
  member.commands.loadOlder("p:host");
  await until(member, "what was said", () => bodies(member, "p:host").includes("may I come in?"));
});

test.runIf(hasServer)("a room of our own", { timeout: 60_000 }, async () => {
  const [joe, kim] = [open({ token: server.token("joe") }, ["sse"]), open({ token: server.token("kim") }, ["poll"])];
  await until(joe, "online", isOnline(joe));
  await until(kim, "online", isOnline(kim));
  joe.commands.makeRoom("Boathouse", ["kim"]);
  await until(kim, "an invitation", () => kim.get().invitations.length === 1);
  const room = kim.get().invitations[0]?.room ?? "";
  kim.commands.answerInvitation(room, true);
  kim.commands.send(`r:${room}`, "here I am");
  await until(joe, "a message in the room", () => bodies(joe, `r:${room}`).includes("here I am"));
  joe.commands.loadMembers(room);
  await until(joe, "its members", () => joe.get().rooms.get(room)?.members?.length === 2);
  expect(joe.get().rooms.get(room)).toMatchObject({ name: "Boathouse", isAdHoc: true, isJoined: true });
  joe.commands.search(`r:${room}`, "here");
  await until(joe, "a hit", () => joe.get().conversations.get(`r:${room}`)?.search?.hits.length === 1);
  kim.commands.leaveRoom(room);
  await until(kim, "left", () => !kim.get().roomOrder.includes(room));
});
