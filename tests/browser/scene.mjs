/* A test: a play on a server of its own. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Site, endBrowser } from "./harness.mjs";

after(endBrowser);

/** The server must end in order, and no browser may have anything to complain about. */
export function scene(name, play, options) {
  test(name, { timeout: 180_000 }, async () => {
    const site = await Site.open(options);
    try {
      await play(site);
    } catch (error) {
      if (site.trouble.length > 0) error.message += `\nThe browsers said:\n${site.trouble.join("\n")}`;
      throw error;
    } finally {
      await site.close();
    }
    assert.deepEqual(site.trouble, [], "the browsers complained");
  });
}
