// Puts the views into a shadow root, isolated from the page's styles and fit for a strict content security policy.

import { h, render } from "preact";
import type { Key, Store } from "../model/state.ts";
import { App } from "./app.tsx";
import type { Mode } from "./context.ts";
import { styleSheets } from "./style/index.ts";

export interface MountOptions {
  /** A locale, or `auto` for that of the page or the browser. */
  locale: string | "auto";
  /** `bar`: fixed at the page's edge. `inline` fills its host's parent; `page` the window. */
  mode: Mode;
  /** Nothing but this conversation. */
  only?: Key;
  /** The site's words instead of ours, by the keys of `locale/en.json`. */
  texts?: Record<string, string>;
  /** What relative addresses start from. */
  base: string;
}

/** Draws the store's state until the function that it gives back is called. */
export function mount(root: ShadowRoot, store: Store, options: MountOptions): () => void {
  root.adoptedStyleSheets = styleSheets(options.mode);
  render(h(App, { root, store, options }), root);
  return () => {
    render(null, root);
    root.adoptedStyleSheets = [];
  };
}
