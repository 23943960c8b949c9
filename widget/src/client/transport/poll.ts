// The long poll: works wherever a request does.

import { form, refusal } from "../calls.ts";
import { decode } from "../platform.ts";
import { packetOf } from "../wire.ts";
import { endOfRefusal } from "./events.ts";
import { Alarm, SILENT_MS, type Carry, type End } from "./line.ts";
import { pause } from "../pause.ts";

/** A poll that has not failed after this is held: the server is there. */
const HELD_AFTER_MS = 1_500;
/** Between two polls; a poll that is answered at once again and again must not become a flood. */
const BETWEEN_MS = 100;

export const poll: Carry = async (line) => {
  const { platform, connection, signal } = line;
  let hasLived = false;
  const held = setTimeout(line.opened, HELD_AFTER_MS);
  while (!signal.aborted) {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    signal.addEventListener("abort", abort);
    const silence = new Alarm(abort);
    silence.wind(SILENT_MS);
    let isProbed = false;
    line.onProbe(() => {
      isProbed = true;
      abort();
    });
    let end: End | null = null;
    try {
      const { seq, epoch } = line.cursor();
      const { domain, ticket } = connection;
      const address = `${connection.server}?${form({ domain, ticket, ack: seq, epoch })}`;
      const response = await platform.fetch(address, { credentials: "omit", cache: "no-store", signal: stop.signal });
      const answer = decode(await response.text());
      const packet = packetOf(answer);
      if (response.status === 404 || (response.ok && answer === null)) end = { kind: "dead" };
      else if (!response.ok) end = endOfRefusal(refusal(response, answer));
      else if (packet === null) end = { kind: "broken", hasLived };
      else {
        if (!hasLived) line.opened();
        hasLived = true;
        line.packet(packet);
        if (!packet.more) await pause(BETWEEN_MS, signal);
      }
    } catch {
      // A poll that was let go to see whether the server still answers is simply asked again.
      end = isProbed ? null : { kind: "broken", hasLived };
    } finally {
      silence.stop();
      signal.removeEventListener("abort", abort);
    }
    if (end !== null && !signal.aborted) {
      clearTimeout(held);
      return end;
    }
  }
  clearTimeout(held);
  return { kind: "again", afterMs: 0 };
};
