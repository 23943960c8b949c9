/* The network goes away and comes back, and the server is restarted: nothing is lost, and pages say honestly how they are. */

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { scene } from "./scene.mjs";

const banner = (member, whom, words) => member.window(whom).locator(".banner").filter({ hasText: words });

/** A cable between browsers and the server: it can be cut. */
async function cable(address) {
  const { hostname, port } = new URL(address);
  const ends = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      ends.add(one);
      one.on("error", () => other.destroy()).on("close", () => ends.delete(one) && other.destroy()).pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    cut() {
      isCut = true;
      for (const end of ends) end.destroy();
    },
    heal: () => (isCut = false),
    close() {
      this.cut();
      server.close();
    },
  };
}

/** A member whose page reaches the server through a cable. */
async function throughCable(site, between, options) {
  const { server } = site;
  site.server = Object.assign(Object.create(server), { address: between.address });
  try {
    return await site.member("susan", options);
  } finally {
    site.server = server;
  }
}

scene("a browser without a network says so, keeps what is written, and goes on by itself", async (site) => {
  const context = await site.context();
  const between = await cable(site.server.address);
  const [susan, jack] = [await throughCable(site, between, { context }), await site.member("jack")];
  await susan.open("jack");
  await susan.say("jack", "before");
  site.outage = true;
  await context.setOffline(true);
  between.cut(); // what is open already, the browser's switch leaves open
  await susan.cut();
  await banner(susan, "jack", "You are offline").waitFor();
  await susan.write("jack", "written without a network");
  await jack.open("susan");
  await jack.say("susan", "said meanwhile");
  assert.deepEqual((await susan.lines("jack")).at(-1), { from: "susan", state: "sending", text: "written without a network" });
  between.heal();
  await context.setOffline(false);
  await susan.back();
  site.outage = false;
  await susan.hears("jack", "susan", "written without a network");
  await susan.hears("jack", "jack", "said meanwhile");
  await jack.hears("susan", "susan", "written without a network");
  site.outage = true;
  between.close();
});

scene("a cable is cut in mid-conversation and healed", async (site) => {
  const between = await cable(site.server.address);
  try {
    const [susan, jack] = [await throughCable(site, between), await site.member("jack")];
    await susan.open("jack");
    await susan.say("jack", "before the cut");
    await jack.hears("susan", "susan", "before the cut");
    const onlines = susan.onlines;
    for (let round = 1; round <= 2; round += 1) {
      site.outage = true;
      between.cut();
      await susan.cut();
      await susan.write("jack", `unsent ${round}`);
      await jack.say("susan", `unheard ${round}`);
      between.heal();
      await susan.back();
      await susan.hears("jack", "jack", `unheard ${round}`);
      await susan.hears("jack", "susan", `unsent ${round}`);
      await jack.hears("susan", "susan", `unsent ${round}`);
      site.outage = false;
    }
    assert.equal(susan.onlines, onlines, "the session went on where it was");
  } finally {
    site.outage = true;
    between.close();
  }
}, { environment: {} });

scene("the server is restarted in order in mid-conversation", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await jack.sees("susan", "Online");
  const changes = await jack.watch("susan");
  await susan.open("jack");
  await jack.open("susan");
  await susan.say("jack", "before");
  site.outage = true;
  await site.server.stop();
  await Promise.all([susan.cut(), jack.cut()]);
  await susan.write("jack", "while it was down");
  await site.server.start();
  await Promise.all([susan.back(), jack.back()]);
  site.outage = false;
  await susan.hears("jack", "susan", "while it was down");
  await jack.hears("susan", "susan", "while it was down");
  await jack.say("susan", "and after");
  await susan.hears("jack", "jack", "and after");
  assert.deepEqual([susan.onlines, jack.onlines], [1, 1], "nobody signed in again");
  assert.deepEqual((await changes()).filter((show) => show !== "available"), [], "nobody was seen to leave");
}, { environment: {} });
