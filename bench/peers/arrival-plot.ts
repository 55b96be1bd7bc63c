import type { Latencies, LoadPoint } from "./arrival-latencies.ts";

const WIDTH = 900;
const HEIGHT = 330;
const PANEL = { width: 220, height: 200, top: 60, left: 60, step: 295 };
const CRIA = "#b4530a";
const LLAMA = "#1f5fa8";
const MAX_TICKS = 6;

/** One curve: a figure of an engine. */
interface Curve {
  readonly engine: "cria" | "llama";
  readonly of: keyof Latencies;
}

interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly scale: Scale;
}

/** Where a value stands, 0 at the bottom to 1 at the top, and which values are written at the side. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Both engines' latencies over the load, as an SVG of three panels: time to first token, between tokens, goodput. */
export function arrivalsPlot(points: readonly LoadPoint[]): string {
  const panels = [
    latencyPanel("Time to first token, ms (logarithmic)", points, ["ttftP50", "ttftP99"]),
    latencyPanel("Between tokens, ms (logarithmic)", points, ["itlP50", "itlP99"]),
    { title: "Served in good time, %", curves: curvesOf(["goodput"]), scale: linearScale(100, 20) },
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    legend(),
    ...panels.map((panel, index) => drawPanel(panel, points, index)),
    text(WIDTH / 2, HEIGHT - 12, "requests per second (and percent of what llama.cpp's server can serve)", "middle"),
    "</svg>",
    "",
  ].join("\n");
}

/** Equal steps are equal factors: powers of ten and what lies between, around all values. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.map((value) => Math.max(value, 0.1));
  const ladder = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** (power - 1))).flat();
  const from = ladder.findLastIndex((step) => step <= Math.min(...positive));
  const to = ladder.findIndex((step) => step >= Math.max(...positive) && step > ladder[from]!);
  const all = ladder.slice(from, to + 1);
  const ticks = all.length <= MAX_TICKS ? all : all.filter((tick) => Number.isInteger(Math.log10(tick)));
  const [low, high] = [Math.log(all[0]!), Math.log(all.at(-1)!)];
  return { at: (value) => (Math.log(Math.max(value, all[0]!)) - low) / (high - low), ticks };
}

function linearScale(max: number, step: number): Scale {
  return {
    at: (value) => value / max,
    ticks: Array.from({ length: max / step + 1 }, (_, index) => index * step),
  };
}

function curvesOf(figures: readonly (keyof Latencies)[]): readonly Curve[] {
  return figures.flatMap((of) => [
    { engine: "cria" as const, of },
    { engine: "llama" as const, of },
  ]);
}

function latencyPanel(title: string, points: readonly LoadPoint[], figures: readonly (keyof Latencies)[]): Panel {
  const curves = curvesOf(figures);
  const values = curves.flatMap(({ engine, of }) => points.map((point) => point[engine][of]));
  return { title, curves, scale: logScale(values) };
}

function drawPanel({ title, curves, scale }: Panel, points: readonly LoadPoint[], index: number): string {
  const { width, height, top, left: margin, step } = PANEL;
  const left = margin + index * step;
  const y = (value: number) => top + height * (1 - scale.at(value));
  const x = (point: LoadPoint) => left + width * (0.1 + (0.8 * points.indexOf(point)) / Math.max(1, points.length - 1));
  return [
    text(left, top - 12, title, "start", "bold"),
    ...scale.ticks.map(
      (tick) => line(left, y(tick), left + width, y(tick), "#ddd") + text(left - 6, y(tick) + 4, `${tick}`, "end"),
    ),
    ...points.map((point) =>
      [
        text(x(point), top + height + 18, point.requestsPerSecond.toFixed(2), "middle"),
        text(x(point), top + height + 33, `${point.percent} %`, "middle"),
      ].join(""),
    ),
    ...curves.map(({ engine, of }) =>
      drawCurve(
        engine,
        of.endsWith("P99"),
        points.map((point) => [x(point), y(point[engine][of])]),
      ),
    ),
  ].join("\n");
}

function drawCurve(
  engine: Curve["engine"],
  isDashed: boolean,
  places: readonly (readonly [number, number] | number[])[],
): string {
  const colour = engine === "cria" ? CRIA : LLAMA;
  const path = places.map(([x, y]) => `${fixed(x!)},${fixed(y!)}`).join(" ");
  const dots = places.map(([x, y]) => `<circle cx="${fixed(x!)}" cy="${fixed(y!)}" r="3.5" fill="${colour}"/>`);
  const dash = isDashed ? ' stroke-dasharray="6 4"' : "";
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join("")}`;
}

function legend(): string {
  const entries = [
    { label: "Cria", colour: CRIA, dash: "" },
    { label: "llama.cpp's server", colour: LLAMA, dash: "" },
    { label: "p50", colour: "#555", dash: "" },
    { label: "p99", colour: "#555", dash: ' stroke-dasharray="6 4"' },
  ];
  const lefts = [60, 150, 330, 420];
  return entries
    .map(({ label, colour, dash }, index) => {
      const left = lefts[index]!;
      const stroke = `<line x1="${left}" y1="20" x2="${left + 28}" y2="20" stroke="${colour}" stroke-width="2"${dash}/>`;
      return stroke + text(left + 36, 24, label, "start");
    })
    .join("\n");
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end", weight = "normal"): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" font-weight="${weight}" fill="#222">${content}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}"/>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
