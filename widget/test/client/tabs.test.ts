// Tabs: one connection for all of a member's, handed over in the moment in which its tab goes; members do not mix.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Profile, type TabOptions } from "../fake/browser.ts";
import { bodies, openModel, serverWith, tokenOf } from "../fake/model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const ann = { token: tokenOf("ann") };

describe.each<[string, TabOptions]>([
  ["with locks", {}],
  ["by word", { hasLocks: false }],
])("%s", (_, how) => {
  test("three tabs have one connection, and all hear everything", async () => {
    const server = serverWith("ann");
    const profile = new Profile();
    const tabs = [];
    for (let at = 0; at < 3; at += 1) {
      tabs.push(openModel(server, profile, ann, how));
      await settle(1_000);
    }
    expect(server.count("online")).toBe(1);
    expect(server.sockets.size).toBe(1);
    expect(tabs.filter(({ model }) => model.client.isLeader)).toHaveLength(1);
    server.say("bob", "ann", "to all of you");
    await settle();
    for (const { model } of tabs) {
      expect(bodies(model, "p:bob")).toEqual(["to all of you"]);
      expect(model.get().unread).toBe(1);
      expect(model.get().me?.id).toBe("ann");
    }
  });

  test("the tab with the connection closes: another goes on at once, without `online`", async () => {
    const server = serverWith("ann");
    const profile = new Profile();
    const first = openModel(server, profile, ann, how);
    await settle(1_000);
    const second = openModel(server, profile, ann, how);
    await settle(1_000);
    first.model.client.suspend();
    server.say("bob", "ann", "in between");
    await settle(how.hasLocks === false ? 400 : 10);
    // Negative control: without the session in what the leader passes on, this takes another `online`.
    expect(bodies(second.model, "p:bob")).toEqual(["in between"]);
    expect(second.model.client.isLeader).toBe(true);
    expect(second.model.get().link).toEqual({ state: "online" });
    expect(server.count("online")).toBe(1);
    expect(server.count("refresh")).toBe(0);
  });

  test("the page comes back out of the browser's cache", async () => {
    const server = serverWith("ann");
    const { model } = openModel(server, new Profile(), ann, how);
    await settle(1_000);
    model.client.suspend();
    await settle(1_000);
    expect(server.count("refresh")).toBe(1);
    server.say("bob", "ann", "while it was there");
    model.client.restart();
    await settle(2_000);
    expect(model.get().link).toEqual({ state: "online" });
    expect(server.count("online")).toBe(2);
  });
});

test("a new tab knows at once what the others know", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const first = openModel(server, profile, ann);
  await settle(1_000);
  first.model.commands.open("p:bob");
  first.model.commands.setDraft("p:bob", "half a");
  server.say("bob", "ann", "hello");
  await settle();
  const second = openModel(server, profile, ann);
  await settle(100);
  const { windows, conversations, focused } = second.model.get();
  expect(windows.map(({ key }) => key)).toEqual(["p:bob"]);
  expect(conversations.get("p:bob")?.draft).toBe("half a");
  expect(bodies(second.model, "p:bob")).toEqual(["hello"]);
  expect(focused).toBe(null);
  second.model.commands.close("p:bob");
  await settle();
  expect(first.model.get().windows).toEqual([]);
});

test("a tab that has missed something asks for everything", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [, follower] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  profile.losesNotes = true;
  server.say("bob", "ann", "1");
  await settle();
  profile.losesNotes = false;
  server.say("bob", "ann", "2");
  await settle();
  // Negative control: a follower that does not count what it is told.
  expect(bodies(follower.model, "p:bob")).toEqual(["1", "2"]);
});

test("two members in two tabs do not mix", async () => {
  const server = serverWith("ann", "bob");
  const profile = new Profile();
  const one = openModel(server, profile, ann);
  const other = openModel(server, profile, { token: tokenOf("bob") });
  await settle(2_000);
  // Negative control: a channel named by the site alone.
  expect([one.model.get().me?.id, other.model.get().me?.id]).toEqual(["ann", "bob"]);
  expect(server.sockets.size).toBe(2);
  one.model.commands.open("p:eve");
  await settle();
  expect(other.model.get().windows).toEqual([]);
});

test("where tabs cannot hear each other, each is its own", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const how = { hasChannels: false, hasLocks: false, hasStorage: false };
  const tabs = [openModel(server, profile, ann, how), openModel(server, profile, ann, how)];
  await settle(2_000);
  server.say("bob", "ann", "hello");
  await settle();
  for (const { model } of tabs) expect(bodies(model, "p:bob")).toEqual(["hello"]);
  expect(server.count("online")).toBe(2);
});

test("a leader that does not answer has the connection taken away", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const name = "nextim:http://im.test:test:ann";
  // A page that is frozen with the lock in its hand.
  void profile.locks.request(name, {}, () => new Promise(() => undefined)).catch(() => undefined);
  const { model } = openModel(server, profile, ann);
  await settle(2_500);
  expect(model.get().link.state).toBe("connecting");
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "online" });
});

test("a leader that was suspended without a word is noticed when somebody looks at another tab", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  openModel(server, profile, ann);
  const follower = openModel(server, profile, ann);
  await settle(2_000);
  follower.tab.wake();
  await settle(5_000);
  expect(follower.model.client.isLeader).toBe(false);
  // The leader hears nothing and says nothing any more.
  for (const channels of profile.channels.values()) channels.delete([...channels][0] as never);
  for (const socket of server.sockets) socket.isDead = true;
  server.say("bob", "ann", "anybody?");
  follower.tab.wake();
  await settle(5_000);
  expect(follower.model.client.isLeader).toBe(true);
  expect(bodies(follower.model, "p:bob")).toEqual(["anybody?"]);
});

test("a tab whose token is refused follows one whose token is not", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const stale = openModel(server, profile, { token: `ann.${"1".repeat(64)}` });
  await settle(1_000);
  expect(stale.model.get().link).toEqual({ state: "signed_out", canSignIn: false });
  const fresh = openModel(server, profile, ann);
  await settle(2_000);
  expect(fresh.model.get().link).toEqual({ state: "online" });
  expect(stale.model.get().link).toEqual({ state: "online" });
  expect(stale.model.client.isLeader).toBe(false);
});

test("to go away is for all tabs, and lasts until the member comes back", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const tabs = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  tabs[1]?.model.commands.signOut();
  await settle(10);
  for (const { model } of tabs) expect(model.get().link).toEqual({ state: "signed_out", canSignIn: true });
  expect(server.count("offline")).toBe(1);
  const later = openModel(server, profile, ann);
  await settle(2_000);
  expect(later.model.get().link).toEqual({ state: "signed_out", canSignIn: true });
  later.model.commands.signIn();
  await settle(2_000);
  for (const { model } of [...tabs, later]) expect(model.get().link).toEqual({ state: "online" });
  expect(server.sockets.size).toBe(1);
});

test("who led before may lead again, whichever tab the member comes back in", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const before = openModel(server, profile, ann);
  await settle(1_000);
  const here = openModel(server, profile, ann, { lockDelayMs: 50 });
  await settle(1_000);
  for (const body of ["1", "2", "3", "4", "5"]) server.say("bob", "ann", body);
  await settle();
  before.model.commands.signOut();
  await settle(100);
  here.model.commands.signIn();
  await settle(5_000);
  expect(before.model.client.isLeader).toBe(true);
  // Negative control: count what is passed on by the tab, and not by its time as the leader.
  for (const { model } of [before, here]) expect(model.get().link).toEqual({ state: "online" });
  server.say("bob", "ann", "6");
  await settle();
  expect(bodies(here.model, "p:bob")).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("a ticket that has ended is replaced for whoever finds out", async () => {
  const server = serverWith("ann");
  const profile = new Profile();
  const [leader, follower] = [openModel(server, profile, ann), openModel(server, profile, ann)];
  await settle(2_000);
  expect(leader.model.client.isLeader).toBe(true);
  for (const seat of server.seats.values()) seat.isLive = false;
  follower.model.commands.send("p:bob", "anybody there?");
  await settle(3_000);
  expect(bodies(follower.model, "p:bob")).toEqual(["anybody there?"]);
  expect(leader.model.get().conversations.get("p:bob")?.messages[0]?.delivery).toBe("sent");
  expect(server.count("online")).toBe(2);
});
