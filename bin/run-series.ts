// What `run` writes for other tools beside results.json: the series as CSV or Parquet, the end of the runs as OpenMetrics.

import { join } from "node:path";
import { Option, type Command } from "commander";
import { openMetricsText, type CountAtMost } from "../reports/openmetrics.ts";
import { seriesColumns, seriesCsv } from "../reports/series-table.ts";
import { countAtMost } from "../sim/measure.ts";
import type { RunResult } from "../sim/result.ts";
import type { Outside } from "./outside.ts";

export interface SeriesOptions {
  readonly series?: "csv" | "parquet";
  readonly openmetrics?: true;
}

export function addSeriesOptions(command: Command): Command {
  const series = new Option("--series <format>", "write <dir>/<scenario>/series.<format>");
  return command
    .addOption(series.choices(["csv", "parquet"]))
    .option("--openmetrics", "write <dir>/<scenario>/metrics.prom, with the server's names");
}

/** Why these options cannot be had; undefined when they can. */
export function seriesOptionsFault(
  options: SeriesOptions,
  out: string | false,
): string | undefined {
  if (out !== false || (options.series === undefined && options.openmetrics !== true)) {
    return undefined;
  }
  return "error: --series and --openmetrics write beside the results, and --no-out writes none";
}

/** Runs of one scenario, and where its results lie. */
export interface RunsOfScenario {
  readonly directory: string;
  readonly runs: readonly RunResult[];
}

/** Writes what was asked for; false, and said, when it cannot be. The library for Parquet is loaded when it is needed. */
export async function writeSeries(
  outside: Outside,
  results: readonly RunsOfScenario[],
  options: SeriesOptions,
): Promise<boolean> {
  const parquet = options.series === "parquet" ? await parquetOf() : undefined;
  let isWritten = true;
  for (const { directory, runs } of results) {
    const write = (file: string, content: Parameters<Outside["writeFile"]>[1]): void => {
      const path = join(directory, file);
      try {
        outside.writeFile(path, content);
      } catch (error) {
        outside.stderr.write(`${path} cannot be written: ${(error as Error).message}\n`);
        isWritten = false;
      }
    };
    if (options.series === "csv") write("series.csv", seriesCsv(runs));
    if (parquet !== undefined) write("series.parquet", parquet(runs));
    if (options.openmetrics === true) write("metrics.prom", openMetricsText(runs, joinsAtMost));
  }
  return isWritten;
}

const joinsAtMost: CountAtMost = (_name, counts, limitMs) => countAtMost(counts, limitMs, 1_000);

/** A seed may be any whole number that JavaScript holds exactly. */
const PARQUET_TYPES = { whole: "INT64", text: "STRING", number: "DOUBLE" } as const;

async function parquetOf(): Promise<(runs: readonly RunResult[]) => Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  return (runs) => {
    const columnData = seriesColumns(runs).map(({ name, kind, values }) => ({
      name,
      type: PARQUET_TYPES[kind],
      data: values.map((value) => (kind === "whole" ? BigInt(value ?? 0) : (value ?? null))),
      nullable: kind === "number" && name !== "at_s",
    }));
    return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: "stormglass" }));
  };
}
