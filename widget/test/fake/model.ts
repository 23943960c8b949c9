// A model in a tab for tests, with a page that notes what happens to it.

import type { ClientOptions } from "../../src/client/index.ts";
import { Model, type Key, type Message } from "../../src/model/index.ts";
import { Profile, openTab, type Tab, type TabOptions } from "./browser.ts";
import { FakeServer } from "./server.ts";

export interface Noted {
  isSeen: boolean;
  canSound: boolean;
  sounds: number;
  readonly files: { file: Blob; name: string }[];
  readonly arrived: { key: Key; message: Message }[];
  readonly failures: string[];
}

export interface Opened {
  readonly model: Model;
  readonly tab: Tab;
  readonly page: Noted;
}

export function openModel(server: FakeServer, profile: Profile, who: Partial<ClientOptions>, how: TabOptions = {}): Opened {
  const tab = openTab(profile, server, how);
  const page: Noted = { isSeen: true, canSound: true, sounds: 0, files: [], arrived: [], failures: [] };
  const model = new Model(
    tab.platform,
    {
      isSeen: () => page.isSeen,
      canSound: () => page.canSound,
      sound: () => void (page.sounds += 1),
      save: (file, name) => void page.files.push({ file, name }),
      schedule: (change) => queueMicrotask(change),
      arrived: (key, message) => void page.arrived.push({ key, message }),
      failed: (code) => void page.failures.push(code),
    },
    { server: server.address, site: "test", ...who },
  );
  model.start();
  return { model, tab, page };
}

/** A server that knows some members by their tokens, `token-ID`. */
export function serverWith(...ids: string[]): FakeServer {
  const server = new FakeServer();
  for (const id of ids) server.tokens.set(tokenOf(id), id);
  return server;
}

/** An easy token, as far as the page can tell. */
export const tokenOf = (id: string): string => `${id}.${"0".repeat(64)}`;

export const bodies = (model: Model, key: Key): string[] => (model.get().conversations.get(key)?.messages ?? []).map(({ body }) => body);
