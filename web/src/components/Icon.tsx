// The few pictures that the pages use, drawn in one stroke on a grid of 20.

const PATHS = {
  accept: "M4 3h3l1.5 4-2 1.3a10 10 0 0 0 5.2 5.2l1.3-2 4 1.5v3a1 1 0 0 1-1 1A13 13 0 0 1 3 4a1 1 0 0 1 1-1Z",
  hang_up: "M2.5 12.5c0-4 3.4-5.5 7.5-5.5s7.5 1.5 7.5 5.5v1.2l-4 .8-.7-3a9 9 0 0 0-5.6 0l-.7 3-4-.8Z",
  hold: "M7 4v12M13 4v12",
  resume: "M6 3.5 16 10 6 16.5Z",
  transfer: "M3 7h13m-4-4 4 4-4 4M17 14H5",
  people:
    "M7 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM1.5 17c0-3.5 2.2-5.5 5.5-5.5s5.5 2 5.5 5.5M13 3.3a3 3 0 0 1 0 5.4M15 12c2.2.7 3.5 2.5 3.5 5",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 18 18",
  close: "M5 5l10 10M15 5 5 15",
  check: "M3.5 10.5 8 15l8.5-10",
  warn: "M10 2.5 18.5 17h-17ZM10 8v4M10 14.5v.1",
  info: "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM10 9v5M10 6v.1",
  bell: "M4.5 14V9a5.5 5.5 0 0 1 11 0v5l1.5 1.5H3ZM8.5 18h3",
  sound: "M3 8v4h3l4 3.5v-11L6 8ZM13 7a4 4 0 0 1 0 6M15 4.5a7.5 7.5 0 0 1 0 11",
  muted: "M3 8v4h3l4 3.5v-11L6 8ZM13 8l4 4M17 8l-4 4",
  message: "M3 4h14v10H9l-4 3.5V14H3Z",
  menu: "M3 5h14M3 10h14M3 15h14",
  out: "M8 4H4v12h12v-4M11 3h6v6M17 3l-8 8",
  chevron: "M5 8l5 5 5-5",
  back: "M16 10H4m5-5-5 5 5 5",
  keyboard: "M2 5h16v10H2ZM5 8h.1M8 8h.1M11 8h.1M14 8h.1M6 12h8",
  phone: "M6 2h8v16H6ZM9 15h2",
  note: "M4 3h12v14H4ZM7 7h6M7 10h6M7 13h3",
  clock: "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM10 5v5l3.5 2",
  full: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5",
  download: "M10 3v10m-4-4 4 4 4-4M3 17h14",
  upload: "M10 14V4M6 8l4-4 4 4M3 17h14",
  filter: "M3 4h14l-5.5 7v5l-3 1.5V11Z",
  plus: "M10 4v12M4 10h12",
  listen: "M4 12v-2a6 6 0 0 1 12 0v2M4 12h2.5v5H4ZM16 12h-2.5v5H16Z",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: whoever uses it says in words what it means. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
