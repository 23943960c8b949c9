/*
 * The page filter by itself: what it keeps of two answers that carry the same. `fuzz/checks/filter.js` is what the server writes
 * (the tests in Rust see to that).
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const FILTER = readFileSync(new URL("../../fuzz/checks/filter.js", import.meta.url), "utf8").trim();
const EVENT = { body: "webim-event:invite|,|room|,|Room" };

/** What a page is called with for each answer, one after the other. */
async function shown(filter, answers) {
  const listen = () => {};
  const window = createContext({ addEventListener: listen, removeEventListener: listen, Promise, setTimeout });
  const kept = runInContext(`var window = this; ${filter.replace("$o", "window").replace("$k", "1a.3f9a")}`, window);
  const all = [];
  for (const messages of answers) {
    all.push(Array.from(kept({ messages }).messages, ({ seq, body }) => seq ?? body)); // an array of this world
    await new Promise((resolve) => setTimeout(resolve));
  }
  return all;
}

test("what was shown is dropped, and what stands nowhere is not", async () => {
  const answers = [[{ seq: 7 }], [{ seq: 7 }, { seq: 8 }, EVENT], [{ seq: 8 }], [EVENT]];
  assert.deepEqual(await shown(FILTER, answers), [[7], [8, EVENT.body], [], [EVENT.body]]);
});

test("control: a filter that keeps only what is above its mark drops events", async () => {
  const above = FILTER.replace("!(x.seq<=m)", "x.seq>m");
  assert.notEqual(above, FILTER);
  assert.deepEqual(await shown(above, [[{ seq: 7 }, EVENT]]), [[7]]);
});
