// The one script that a page includes: reads what the site says, sets up `NextIM`, and fetches the bar when the page has been drawn.

import { makeApi } from "./api.ts";
import { folderOf, settingsOf } from "./settings.ts";

/** The bar's address below the server's, and the hash of what must be there; the build knows them. */
declare const BAR: { readonly path: string; readonly integrity: string };

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

function load(): void {
  const early: unknown = window.NextIM;
  if (typeof early === "function" && "_" in early) return; // included twice
  const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
  const settings = settingsOf(script, window.nextimSettings, location.href);
  // The bar is below the loader, whatever server its calls go to.
  const folder = script === null ? settings.server : folderOf(script.src);
  window.NextIM = makeApi(settings, folder, early);
  const fetchBar = (): void => whenDrawn(() => add(`${folder}/${BAR.path}`, settings.nonce));
  if (document.readyState === "complete") fetchBar();
  else addEventListener("load", fetchBar, { once: true });
}

/** A page with nothing to wait for is loaded before it is drawn. One that nobody sees is not drawn. */
function whenDrawn(then: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(then);
  else requestAnimationFrame(() => setTimeout(then));
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
