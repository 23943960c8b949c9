// `NextIM` before the bar is there, and what a page says about its chat.

import { beforeEach, expect, test, vi } from "vitest";
import { makeApi, type Call } from "../../src/host/api.ts";
import { Events } from "../../src/host/events.ts";
import { settingsOf } from "../../src/host/settings.ts";

const page = "https://shop.example/a/b.html";
const script = (src: string, dataset: Record<string, string>): HTMLScriptElement => ({ src, dataset, nonce: "n" }) as unknown as HTMLScriptElement;

beforeEach(() => void vi.stubGlobal("location", { href: page }));

test("commands are kept until there is somebody to carry them out, in their order", () => {
  const settings = settingsOf(null, {}, page);
  const api = makeApi(settings, "", [["openConversation", "jack"], "open"]);
  api.toggle();
  api("openRoom", "r1");
  api.push(["close"], ["nonsense"]);
  const calls: Call[] = [];
  api._.take((call) => calls.push(call));
  expect(calls).toEqual([["openConversation", "jack"], ["open"], ["toggle"], ["openRoom", "r1"], ["close"]]);
  const listener = (): void => undefined;
  (api.on("message", listener) as () => void)();
  expect(calls.slice(5)).toEqual([
    ["on", "message", listener],
    ["off", "message", listener],
  ]);
});

test("a page may have left a function that keeps what it is called with", () => {
  const stub = Object.assign(() => undefined, { q: [{ 0: "open", length: 1 }] });
  const calls: Call[] = [];
  makeApi(settingsOf(null, {}, page), "", stub)._.take((call) => calls.push(call));
  expect(calls).toEqual([["open"]]);
});

test("the server is where the script is, on a sub-path, too", () => {
  const data = { site: "pk_1", tokenUrl: "/token" };
  const settings = settingsOf(script("https://im.example/chat/nextim.js?v=1", data), undefined, page);
  expect(settings).toEqual({ server: "https://im.example/chat", site: "pk_1", tokenUrl: "/token", lang: "auto", theme: "auto", mode: "bar", nonce: "n" });
  const own = { server: "/im/", theme: "dark", texts: { "bar.chat": "Talk" }, site: "" };
  expect(settingsOf(script("https://im.example/nextim.js", data), own, page)).toMatchObject({
    server: "https://shop.example/im",
    site: "pk_1",
    theme: "dark",
    texts: { "bar.chat": "Talk" },
  });
});

test("a listener that throws stops nobody, and whoever comes late hears that all is ready", () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const events = new Events();
  const heard: unknown[] = [];
  events.on("ready", () => {
    throw new Error("the page's own");
  });
  events.on("ready", (event: unknown) => heard.push(event));
  events.emit("ready", 1);
  events.on("ready", (event: unknown) => heard.push(event));
  expect(heard).toEqual([1, 1]);
  expect(said).toHaveBeenCalledOnce();
});
