// Our icons: one family, drawn on a grid of 24 with one round stroke.

const PATHS = {
  chat: "M9.2 3.5h5.6a5.7 5.7 0 0 1 0 11.4h-4.3L6.4 18.2V14.2A5.7 5.7 0 0 1 9.2 3.5zM10 9.2v.01M14 9.2v.01",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  minimise: "M6 17.5h12",
  back: "M14.5 5.5L8 12l6.5 6.5",
  more: "M5.5 12v.01M12 12v.01M18.5 12v.01",
  search: "M10.8 4.3a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.6 15.6l4.4 4.4",
  settings: "M4 7.5h8M17.5 7.5H20M4 16.5h2.5M12 16.5h8M14.8 4.8a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4zM9.2 13.8a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4z",
  bell: "M6.2 16.5v-5.3a5.8 5.8 0 0 1 11.6 0v5.3l1.5 1.3H4.7zM10 20.3a2.2 2.2 0 0 0 4 0",
  mute: "M6.2 16.5v-5.3c0-.9.2-1.8.6-2.5M9 6.2a5.8 5.8 0 0 1 8.8 5v3.6M17 17.8H4.7l1.5-1.3M10 20.3a2.2 2.2 0 0 0 4 0M4 4l16 16",
  send: "M5 12L3.6 5.1 20.6 12 3.6 18.9zM5 12h6.5",
  smile: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM8.3 14.2a4.4 4.4 0 0 0 7.4 0M9.2 9.6v.01M14.8 9.6v.01",
  people: "M9 5a3.3 3.3 0 1 1 0 6.6A3.3 3.3 0 0 1 9 5zM3 19.3c.4-3.3 2.7-5 6-5s5.6 1.7 6 5M15.7 5.3a3.2 3.2 0 0 1 0 6M17.8 14.7c1.9.7 3 2.3 3.2 4.6",
  person: "M12 4.5a3.6 3.6 0 1 1 0 7.2 3.6 3.6 0 0 1 0-7.2zM5 19.8c.5-3.7 3.2-5.5 7-5.5s6.5 1.8 7 5.5",
  invite: "M10 5a3.3 3.3 0 1 1 0 6.6A3.3 3.3 0 0 1 10 5zM3.8 19.3c.4-3.3 2.8-5 6.2-5s5.8 1.7 6.2 5M18.8 7.8v5.4M16.1 10.5h5.4",
  plus: "M12 5.5v13M5.5 12h13",
  check: "M5 12.8l4.3 4.2L19 7.5",
  clock: "M12 3.8a8.2 8.2 0 1 1 0 16.4 8.2 8.2 0 0 1 0-16.4zM12 7.8V12l2.8 1.9",
  alert: "M12 3.8a8.2 8.2 0 1 1 0 16.4 8.2 8.2 0 0 1 0-16.4zM12 8v4.6M12 16v.01",
  download: "M12 4.5v10.3M7.5 10.6l4.5 4.5 4.5-4.5M5.5 19.5h13",
  trash: "M5 7.2h14M9.7 7V4.5h4.6V7M7 7.2l.8 12.3h8.4L17 7.2M10.3 11v5M13.7 11v5",
  block: "M12 3.8a8.2 8.2 0 1 1 0 16.4 8.2 8.2 0 0 1 0-16.4zM6.3 6.3l11.4 11.4",
  unfriend: "M10 5a3.3 3.3 0 1 1 0 6.6A3.3 3.3 0 0 1 10 5zM3.8 19.3c.4-3.3 2.8-5 6.2-5s5.8 1.7 6.2 5M16.1 10.5h5.4",
  leave: "M10 4.8H5.5v14.4H10M14.8 8.2l3.9 3.8-3.9 3.8M18.5 12H10",
  power: "M12 4v7.5M7.3 6.9a7.3 7.3 0 1 0 9.4 0",
  copy: "M9 9h10.5v10.5H9zM5.8 15H4.5V4.5H15v1.3",
  chevron: "M6.5 9.5l5.5 5.5 5.5-5.5",
  down: "M12 5.5v12.5M6.5 12.5L12 18l5.5-5.5",
  toStart: "M19 12H5.5M11 6.5L5.5 12l5.5 5.5",
  toEnd: "M5 12h13.5M13 6.5l5.5 5.5-5.5 5.5",
  windows: "M8.5 4.5h11v11h-11zM15.5 15.5v4h-11v-11h4",
  noNetwork: "M3.5 9.6a13 13 0 0 1 4-2.5M20.5 9.6a12.6 12.6 0 0 0-9-3.3M6.8 13.3a8 8 0 0 1 4-2.1M17.2 13.3a8 8 0 0 0-1.9-1.3M12 17.8v.01M4.5 4.5l15 15",
} as const;

export type IconName = keyof typeof PATHS;

/** Icons that point into the direction of reading. */
const TURNED: ReadonlySet<IconName> = new Set(["back", "send", "leave"]);

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class={`icon icon-${name}${TURNED.has(name) ? " turned" : ""}`} viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
