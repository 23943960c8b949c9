// The gallery's page: draws the scene that its address names (`?scene=chat&theme=dark&language=zh-CN&locale=ar`).

import type { State } from "../src/model/state.ts";
import { mount } from "../src/view/mount.ts";
import { NOW, message } from "./people.ts";
import { SCENES } from "./states.ts";
import { galleryStore } from "./store.ts";

const asked = new URLSearchParams(location.search);
const scene = SCENES[asked.get("scene") ?? "windows"];
if (scene === undefined) throw new Error("there is no such scene");

// Time stands still, so that pictures can be compared.
if (asked.has("still")) Date.now = () => NOW;

const settings: State["settings"] = {
  ...scene.state.settings,
  theme: (asked.get("theme") ?? "auto") as "auto",
  language: asked.get("language") ?? "auto",
};
const place = document.createElement("div");
place.className = scene.mode === "inline" ? "place" : "";
const host = place.appendChild(document.createElement("div"));
(document.querySelector("main") ?? document.body).append(place);

const commands: [string, unknown[]][] = [];
const store = galleryStore({ ...scene.state, settings }, (name, values) => commands.push([name, values]));
const unmount = mount(host.attachShadow({ mode: "open" }), store, {
  locale: asked.get("locale") ?? "en",
  mode: scene.mode ?? "bar",
  ...(scene.only === undefined ? {} : { only: scene.only }),
  base: location.origin,
});

Object.assign(globalThis, { gallery: { store, commands, set: store.set, message, unmount } });
