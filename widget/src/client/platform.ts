// What the client needs of the browser, taken once when it starts: a page that overwrites these later does not reach us, and a test
// hands in its own.

export interface Platform {
  readonly fetch: typeof fetch;
  /** null: there is none here. */
  readonly WebSocket: typeof WebSocket | null;
  readonly BroadcastChannel: typeof BroadcastChannel | null;
  readonly locks: Pick<LockManager, "request"> | null;
  /** What this tab keeps over its pages, and what all tabs keep. Never throw. */
  readonly session: Keep;
  readonly local: Keep;
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** A name that nothing else has. */
  freshId(): string;
  /** Whether the browser says that there is no network. A hint, which may be wrong. */
  isOffline(): boolean;
  /** Calls when the browser says that the network is back, or the page is looked at again; gives the way to stop it. */
  onWake(wake: () => void): () => void;
}

/** A small storage of texts. */
export interface Keep {
  get(name: string): string | null;
  /** null removes. */
  set(name: string, value: string | null): void;
}

/** Storage of the browser, or of this page alone where the browser forbids it. */
export function keepIn(storage: () => Storage): Keep {
  const fallback = new Map<string, string>();
  return {
    get(name) {
      try {
        return storage().getItem(name);
      } catch {
        return fallback.get(name) ?? null;
      }
    },
    set(name, value) {
      try {
        if (value === null) storage().removeItem(name);
        else storage().setItem(name, value);
      } catch {
        if (value === null) fallback.delete(name);
        else fallback.set(name, value);
      }
    },
  };
}

function freshId(): string {
  // Not randomUUID: that is missing on plain-HTTP addresses.
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The browser of this page. */
export function browser(): Platform {
  const random = Math.random;
  return {
    fetch: fetch.bind(globalThis),
    WebSocket: typeof WebSocket === "function" ? WebSocket : null,
    BroadcastChannel: typeof BroadcastChannel === "function" ? BroadcastChannel : null,
    locks: (navigator.locks as LockManager | undefined) ?? null,
    session: keepIn(() => sessionStorage),
    local: keepIn(() => localStorage),
    now: Date.now,
    random,
    freshId,
    isOffline: () => navigator.onLine === false,
    onWake(wake) {
      const seen = (): void => {
        if (document.visibilityState === "visible") wake();
      };
      addEventListener("online", wake);
      document.addEventListener("visibilitychange", seen);
      return () => {
        removeEventListener("online", wake);
        document.removeEventListener("visibilitychange", seen);
      };
    },
  };
}

/** JSON as it should be, also in pages whose libraries (Prototype, MooTools) taught lists and texts a `toJSON` of their own. */
export function encode(value: unknown): string {
  if (JSON.stringify(["a"]) === '["a"]') return JSON.stringify(value);
  const taught = [Array.prototype, String.prototype, Number.prototype, Object.prototype] as { toJSON?: unknown }[];
  const lessons = taught.map((prototype) => Object.getOwnPropertyDescriptor(prototype, "toJSON"));
  try {
    for (const prototype of taught) delete prototype.toJSON;
    return JSON.stringify(value);
  } finally {
    taught.forEach((prototype, at) => {
      const lesson = lessons[at];
      if (lesson !== undefined) Object.defineProperty(prototype, "toJSON", lesson);
    });
  }
}

/** The value of a JSON text, or null. */
export function decode(json: string | null): unknown {
  try {
    return json === null ? null : (JSON.parse(json) as unknown);
  } catch {
    return null;
  }
}
