// WebSocket: packets as text frames, an ack after each. A browser does not say when a connection has silently died, so the page asks
// for a sign of life now and then: the server answers every call, also one that it does not know.

import { decode, encode } from "../platform.ts";
import { packetOf } from "../wire.ts";
import { Alarm, OPEN_WITHIN_MS, endOf, type Carry, type End } from "./line.ts";

/** How often a silent connection is asked for a sign of life, and how long that may take. */
const ASK_EVERY_MS = 40_000;
const ANSWER_WITHIN_MS = 10_000;
const SIGN_OF_LIFE = encode({ call: "ping", id: "ping" });

export const websocket: Carry = (line) =>
  new Promise<End>((done) => {
    const { platform, connection, signal } = line;
    if (platform.WebSocket === null || connection.websocket === undefined) return done({ kind: "broken", hasLived: false });
    let socket: WebSocket;
    try {
      socket = new platform.WebSocket(connection.websocket);
    } catch {
      return done({ kind: "broken", hasLived: false });
    }
    let hasLived = false;
    const finish = (end: End): void => {
      silence.stop();
      signal.removeEventListener("abort", abort);
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
      done(end);
    };
    const abort = (): void => finish({ kind: "again", afterMs: 0 });
    // First nothing comes at all, later nothing comes although it was asked for.
    const silence = new Alarm(() => (isAsking || !hasLived ? finish({ kind: "broken", hasLived }) : ask()));
    let isAsking = false;
    const ask = (): void => {
      if (socket.readyState !== 1) return;
      isAsking = true;
      socket.send(SIGN_OF_LIFE);
      silence.wind(ANSWER_WITHIN_MS);
    };
    socket.onopen = () => {
      const { seq, epoch } = line.cursor();
      const { domain, ticket } = connection;
      socket.send(encode({ subscribe: { domain, ticket, ack: seq, epoch } }));
      // What a proxy lets through can be told by an answer only.
      ask();
    };
    socket.onmessage = ({ data }) => {
      isAsking = false;
      silence.wind(ASK_EVERY_MS);
      if (!hasLived) line.opened();
      hasLived = true;
      const packet = packetOf(decode(String(data)));
      if (packet === null) return;
      line.packet(packet);
      if (!signal.aborted) socket.send(encode({ ack: line.cursor().seq, epoch: line.cursor().epoch }));
    };
    socket.onclose = ({ reason }) => {
      const goodbye = decode(reason);
      finish(goodbye === null ? { kind: "broken", hasLived } : endOf(goodbye, platform.random()));
    };
    line.onProbe(ask);
    signal.addEventListener("abort", abort);
    silence.wind(OPEN_WITHIN_MS);
  });
