import { SingleBar } from "cli-progress";

/** Tells how far a long task is, in shares: the bytes of a GGUF file are not those of the model that it becomes. */
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
  const format = `${name} [{bar}] {percentage}% | {eta_formatted} left`;
  const progress = new SingleBar({ format, stream, hideCursor: true, barsize: 30 });
  let isStarted = false;
  return {
    update(doneBytes, totalBytes) {
      if (isStarted) progress.update(doneBytes);
      else progress.start(totalBytes, doneBytes);
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
      stream.write(`${name}: ${quarter * 25}%\n`);
    },
    end: () => {},
  };
}
