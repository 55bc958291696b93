// What a search is trying: a bar for people, a line every ten seconds for logs, nothing with --quiet. The bar is of the trials
// that run now; how many more a search will ask for, nobody knows.

import { SingleBar } from "cli-progress";
import type { Outside } from "../outside.ts";

const LINE_EVERY_MS = 10_000;

export interface SearchView {
  /** `doneRatio` of what runs now, 0 to 1. */
  update(text: string, doneRatio: number): void;
  stop(): void;
}

export function showSearch(outside: Outside, isQuiet: boolean): SearchView {
  if (isQuiet) return { update: () => {}, stop: () => {} };
  const { stderr } = outside;
  return stderr.isTTY && stderr.stream !== undefined ? bar(stderr.stream) : lines(outside);
}

function bar(stream: NodeJS.WriteStream): SearchView {
  const single = new SingleBar({
    stream,
    format: "{bar} {what}",
    barsize: 12,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  let isOn = false;
  return {
    update: (what, doneRatio) => {
      if (!isOn) single.start(1_000, 0, { what });
      isOn = true;
      single.update(Math.round(doneRatio * 1_000), { what });
    },
    stop: () => single.stop(),
  };
}

function lines(outside: Outside): SearchView {
  let lastMs = -Infinity;
  return {
    update: (text, doneRatio) => {
      if (outside.nowMs() - lastMs < LINE_EVERY_MS) return;
      lastMs = outside.nowMs();
      outside.stderr.write(`${text} (${Math.floor(doneRatio * 100)} % of what runs)\n`);
    },
    stop: () => {},
  };
}
