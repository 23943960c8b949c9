// Waiting that can be cut short, and how long to wait: longer after each failure, and never the same for everybody.

/** Waits at most `ms`; ends early, and without failing, when `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** How long to wait after `failures` in a row (1 the first time); `random` is from 0 to 1. */
export function backOffMs(failures: number, random: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(most * (0.5 + random / 2));
}
