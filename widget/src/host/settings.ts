// What a site says about its chat: attributes of the script tag, and `window.nextimSettings`, which counts more.

export interface HostSettings {
  /** Where the server is, without a slash at its end; from the address of the script, if nothing else is said. */
  server: string;
  /** The site's name or public key. */
  site: string;
  /** A token, the address that gives one, or the site's cookie (`signIn` = `cookie`). */
  token?: string;
  tokenUrl?: string;
  signIn?: string;
  /** With the cookie: the member's id, so that their tabs share one connection. */
  user?: string;
  lang: string;
  theme: string;
  /** `bar`: the chat bar; `page`: it fills the window; `none`: only what the page marks. */
  mode: string;
  /** The site's words instead of ours, by the keys of `locale/en.json`. */
  texts?: Record<string, string>;
  /** Of scripts that the loader adds, for a content security policy with nonces. */
  nonce?: string;
}

const TEXTS = ["server", "site", "token", "tokenUrl", "signIn", "user", "lang", "theme", "mode"] as const;

/** The settings of a page. `script` is our own tag. */
export function settingsOf(script: HTMLScriptElement | null, own: unknown, page: string): HostSettings {
  const settings: HostSettings = { server: folderOf(script?.src || page), site: "", lang: "auto", theme: "auto", mode: "bar" };
  const said = (typeof own === "object" && own !== null ? own : {}) as Record<string, unknown>;
  for (const name of TEXTS) {
    const value = [said[name], script?.dataset[name]].find((value) => typeof value === "string" && value !== "");
    if (typeof value === "string") settings[name] = value;
  }
  settings.server = folderOf(`${settings.server.replace(/\/+$/, "")}/`);
  if (typeof said.texts === "object" && said.texts !== null) settings.texts = said.texts as Record<string, string>;
  const nonce = script?.nonce;
  if (nonce) settings.nonce = nonce;
  return settings;
}

/** Where a file is, without a slash at the end. */
export function folderOf(address: string): string {
  return new URL(".", new URL(address, location.href)).href.replace(/\/+$/, "");
}
