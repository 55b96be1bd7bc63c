/** Outlines of 20 × 20, drawn in the colour of the text around them. */
const PATHS = {
  send: "M4 10h11M10.500 5l5 5-5 5",
  stop: "M6 6h8v8H6z",
  chevron: "M6 8l4 4 4-4",
  plus: "M10 4v12M4 10h12",
  menu: "M3 6h14M3 10h14M3 14h14",
  down: "M10 4v11M5 10.500l5 5 5-5",
  answer: "M8 5 4 9l4 4M4 9h8a4 4 0 0 1 4 4v2",
  retry: "M15.500 8A6 6 0 1 0 16 11.500M16 4v4h-4",
  copy: "M7 7h9v9H7zM4 13V4h9",
  up: "M3 9h3v7H3zM6 9l3.500-6c1.500 0 2.200 1 2 2.500L11 8h4.500a1.500 1.500 0 0 1 1.500 1.800l-1 5A1.500 1.500 0 0 1 14.500 16H6",
  dislike:
    "M3 11h3V4H3zM6 11l3.500 6c1.500 0 2.200-1 2-2.500L11 12h4.500a1.500 1.500 0 0 0 1.500-1.800l-1-5A1.500 1.500 0 0 0 14.500 4H6",
  edit: "M4 16l.800-3.700L13 4l3 3-8.300 8.200zM11 6l3 3",
  delete: "M4 6h12M8 6V4h4v2M6 6l.700 10h6.600L14 6",
  attach: "M14 7v6a4 4 0 0 1-8 0V5.500a2.500 2.500 0 0 1 5 0v7",
  file: "M5.500 3h6L15 6.500V17H5.500zM11.500 3v3.500H15M8 10.500h4.500M8 13.500h4.500",
  close: "M6 6l8 8M14 6l-8 8",
  back: "M12 5l-5 5 5 5",
  on: "M8 5l5 5-5 5",
  check: "M4 10.500 8 14.500 16 6",
  more: "M4.500 9.500h1v1h-1zM9.500 9.500h1v1h-1zM14.500 9.500h1v1h-1z",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M12.600 12.600 16.500 16.500",
  warning: "M10 3 2.500 16.500h15zM10 8v4M10 14.300v.2",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
