// How the tabs of one member in one browser hear each other: texts of the site and the member name the channel, so members do not mix.

import type { Platform } from "../platform.ts";

/** A message of one tab to the others, or to one of them. */
export interface Note {
  readonly kind: string;
  readonly from: string;
  readonly to?: string;
  readonly data?: unknown;
}

export interface Channel {
  /** This tab. */
  readonly id: string;
  post(kind: string, data?: unknown, to?: string): void;
  listen(heard: (note: Note) => void): void;
  close(): void;
}

/** A channel of this browser; null: it has none. */
export function openChannel(platform: Platform, name: string): Channel | null {
  if (platform.BroadcastChannel === null) return null;
  let wire: BroadcastChannel;
  try {
    wire = new platform.BroadcastChannel(name);
  } catch {
    return null;
  }
  const id = platform.freshId();
  let isOpen = true;
  return {
    id,
    post(kind, data, to) {
      if (isOpen) wire.postMessage({ kind, from: id, ...(to === undefined ? {} : { to }), data });
    },
    listen(heard) {
      wire.onmessage = ({ data }: MessageEvent<Note>) => {
        if (typeof data?.kind === "string" && (data.to === undefined || data.to === id)) heard(data);
      };
    },
    close() {
      isOpen = false;
      wire.onmessage = null;
      wire.close();
    },
  };
}
