/*
 * Client: speaks the protocol and knows no conversation. One session with the server, the long poll, and what this tab
 * remembers from page to page.
 */

/** The member this tab belongs to, and what the page gave it to prove that. */
export const ME = document.body.dataset.me;
export const TOKEN = document.body.dataset.token ?? "";

// The key carries the member: one tab may change from one member to another.
const SLOT = `harbour:${ME}`;
export const saved = recall();
// The ticket is only stored while no page of this tab is alive; a duplicated tab would otherwise take it over.
remember({ ticket: undefined });

export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(SLOT)) ?? {};
  } catch {
    return {};
  }
}

export function remember(changes) {
  try {
    sessionStorage.setItem(SLOT, JSON.stringify({ ...recall(), ...changes }));
  } catch {
    // A full or forbidden store only means that windows are not reopened on the next page.
  }
}

const BACK_OFF = [1000, 2000, 5000, 10000, 15000];
const POLL_LIMIT = 45000; // above any time a server holds a poll
const ANSWER_LIMIT = 15000;

/** The server answered, and the answer is no. */
export class Refused extends Error {
  constructor(status, answer) {
    super(answer?.error_msg || answer?.message || `The server answered ${status}.`);
    this.status = status;
  }
}

export const get = (name, fields) => call("GET", name, fields);
export const post = (name, fields, keepalive = false) => call("POST", name, fields, keepalive);

async function call(method, name, fields, keepalive = false) {
  const form = new URLSearchParams(fields);
  const asGet = method === "GET";
  const response = await fetch(`/webim/${name}${asGet ? `?${form}` : ""}`, {
    method,
    body: asGet ? undefined : form,
    headers: { Accept: "application/json" },
    cache: "no-store",
    keepalive,
    signal: AbortSignal.timeout(ANSWER_LIMIT),
  });
  const text = await response.text();
  let answer = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // A bare "ok" is a good answer too.
  }
  if (!response.ok || answer?.success === false) throw new Refused(response.status, answer);
  return answer;
}

/** Waits, but not longer than until the network comes back. */
function pause(milliseconds) {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    addEventListener("online", finish);
  });
}

/**
 * One session with the server: online, the long poll, and what happens when either breaks.
 * `events` gets started(answer), packet(packet), resync(), state(), signedOut() and is asked for wanted().
 */
export class Session {
  state = "connecting";
  reason = "";
  ticket = saved.ticket ?? "";
  #run = 0; // every start and stop makes a new one; work of an older run gives up when it notices
  #server = null;
  #highest = 0;
  #ack = {}; // how far this page has the log, and in which of its lives
  #poll = null;

  constructor(events) {
    this.events = events;
  }

  async start(attempt = 0) {
    const run = ++this.#run;
    if (attempt === 0) this.#become("connecting");
    let answer;
    try {
      answer = await post("online", { ...this.events.wanted(), client: "native", token: TOKEN, ...(this.ticket && { ticket: this.ticket }) });
      if (!answer?.connection?.ticket) throw new Refused(200, answer);
    } catch (error) {
      if (run === this.#run) await this.#failed(error, run, attempt);
      return;
    }
    if (run !== this.#run) return;
    this.ticket = answer.connection.ticket;
    this.#server = answer.connection;
    this.#highest = 0;
    this.#has(answer);
    this.events.started(answer);
    this.#become("online");
    await this.#listen(run);
  }

  /** Ends the session on this side; the caller tells the server. */
  stop(reason) {
    this.#run++;
    this.#poll?.abort();
    this.#server = null;
    this.#become("offline", reason);
  }

  async #failed(error, run, attempt) {
    this.#server = null;
    const refused = error instanceof Refused && error.status < 500;
    if (refused) this.ticket = "";
    if (error.status === 401 && this.events.signedOut()) return;
    const reason = error.status === 401 ? "You are signed out." : refused ? error.message : "The server cannot be reached.";
    this.#become("offline", reason);
    if (refused) return;
    // The button is there for the impatient; a server that only restarts is found again without it.
    await pause(BACK_OFF[Math.min(attempt + 2, BACK_OFF.length - 1)]);
    if (run === this.#run) await this.start(attempt + 1);
  }

  async #listen(run) {
    let failures = 0;
    while (run === this.#run) {
      let packet;
      try {
        if (failures > 0) {
          // A poll may be held for half a minute; a short question shows at once that the server is back.
          await this.events.resync();
          if (run !== this.#run) return;
          this.#become("online");
        }
        packet = await this.#ask();
        failures = 0;
      } catch (error) {
        if (run !== this.#run) return;
        if ([401, 404, 410].includes(error.status)) packet = null;
        else {
          this.#become("reconnecting");
          await pause(BACK_OFF[Math.min(failures++, BACK_OFF.length - 1)]);
          continue;
        }
      }
      if (run !== this.#run) return;
      if (packet === null || packet.resync) {
        this.#become("reconnecting");
        this.ticket = "";
        await pause(1000);
        if (run === this.#run) await this.start();
        return;
      }
      this.#deliver(packet);
      this.#has(packet);
      if (!packet.more) await pause(200);
    }
  }

  async #ask() {
    const { server, domain, ticket } = this.#server;
    const address = `${server}?${new URLSearchParams({ domain, ticket, ...this.#ack })}`;
    this.#poll = new AbortController();
    const timer = setTimeout(() => this.#poll.abort(), POLL_LIMIT);
    try {
      const response = await fetch(address, { cache: "no-store", signal: this.#poll.signal });
      if (!response.ok) throw new Refused(response.status);
      return await response.json();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Everything up to there has been processed: the next poll says so. */
  #has({ seq, epoch }) {
    this.#ack = { ack: seq, epoch };
  }

  #deliver(packet) {
    const messages = (packet.messages ?? []).filter((message) => {
      const seq = Number(message.seq) || 0;
      if (seq && seq <= this.#highest) return false;
      this.#highest = Math.max(this.#highest, seq);
      return true;
    });
    try {
      this.events.packet({ messages, presences: packet.presences ?? [], statuses: packet.statuses ?? [] });
    } catch (error) {
      console.error(error); // one odd packet must not end the conversation
    }
  }

  #become(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.events.state();
  }
}
