// Server-sent events, read through `fetch`: unlike `EventSource` that tells why a stream was refused, and works outside pages, too.
// Coming again with `ack` is what confirms.

import { codeOf, form, refusal } from "../calls.ts";
import { decode } from "../platform.ts";
import { packetOf } from "../wire.ts";
import { Alarm, OPEN_WITHIN_MS, SILENT_MS, endOf, type Carry, type End, type Line } from "./line.ts";

export const events: Carry = async (line) => {
  const { platform, connection, signal } = line;
  if (connection.sse === undefined) return { kind: "broken", hasLived: false };
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener("abort", abort);
  const silence = new Alarm(abort);
  silence.wind(OPEN_WITHIN_MS);
  const reader = new Events(line);
  try {
    const { seq, epoch } = line.cursor();
    const { domain, ticket } = connection;
    const address = `${connection.sse}?${form({ domain, ticket, ack: seq, epoch })}`;
    const response = await platform.fetch(address, { credentials: "omit", cache: "no-store", signal: stop.signal });
    if (!response.ok || response.body === null) return endOfRefusal(refusal(response, decode(await response.text())));
    await read(response.body, reader, silence);
    return reader.end ?? { kind: "again", afterMs: 500 };
  } catch {
    return signal.aborted ? { kind: "again", afterMs: 0 } : (reader.end ?? { kind: "broken", hasLived: reader.hasLived });
  } finally {
    silence.stop();
    stop.abort();
    signal.removeEventListener("abort", abort);
  }
};

async function read(body: ReadableStream<Uint8Array>, events: Events, silence: Alarm): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || events.end !== null) return;
    silence.wind(SILENT_MS);
    events.feed(decoder.decode(value, { stream: true }));
  }
}

/** The end that a refused stream means. */
export function endOfRefusal(error: Error): End {
  const code = codeOf(error);
  if (code === "ticket_ended" || code === "not_signed_in") return { kind: "dead" };
  const { retryAfterMs, status } = error as { retryAfterMs?: number | null; status?: number };
  if (retryAfterMs) return { kind: "again", afterMs: retryAfterMs };
  const isFinal = status === 403 && (code === "foreign_origin" || code === "site_suspended");
  return isFinal ? { kind: "refused", code } : { kind: "broken", hasLived: false };
}

/** Takes events out of a text that comes in pieces. */
class Events {
  end: End | null = null;
  hasLived = false;
  #rest = "";

  constructor(private readonly line: Line) {}

  feed(piece: string): void {
    if (!this.hasLived) this.line.opened();
    this.hasLived = true;
    const events = (this.#rest + piece).split("\n\n");
    this.#rest = events.pop() ?? "";
    for (const event of events) if (this.end === null) this.#take(event);
  }

  #take(event: string): void {
    let kind = "";
    let data = "";
    for (const row of event.split("\n")) {
      if (row.startsWith("event: ")) kind = row.slice(7);
      if (row.startsWith("data: ")) data = row.slice(6);
    }
    if (data === "") return;
    const value = decode(data);
    if (kind === "goodbye") {
      this.end = endOf(value, this.line.platform.random());
      return;
    }
    const packet = packetOf(value);
    if (packet !== null) this.line.packet(packet);
  }
}
