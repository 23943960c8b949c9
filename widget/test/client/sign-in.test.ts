// Signing in: by a token, by an address that gives one, as a visitor who becomes a member.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import refusal from "../../../protocol/examples/refusal.json";
import { Refused, codeOf, isPassing, post } from "../../src/client/calls.ts";
import { userOf } from "../../src/client/sign-in.ts";
import { Profile, openTab } from "../fake/browser.ts";
import { openModel, serverWith, tokenOf } from "../fake/model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const tokenUrl = "http://site.test/token";

test("a token says whose it is", () => {
  const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
  expect(userOf(jwt({ sub: "Ünal" }))).toBe("Ünal");
  expect(userOf(jwt({ sub: 42 }))).toBe("42");
  expect(userOf(`a.dotted.id.${"f".repeat(64)}`)).toBe("a.dotted.id");
  for (const odd of ["", "x", "a.b.c", jwt({}), jwt(null)]) expect(userOf(odd)).toBe(null);
});

test("a refusal has its code, and an answer that is not the server's is none", async () => {
  const server = serverWith();
  const { platform } = openTab(new Profile(), server);
  server.instead.set("buddies", () => ({ status: 401, body: refusal }));
  const refused = await post(platform, `${server.address}/webim/buddies`, {}).catch((error: unknown) => error);
  expect([codeOf(refused), isPassing(refused)]).toEqual(["ticket_ended", false]);
  server.instead.set("buddies", () => ({ status: 502, body: "<html>Bad gateway" }));
  const gateway = await post(platform, `${server.address}/webim/buddies`, {}).catch((error: unknown) => error);
  expect([codeOf(gateway), isPassing(gateway)]).toEqual(["no_network", true]);
  server.instead.set("buddies", () => ({ status: 429, body: { ...refusal, code: "too_many_requests" } }));
  const busy = await post(platform, `${server.address}/webim/buddies`, {}).catch((error: unknown) => error);
  expect(busy).toBeInstanceOf(Refused);
  expect(isPassing(busy)).toBe(true);
});

test.each([
  ["bare", () => new Response(`${tokenOf("ann")}\n`)],
  ["as JSON", () => Response.json({ token: tokenOf("ann") })],
  ["as a JSON text", () => Response.json(tokenOf("ann"))],
])("the address gives a token %s", async (_, answer) => {
  const server = serverWith("ann");
  server.tokenAnswer = answer;
  const { model } = openModel(server, new Profile(), { tokenUrl });
  await settle(2_000);
  expect(model.get().me?.id).toBe("ann");
});

test("a new ticket is got with a new token", async () => {
  const server = serverWith("ann");
  let asked = 0;
  server.tokenAnswer = () => {
    asked += 1;
    return new Response(tokenOf("ann"));
  };
  const { model } = openModel(server, new Profile(), { tokenUrl });
  await settle(2_000);
  expect(asked).toBe(1);
  server.endTickets();
  await settle(15_000);
  expect([asked, server.count("online"), model.get().link.state]).toEqual([2, 2, "online"]);
});

test("a token that has expired meanwhile is replaced once", async () => {
  const server = serverWith("ann");
  const old = `ann.${"1".repeat(64)}`;
  server.tokenAnswer = () => new Response(server.count("online") === 0 ? old : tokenOf("ann"));
  const { model } = openModel(server, new Profile(), { tokenUrl });
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "online" });
  expect(server.count("online")).toBe(2);
});

test("the address fails for a while", async () => {
  const server = serverWith("ann");
  server.tokenAnswer = () => new Response("", { status: 503 });
  const { model } = openModel(server, new Profile(), { tokenUrl });
  await settle(2_000);
  expect(model.get().link.state).toBe("reconnecting");
  server.tokenAnswer = () => new Response(tokenOf("ann"));
  await settle(10_000);
  expect(model.get().link).toEqual({ state: "online" });
});

test("nobody is signed in, and visitors are not let in", async () => {
  const server = serverWith();
  const { model } = openModel(server, new Profile(), { tokenUrl });
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "signed_out", canSignIn: false });
});

test("a visitor is the same one the next time, and becomes a member", async () => {
  const server = serverWith("ann");
  server.allowsGuests = true;
  const profile = new Profile();
  const first = openModel(server, profile, {});
  await settle(2_000);
  expect(first.model.get().me).toMatchObject({ id: "vid:1", isGuest: true });
  first.model.destroy();
  const second = openModel(server, profile, {});
  await settle(2_000);
  expect(server.asked.filter(({ name }) => name === "online").at(-1)?.fields.token).toBe("guest-token");
  second.model.destroy();
  openModel(server, profile, { token: tokenOf("ann") });
  await settle(2_000);
  const last = server.asked.filter(({ name }) => name === "online").at(-1);
  expect([last?.fields.token, last?.fields.guest]).toEqual([tokenOf("ann"), "guest-token"]);
  // Whoever comes by it later is a new visitor: it is not kept.
  expect([...profile.local.keys()].filter((name) => name.endsWith(":guest"))).toEqual([]);
});

test("a site that is switched off is said so", async () => {
  const server = serverWith("ann");
  server.instead.set("online", () => ({ status: 403, body: { success: false, code: "site_suspended" } }));
  const { model } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "refused", code: "site_suspended" });
  server.instead.clear();
  model.commands.reconnect();
  await settle(2_000);
  expect(model.get().link).toEqual({ state: "online" });
});

test("the server's clock counts", async () => {
  const server = serverWith("ann");
  const { model } = openModel(server, new Profile(), { token: tokenOf("ann") });
  await settle(2_000);
  expect(model.get().clockSkewMs).toBeGreaterThan(4_000);
  expect(model.serverNow() - Date.now()).toBe(model.get().clockSkewMs);
});
