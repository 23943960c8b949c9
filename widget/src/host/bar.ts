// The bar's entry: takes over the commands that the loader has kept, and carries them out from then on.

import type { Call, Shell } from "./api.ts";
import { App } from "./app.ts";
import { Events } from "./events.ts";
import { guarded } from "./guard.ts";
import type { HostSettings } from "./settings.ts";

const THEMES = ["auto", "light", "dark"] as const;

class Host {
  readonly #events = new Events();
  #settings: HostSettings;
  #app: App | null = null;

  constructor(private readonly shell: Shell) {
    this.#settings = shell.settings;
    this.#begin();
    shell.take(guarded((call) => this.#carryOut(call)));
  }

  #begin(): void {
    this.#app = new App(this.#settings, this.shell.folder, this.#events);
  }

  #end(): void {
    this.#app?.destroy();
    this.#app = null;
    this.#events.reset();
  }

  #carryOut([name, first, second]: Call): void {
    const app = this.#app;
    switch (name) {
      case "on":
        return this.#events.on(first, second);
      case "off":
        return this.#events.off(first, second);
      case "identify":
        return this.#identify(first);
      case "destroy":
        return this.#end();
      case "logout":
        return app?.logout();
      case "openConversation":
        return isId(first) ? app?.converse(`p:${String(first)}`) : undefined;
      case "openRoom":
        return isId(first) ? app?.converse(`r:${String(first)}`) : undefined;
      case "setLocale":
        return typeof first === "string" ? app?.dress({ language: first }) : undefined;
      case "setTheme": {
        const theme = THEMES.find((theme) => theme === first);
        return theme === undefined ? undefined : app?.dress({ theme });
      }
      default:
        return app?.[name]();
    }
  }

  /** Somebody is signed in on the site now: `{token}`, `{tokenUrl}` or a token. */
  #identify(given: unknown): void {
    const { token, tokenUrl, signIn, user, ...others } = this.#settings;
    const named = typeof given === "string" ? { token: given } : (given as Partial<HostSettings> | null | undefined);
    const known = tokenUrl === undefined ? {} : { tokenUrl };
    const how = named === null || named === undefined ? { ...known, ...(token === undefined ? {} : { token }) } : named;
    this.#end();
    this.#settings = { ...others, ...(signIn === undefined ? {} : { signIn }), ...(user === undefined ? {} : { user }), ...how };
    this.#begin();
  }
}

function isId(value: unknown): value is string | number {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

guarded(() => {
  const shell = window.NextIM?._;
  if (shell === undefined) return;
  const begin = guarded(() => void new Host(shell));
  if (document.body === null) document.addEventListener("DOMContentLoaded", begin, { once: true });
  else begin();
})();
