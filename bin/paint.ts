// Whether and how to colour. Colour never carries meaning alone: words do.

import picocolors from "picocolors";
import { NO_PAINT, type Paint } from "../reports/layout.ts";
import type { Outside, Terminal } from "./outside.ts";

/** NO_COLOR and --no-color win, then FORCE_COLOR, then whether a person is reading. */
export function isColoured(outside: Outside, terminal: Terminal, noColor: boolean): boolean {
  const { env } = outside;
  if (noColor || (env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "" && env.FORCE_COLOR !== "0") return true;
  return terminal.isTTY && env.TERM !== "dumb";
}

export function paintFor(outside: Outside, noColor: boolean): Paint {
  return paintOf(isColoured(outside, outside.stdout, noColor));
}

export function paintOf(isColoured: boolean): Paint {
  if (!isColoured) return NO_PAINT;
  const colours = picocolors.createColors(true);
  return {
    good: colours.green,
    bad: colours.red,
    unsure: colours.yellow,
    strong: colours.bold,
    faint: colours.dim,
  };
}
