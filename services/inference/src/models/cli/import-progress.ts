import { SingleBar } from "cli-progress";
import { megabytes } from "./model-report.ts";

/** Tells how far a long task is. */
export interface ImportProgress {
  readonly update: (doneBytes: number, totalBytes: number) => void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** A bar on a terminal; elsewhere a line for each quarter, so a log stays short. */
export function showImportProgress(stream: NodeJS.WriteStream, name: string): ImportProgress {
  return stream.isTTY ? bar(stream, name) : quarters(stream, name);
}

function bar(stream: NodeJS.WriteStream, name: string): ImportProgress {
  const format = `${name} [{bar}] {percentage}% | {done} of {all} | {eta_formatted} left`;
  const progress = new SingleBar({ format, stream, hideCursor: true, barsize: 30 });
  let isStarted = false;
  return {
    update(doneBytes, totalBytes) {
      const sizes = { done: megabytes(doneBytes), all: megabytes(totalBytes) };
      if (isStarted) progress.update(doneBytes, sizes);
      else progress.start(totalBytes, doneBytes, sizes);
      isStarted = true;
    },
    end: () => progress.stop(),
  };
}

function quarters(stream: NodeJS.WritableStream, name: string): ImportProgress {
  let told = 0;
  return {
    update(doneBytes, totalBytes) {
      const quarter = Math.floor((doneBytes / totalBytes) * 4);
      if (quarter <= told) return;
      told = quarter;
      stream.write(`${name}: ${quarter * 25}% of ${megabytes(totalBytes)}\n`);
    },
    end: () => {},
  };
}
