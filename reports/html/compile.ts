// From vega-lite to vega, when a report is written: a page carries the smaller language and its runtime alone.

import { compile, type TopLevelSpec } from "vega-lite";
import type { ChartSpec } from "../documents/document.ts";

/** Plain JSON. Throws when vega-lite has something to complain about: a chart that half works is a mistake. */
export function compiled(spec: ChartSpec): unknown {
  const complaints: string[] = [];
  const complain = (...words: unknown[]) => {
    complaints.push(words.join(" "));
    return logger;
  };
  const silent = () => logger;
  const logger = {
    level: () => logger,
    error: complain,
    warn: complain,
    info: silent,
    debug: silent,
  };
  const { spec: vega } = compile(spec as unknown as TopLevelSpec, { logger: logger as never });
  if (complaints.length > 0) throw new Error(`vega-lite: ${complaints.join("; ")}`);
  return JSON.parse(JSON.stringify(vega)) as unknown;
}
