// A browser for tests: tabs of one profile share storage, locks and channels, each tab has a session storage of its own.

import type { Keep, Platform } from "../../src/client/index.ts";
import type { FakeServer } from "./server.ts";

type Heard = (event: { data: unknown }) => void;

/** What all tabs of a browser have in common. */
export class Profile {
  readonly local = new Map<string, string>();
  readonly locks = new FakeLocks();
  readonly channels = new Map<string, Set<FakeChannel>>();
  /** Notes between tabs that do not arrive. */
  losesNotes = false;
}

export interface TabOptions {
  readonly hasLocks?: boolean;
  /** What this tab asks of the locks gets there so much later. */
  readonly lockDelayMs?: number;
  readonly hasChannels?: boolean;
  readonly hasStorage?: boolean;
  readonly session?: Map<string, string>;
}

/** A tab; `close` ends it as a crash does: nothing is said. */
export interface Tab {
  readonly platform: Platform;
  readonly session: Map<string, string>;
  wake(): void;
}

let ids = 0;

export function openTab(profile: Profile, server: FakeServer, options: TabOptions = {}): Tab {
  const { hasLocks = true, lockDelayMs = 0, hasChannels = true, hasStorage = true, session = new Map<string, string>() } = options;
  const wakes = new Set<() => void>();
  const none: Keep = { get: () => null, set: () => undefined };
  class Channel extends FakeChannel {
    constructor(name: string) {
      super(profile, name);
    }
  }
  const platform: Platform = {
    fetch: server.fetch,
    WebSocket: server.WebSocket as unknown as typeof WebSocket,
    BroadcastChannel: hasChannels ? (Channel as unknown as typeof BroadcastChannel) : null,
    locks: hasLocks ? (profile.locks.seenAfter(lockDelayMs) as unknown as LockManager) : null,
    session: hasStorage ? keep(session) : none,
    local: hasStorage ? keep(profile.local) : none,
    now: () => Date.now(),
    random: () => 0.5,
    freshId: () => `id-${(ids += 1)}`,
    isOffline: () => false,
    onWake(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
  return { platform, session, wake: () => wakes.forEach((wake) => wake()) };
}

function keep(map: Map<string, string>): Keep {
  return {
    get: (name) => map.get(name) ?? null,
    set: (name, value) => void (value === null ? map.delete(name) : map.set(name, value)),
  };
}

class FakeChannel {
  onmessage: Heard | null = null;

  constructor(
    private readonly profile: Profile,
    private readonly name: string,
  ) {
    const all = profile.channels.get(name) ?? new Set();
    profile.channels.set(name, all.add(this));
  }

  postMessage(data: unknown): void {
    if (this.profile.losesNotes) return;
    const copy = structuredClone(data);
    for (const channel of this.profile.channels.get(this.name) ?? []) {
      if (channel !== this) queueMicrotask(() => channel.onmessage?.({ data: copy }));
    }
  }

  close(): void {
    this.profile.channels.get(this.name)?.delete(this);
  }
}

interface Waiting {
  readonly run: () => Promise<unknown>;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/** Locks that are held by one at a time, in the order in which they were asked for. */
class FakeLocks {
  readonly #held = new Map<string, Waiting>();
  readonly #queues = new Map<string, Waiting[]>();

  request(name: string, options: { signal?: AbortSignal; steal?: boolean }, run: () => Promise<unknown>): Promise<unknown> {
    return new Promise((done, failed) => {
      const waiting: Waiting = { run, done, failed };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      options.signal?.addEventListener("abort", () => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        if (at >= 0) failed(aborted());
      });
      if (options.steal === true) {
        queue.unshift(waiting);
        const holder = this.#held.get(name);
        this.#held.delete(name);
        holder?.failed(aborted());
      } else queue.push(waiting);
      this.#next(name);
    });
  }

  /** The same locks, as a tab sees them that is slow. */
  seenAfter(delayMs: number): Pick<FakeLocks, "request"> {
    if (delayMs === 0) return this;
    return {
      request: async (name, options, run) => {
        await new Promise((go) => setTimeout(go, delayMs));
        if (options.signal?.aborted) throw aborted();
        return this.request(name, options, run);
      },
    };
  }

  #next(name: string): void {
    if (this.#held.has(name)) return;
    const next = this.#queues.get(name)?.shift();
    if (next === undefined) return;
    this.#held.set(name, next);
    queueMicrotask(() => {
      void next.run().then((value) => {
        if (this.#held.get(name) !== next) return;
        this.#held.delete(name);
        next.done(value);
        this.#next(name);
      });
    });
  }
}

function aborted(): Error {
  return Object.assign(new Error("aborted"), { name: "AbortError" });
}
