/* The server is killed in the middle of a conversation, and nobody loses a word. */

import assert from "node:assert/strict";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

/** The page sends again what did not get through; nobody has to do anything. */
async function allSent(member, whom) {
  const unsent = async () => (await member.lines(whom)).filter((line) => line.from === member.id && line.state !== "sent");
  await until(`everything ${member.id} wrote is sent`, unsent, (lines) => lines.length === 0);
}

// Controls: a new `cid` for a retry doubles the line whose answer was lost; a page that signs in again after the outage has
// a second ticket. Both fail here.
scene("kill -9 in mid-conversation: both pages go on with their sessions, nothing lost, nothing doubled", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.sees("jack", "Online");
  await susan.open("jack");
  await susan.say("jack", "before");
  await jack.hears("susan", "susan", "before");
  const tickets = [susan, jack].map((member) => [...member.tickets].slice(-1));
  site.outage = true;
  const spoken = [];
  for (let round = 1; round <= 8; round++) {
    spoken.push(`susan: s${round}`, `jack: j${round}`);
    if (round === 5) {
      // This line is stored, and the server dies before it can say so. Wherever that hits the others: some are stored,
      // some are not, and nobody knows.
      const killed = async (route) => {
        await route.fetch();
        await site.server.kill();
        await route.abort();
      };
      await susan.page.route("**/webim/message", killed, { times: 1 });
    }
    await Promise.all([susan.write("jack", `s${round}`), jack.write("susan", `j${round}`)]);
  }
  await Promise.all([susan.cut(), jack.cut()]);
  await site.server.start();
  await Promise.all([susan.back(), jack.back()]);
  site.outage = false;
  await allSent(susan, "jack");
  await allSent(jack, "susan");
  await susan.say("jack", "after");
  spoken.push("susan: after");
  const all = [...spoken].sort();
  const heard = async (member, whom) => (await member.texts(whom)).filter((text) => spoken.includes(text));
  for (const [member, whom] of [[susan, "jack"], [jack, "susan"]]) {
    await until(`${member.id} has everything once`, async () => (await heard(member, whom)).sort(), (seen) => seen.length >= all.length);
    assert.deepEqual((await heard(member, whom)).sort(), all);
  }
  // The same sessions: no page signed in again, and nobody was seen to leave.
  [susan, jack].forEach((member, index) => assert.deepEqual([...member.tickets], tickets[index], member.id));
  await susan.sees("jack", "Online");
  await jack.sees("susan", "Online");
  // And the log says the same, in one order for both.
  await Promise.all([susan.reload(), jack.reload()]);
  for (const [member, whom] of [[susan, "jack"], [jack, "susan"]]) {
    await member.hears(whom, "susan", "after");
    assert.deepEqual((await heard(member, whom)).sort(), all);
  }
  assert.deepEqual(await heard(susan, "jack"), await heard(jack, "susan"));
}, { environment: {} });

scene("what was confirmed before kill -9 waits for whoever was offline", async (site) => {
  const susan = await site.member("susan");
  await susan.open("jack");
  await susan.open("#room1");
  await susan.say("jack", "written down");
  await susan.say("#room1", "for all of you");
  site.outage = true;
  await site.server.kill();
  await susan.cut();
  await site.server.start();
  await susan.back();
  site.outage = false;
  const jack = await site.member("jack");
  await jack.open("susan");
  await jack.hears("susan", "susan", "written down");
  await jack.open("#room1");
  await jack.hears("#room1", "susan", "for all of you");
  await jack.say("susan", "got it");
  await susan.hears("jack", "jack", "got it");
});
