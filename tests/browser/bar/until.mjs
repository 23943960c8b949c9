/* Waiting for conditions: the only way in which these tests wait. */

export const PATIENCE = 30_000;

/** Polls `look` until `right` holds for what it gives, and gives that. */
export async function until(what, look, right = Boolean) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (right(seen)) return seen;
    if (Date.now() > end) throw new Error(`${what}: waited in vain, last seen ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
