// Which tab of a member has the connection. With Web Locks the browser decides, and hands over in the moment in which the leader is gone.
// Without (pages that are not served securely) the tabs agree by themselves: the leader says now and then that it is there, says
// goodbye when it goes, and where two lead at once the one with the smaller id stays.

import type { Platform } from "../platform.ts";
import type { Channel } from "./channel.ts";

export interface Election {
  /** Stops leading, or waiting for it. */
  resign(): void;
  /** Leads although another tab does, which has not answered for long. */
  seize(): void;
  /** Hears what other tabs say about leading. */
  hear(kind: string, from: string): void;
}

interface Outcome {
  lead(): void;
  /** Another tab leads now. */
  follow(): void;
}

export function elect(platform: Platform, name: string, channel: Channel | null, outcome: Outcome): Election {
  if (channel === null) return alone(outcome);
  return platform.locks === null ? byWord(platform, channel, outcome) : byLock(platform.locks, name, outcome);
}

function alone(outcome: Outcome): Election {
  outcome.lead();
  return { resign: () => undefined, seize: () => undefined, hear: () => undefined };
}

function byLock(locks: Pick<LockManager, "request">, name: string, outcome: Outcome): Election {
  let stop = new AbortController();
  let release = (): void => undefined;
  const request = (options: LockOptions): void => {
    const { signal } = stop;
    const held = (): Promise<void> =>
      new Promise((free) => {
        release = free;
        outcome.lead();
      });
    // It is rejected when we give up, or when another tab has taken the lock from us.
    locks.request(name, options, held).catch((error: unknown) => {
      if ((error as Error | null)?.name !== "AbortError" || signal.aborted) return;
      outcome.follow();
      request({ signal: stop.signal });
    });
  };
  request({ signal: stop.signal });
  return {
    resign() {
      stop.abort();
      release();
    },
    seize() {
      stop.abort();
      stop = new AbortController();
      request({ steal: true });
    },
    hear: () => undefined,
  };
}

const SAYS_EVERY_MS = 1_000;
const GONE_AFTER_MS = 3_500;
/** So long a new tab listens for a leader; different for each, so that not all begin at once. */
const LISTENS_MS = 300;

function byWord(platform: Platform, channel: Channel, outcome: Outcome): Election {
  let timer: ReturnType<typeof setTimeout>;
  let isLeader = false;
  let isOver = false;
  const wait = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(begin, ms + platform.random() * LISTENS_MS);
  };
  const say = (): void => {
    channel.post("lead");
    timer = setTimeout(say, SAYS_EVERY_MS);
  };
  const begin = (): void => {
    clearTimeout(timer);
    if (isOver || isLeader) return;
    isLeader = true;
    say();
    outcome.lead();
  };
  const heardLeader = (from: string): void => {
    if (isLeader && from > channel.id) return channel.post("lead");
    wait(GONE_AFTER_MS);
    if (!isLeader) return;
    isLeader = false;
    outcome.follow();
  };
  wait(LISTENS_MS);
  return {
    resign() {
      isOver = true;
      clearTimeout(timer);
      if (isLeader) channel.post("free");
    },
    seize: begin,
    hear(kind, from) {
      if (isOver) return;
      if (kind === "lead") heardLeader(from);
      if (kind === "free" && !isLeader) wait(0);
    },
  };
}
