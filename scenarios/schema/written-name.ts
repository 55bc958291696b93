// How a resolved name is written in a file: without its unit, because there the value carries it. Apart from
// fields.ts so that a program which only reads settings need not load the library of schemas.

import type { Unit } from "../quantities.ts";

/** What of a resolved name names its unit, and goes in the file. */
const SUFFIX: Readonly<Record<Unit | "distribution" | "sizes" | "manifest", string>> = {
  duration: "Ms",
  cost: "Us",
  size: "Bytes",
  count: "",
  rate: "PerSec",
  hourly: "PerHour",
  byteRate: "BytesPerSec",
  ratio: "Ratio",
  distribution: "Ms",
  sizes: "",
  manifest: "",
};

/** What of a field decides its written name. */
export interface NamedField {
  readonly unit?: Unit | "distribution" | "sizes" | "manifest";
  readonly written?: string;
}

/** The name of the resolved property `name` in a file: `spreadMinMs` is written `spreadMin`. */
export function writtenName(name: string, field: NamedField): string {
  if (field.written !== undefined) return field.written;
  const suffix = field.unit === undefined ? "" : SUFFIX[field.unit];
  const limit = name.endsWith("Max") && !suffix.endsWith("Max") ? "Max" : "";
  const whole = suffix + limit;
  if (suffix === "" || !name.endsWith(whole) || name === whole) return name;
  return name.slice(0, -whole.length) + limit;
}
