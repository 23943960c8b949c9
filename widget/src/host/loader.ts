// The one script that a page includes: reads what the site says, sets up `NextIM`, and fetches the bar when the page has been drawn.

import { makeApi } from "./api.ts";
import { settingsOf } from "./settings.ts";

/** The bar's address below the server's, and the hash of what must be there; the build knows them. */
declare const BAR: { readonly path: string; readonly integrity: string };

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

function load(): void {
  const early: unknown = window.NextIM;
  if (typeof early === "function" && "_" in early) return; // included twice
  const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
  const api = makeApi(settingsOf(script, window.nextimSettings, location.href), early);
  window.NextIM = api;
  const fetchBar = (): void => add(new URL(BAR.path, `${folder(script)}/`).href, api._.settings.nonce);
  if (document.readyState === "complete") fetchBar();
  else addEventListener("load", fetchBar, { once: true });
}

/** Where this script is: the bar is below, whatever server its calls go to. */
function folder(script: HTMLScriptElement | null): string {
  return script === null ? window.NextIM!._.settings.server : new URL(".", script.src).href.replace(/\/$/, "");
}

function add(address: string, nonce: string | undefined): void {
  const bar = document.createElement("script");
  bar.async = true;
  bar.crossOrigin = "anonymous";
  bar.integrity = BAR.integrity;
  if (nonce !== undefined) bar.nonce = nonce;
  bar.src = trusted(address);
  document.head.append(bar);
}

/** An address as a page with Trusted Types wants it: by a policy named `nextim`, which takes the bar's address alone. */
function trusted(address: string): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return address;
  const policy = trustedTypes.createPolicy("nextim", { createScriptURL: (url) => (url === address ? url : "") });
  return policy.createScriptURL(address);
}

try {
  load();
} catch (error) {
  console.error("NextIM:", error);
}
