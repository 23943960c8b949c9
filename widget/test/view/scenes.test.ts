// Every view and state: axe-core has nothing to say, no script fails, and the page's strict policy is kept.

import { describe, expect, test } from "vitest";
import { WAYS, look } from "../../gallery/look.mjs";
import { hasBrowser } from "./browser.ts";

describe.skipIf(!hasBrowser)("scenes", () => {
  // Negative control: give `--muted` the value #aaa in style/base.css.
  test.each(WAYS.map((way) => way.name))("%s", { timeout: 300_000 }, async (name) => {
    const ways = WAYS.filter((way) => way.name === name);
    expect(await look(null, [], ways)).toEqual([]);
  });
});
