/** What whoever runs a suite may ask of it. */
export interface SuiteOptions {
  /** How many rounds; the suite's own number without. */
  readonly rounds?: number;
  /** Lists what a figure is made of, for suites that can tell. */
  readonly detail: (line: string) => void;
  /** Gives docs/benchmarks.md a picture of the figures, an SVG; `alt` says in words what it shows. */
  readonly draw: (svg: string, alt: string) => void;
}
