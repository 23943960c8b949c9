// Times as people read them, by the locale and by the server's clock.

import type { Translate } from "../locale/index.ts";

/** All times are milliseconds since 1970. */
export interface Times {
  /** "14:05" */
  clock(at: number): string;
  /** "Today", "Yesterday", "Monday", "3 May 2025" */
  day(at: number): string;
  /** The full date and time. */
  full(at: number): string;
  /** The clock of today, else the day in short. */
  brief(at: number): string;
  /** Machine-readable, for `<time>`. */
  iso(at: number): string;
}

const DAY_MS = 86_400_000;

/** Which day of the calendar, where the person is. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS);
}

/** `now` gives the server's time. */
export function timesOf(tag: string, t: Translate, now: () => number): Times {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, options);
  const clock = format({ hour: "numeric", minute: "2-digit" });
  const weekday = format({ weekday: "long" });
  const thisYear = format({ month: "long", day: "numeric" });
  const anyYear = format({ year: "numeric", month: "long", day: "numeric" });
  const short = format({ month: "short", day: "numeric" });
  const full = format({ dateStyle: "full", timeStyle: "medium" });

  const ago = (at: number) => dayNumber(now()) - dayNumber(at);
  function day(at: number): string {
    const days = ago(at);
    if (days === 0) return t("time.today");
    if (days === 1) return t("time.yesterday");
    if (days > 1 && days < 7) return weekday.format(at);
    return (new Date(at).getFullYear() === new Date(now()).getFullYear() ? thisYear : anyYear).format(at);
  }
  return {
    clock: (at) => clock.format(at),
    day,
    full: (at) => full.format(at),
    brief: (at) => (ago(at) === 0 ? clock.format(at) : ago(at) === 1 ? t("time.yesterday") : short.format(at)),
    iso: (at) => new Date(at).toISOString(),
  };
}
