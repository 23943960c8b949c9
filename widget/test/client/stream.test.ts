// The stream: falls back and recovers, and gives every message once.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Profile } from "../fake/browser.ts";
import { bodies, openModel, serverWith, tokenOf } from "../fake/model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const transportOf = (session: Map<string, string>) => session.get("nextim:http://im.test:test:transport");

test("WebSocket first, and what was said comes once", async () => {
  const server = serverWith("ann");
  const { model, tab } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "online" });
  server.say("bob", "ann", "one");
  server.say("bob", "ann", "two");
  await settle();
  expect(bodies(model, "p:bob")).toEqual(["one", "two"]);
  expect(transportOf(tab.session)).toBe("websocket");
  expect(server.seats.get("ticket-1")?.ack).toBe(2);
});

test.each([
  ["sse", ["websocket"]],
  ["poll", ["websocket", "sse"]],
])("%s where the better ones do not work; it is remembered, and a better one tried again", async (name, broken) => {
  const server = serverWith("ann");
  for (const transport of broken) server.broken.add(transport);
  const { model, tab } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "online" });
  expect(transportOf(tab.session)).toBe(name);
  server.say("bob", "ann", "one");
  await settle(200);
  expect(bodies(model, "p:bob")).toEqual(["one"]);
  server.broken.clear();
  await settle(70_000);
  expect(transportOf(tab.session)).toBe("websocket");
  server.say("bob", "ann", "two");
  await settle(200);
  // Negative control: without the filter in `Stream`, or without the order by `seq`, something stands here twice.
  expect(bodies(model, "p:bob")).toEqual(["one", "two"]);
  expect(server.count("online")).toBe(1);
});

test("a server that restarts is found again, with the same ticket, and nothing is lost", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  server.stop();
  await settle(10_000);
  expect(model.get().link.state).toBe("reconnecting");
  server.say("bob", "ann", "while away");
  server.start();
  await settle(60_000);
  expect(model.get().link).toEqual({ state: "online" });
  expect(bodies(model, "p:bob")).toEqual(["while away"]);
  expect(server.count("online")).toBe(1);
});

test("a wake cuts the waiting short", async () => {
  const server = serverWith("ann");
  const { model, tab } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  server.stop();
  await settle(120_000);
  server.start();
  tab.wake();
  await settle(10);
  expect(model.get().link).toEqual({ state: "online" });
});

test("a dead connection that nobody closed is noticed", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  for (const socket of server.sockets) socket.isDead = true;
  await settle(60_000);
  server.say("bob", "ann", "hello?");
  await settle(1_000);
  expect(bodies(model, "p:bob")).toEqual(["hello?"]);
});

test("another life of the log begins everything anew", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  server.epoch = "e2";
  server.log.length = 0;
  server.say("bob", "ann", "after the restore");
  for (const socket of [...server.sockets]) socket.drop(1012, '{"code":"stopping","reconnect":true}');
  await settle(20_000);
  expect(server.count("online")).toBe(2);
  expect(model.get().link).toEqual({ state: "online" });
});
