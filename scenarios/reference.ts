// The reference part of docs/scenarios.md: every field of every file that people write, with its form, its default and where
// that default comes from. Made from the declared schemas, so that it cannot say anything else.

import { BudgetFile } from "./budget.ts";
import { MetricSamplesFile } from "./metric-samples.ts";
import { formatQuantity, NOTATION, type Unit } from "./quantities.ts";
import { ScenarioFile } from "./schema.ts";
import { distribution } from "./schema/distribution.ts";
import type { FieldSchema } from "./schema/fields.ts";
import { COSTS, type Cost, type CostName } from "./schema/profile.ts";
import { writtenName } from "./schema/written-name.ts";
import { SIZE_TABLES } from "./size-presets.ts";
import { mustBeGiven, writtenSchema } from "./written.ts";

/** What the page tells of a metric; the catalogue is the simulator's (sim/metrics/catalogue.ts). */
export interface MetricMeaning {
  readonly kind: string;
  readonly unit: string;
  readonly means: string;
  readonly parts?: readonly (readonly string[])[];
}

/** What only the simulator and the files know. */
export interface ReferenceFacts {
  readonly metrics: Readonly<Record<string, MetricMeaning>>;
  /** Functions that apply to each kind of metric; "quantile" is written p99. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** The costs of the profile that is the default. */
  readonly costs: Readonly<Record<CostName, Cost>>;
}

/** Parts of a scenario with a table of their own, in the order of the page. */
const SECTIONS = [
  "metadata",
  "run",
  "network",
  "clients",
  "cluster",
  "autoscaling",
  "kubernetes",
] as const;

/** Tables by the name that the page calls them by. */
export function referenceTables(facts: ReferenceFacts): Readonly<Record<string, string>> {
  const scenario = writtenSchema(ScenarioFile as unknown as FieldSchema);
  const { properties = {} } = scenario;
  const own = Object.keys(properties).filter(
    (key) => key !== "faults" && !(SECTIONS as readonly string[]).includes(key),
  );
  const head: FieldSchema = {
    ...scenario,
    properties: Object.fromEntries(own.map((key) => [key, withoutCosts(properties[key]!)])),
  };
  return {
    units: units(),
    distributions: variants((distribution("") as unknown as FieldSchema).then!),
    sizes: sizes(),
    document: fields(head, ""),
    ...Object.fromEntries(SECTIONS.map((key) => [key, fields(properties[key]!, key)])),
    faults: variants(properties.faults!.items!),
    budget: fields(writtenSchema(BudgetFile as unknown as FieldSchema), ""),
    "metric samples": fields(writtenSchema(MetricSamplesFile as unknown as FieldSchema), ""),
    profile: profile(facts.costs),
    functions: table(
      ["Kind", "Functions"],
      Object.entries(facts.functions).map(([kind, all]) => [
        kind,
        all.map((one) => `\`${one === "quantile" ? "p50 … p99.999" : one}\``).join(", "),
      ]),
    ),
    metrics: table(
      ["Metric", "Kind", "Unit", "What it is"],
      Object.entries(facts.metrics).map(([name, { kind, unit, means, parts = [] }]) => [
        `\`${name}${parts.map((values) => `/${values.join("|")}`).join("")}\``,
        kind,
        unit,
        means,
      ]),
    ),
  };
}

/** The costs have a table of their own. */
function withoutCosts(field: FieldSchema): FieldSchema {
  const { costs, ...rest } = field.properties ?? {};
  if (costs === undefined) return field;
  return { ...field, properties: { ...rest, costs: { ...costs, properties: {} } } };
}

type Row = readonly string[];

const HEAD: Row = ["Key", "Written as", "Default", "Where the default comes from", "Meaning"];

function fields(field: FieldSchema, path: string): string {
  return table(HEAD, rowsOf(field, path, true).slice(path === "" && !isLeaf(field) ? 1 : 0));
}

function isLeaf(field: FieldSchema): boolean {
  return field.unit !== undefined || (field.properties === undefined && field.items === undefined);
}

/** The field and everything in it. */
function rowsOf(field: FieldSchema, path: string, isNeeded: boolean): readonly Row[] {
  const own = rowOf(field, path, isNeeded);
  if (field.unit !== undefined) return [own];
  if (field.properties !== undefined) return [own, ...innerRows(field, path)];
  if (field.items !== undefined && field.items.discriminator === undefined) {
    return [own, ...innerRows(field.items, `${path}[]`)];
  }
  const each = namedValues(field);
  return each === undefined ? [own] : [own, ...innerRows(each, `${path}.<name>`)];
}

function innerRows(field: FieldSchema, path: string): readonly Row[] {
  const { properties = {}, required = [] } = field;
  return Object.entries(properties).flatMap(([key, property]) =>
    rowsOf(property, path === "" ? key : `${path}.${key}`, required.includes(key)),
  );
}

/** What every value of a map with free keys is; undefined where `field` is no such map. */
function namedValues(field: FieldSchema): FieldSchema | undefined {
  const { patternProperties, additionalProperties } = field as FieldSchema & {
    patternProperties?: Readonly<Record<string, FieldSchema>>;
  };
  if (patternProperties !== undefined) return Object.values(patternProperties)[0];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function rowOf(field: FieldSchema, path: string, isNeeded: boolean): Row {
  const given = field.default === undefined ? "" : `\`${said(field.default)}\``;
  const isParent = field.properties !== undefined && field.unit === undefined;
  const missing = isNeeded && mustBeGiven(field) && !isParent ? "must be given" : "";
  return [
    `\`${path}\``,
    formOf(field),
    given || missing,
    field.source ?? "",
    field.description ?? "",
  ];
}

/** A default as a file would write it. */
function said(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(said).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).map(([key, part]) => `${key}: ${said(part)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function formOf(field: FieldSchema): string {
  const { unit } = field;
  if (unit === "sizes") return "preset or table";
  if (unit === "manifest") return "path or manifest";
  if (unit === "distribution") return "distribution";
  if (unit !== undefined) return `${unitWord(unit)}${limitsOf(field, unit)}`;
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((one) => `\`${String(one)}\``).join(", ");
  if (field.properties !== undefined || namedValues(field) !== undefined) return "map";
  if (field.items !== undefined) return "list";
  const types = typeof field.type === "string" ? [field.type] : (field.type ?? []);
  const words: Readonly<Record<string, string>> = {
    string: field.pattern === "^[a-z][a-z0-9-]*$" ? "name" : "text",
    boolean: "`true`, `false`",
    object: "map",
  };
  return types.map((one) => words[one] ?? one).join(" or ");
}

function limitsOf(field: FieldSchema, unit: Unit): string {
  const least = field.least === undefined ? "" : `, at least ${formatQuantity(unit, field.least)}`;
  const most = field.most === undefined ? "" : `, at most ${formatQuantity(unit, field.most)}`;
  return `${least}${most}${field.endless === true ? ", or `unlimited`" : ""}`;
}

/** What the page calls a unit. */
function unitWord(unit: Unit): string {
  const words: Readonly<Partial<Record<Unit, string>>> = {
    cost: "computing time",
    hourly: "rate",
    byteRate: "bandwidth",
    ratio: "share",
  };
  return words[unit] ?? unit;
}

function units(): string {
  const rows = (Object.keys(NOTATION) as Unit[])
    .filter((unit) => unit !== "hourly") // Written like any rate.
    .map((unit) => {
      const { expected, bareNumber } = NOTATION[unit];
      return [unitWord(unit), expected, bareNumber ? "yes" : "no"];
    });
  return table(["Written as", "What is accepted", "A bare number"], rows);
}

/** A table for each variant of a field that one key tells apart. */
function variants(field: FieldSchema): string {
  const tag = field.discriminator!.propertyName; // Every caller gives such a field.
  const written = writtenSchema(field);
  return written
    .oneOf!.map((one) => {
      const name = String(one.properties![tag]!.const);
      const rest = Object.entries(one.properties!).filter(
        ([key]) => key !== tag && key !== "disabled",
      );
      const rows = innerRows({ ...one, properties: Object.fromEntries(rest) }, "");
      const what = one.description === undefined ? [] : [sentence(one.description)];
      return [`#### \`${tag}: ${name}\``, ...what, table(HEAD, rows)].join("\n\n");
    })
    .join("\n\n");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function sizes(): string {
  const percent = (share: number): string => `${Number((share * 100).toPrecision(6))}%`;
  const rows = Object.entries(SIZE_TABLES).map(([name, ranges]) => [
    `\`${name}\``,
    ranges
      .map(({ min, max, share }) => `${min === max ? min : `${min}–${max}`}: ${percent(share)}`)
      .join(", "),
  ]);
  return table(["Preset", "People in a room: share of the rooms"], rows);
}

function profile(costs: Readonly<Record<CostName, Cost>>): string {
  const rows = (Object.keys(COSTS) as CostName[]).map((name) => {
    const field = COSTS[name] as unknown as FieldSchema;
    const unit = field.unit as Unit;
    const { value, evidence, source } = costs[name];
    const written = formatQuantity(unit, value);
    return [
      `\`costs.${writtenName(name, field)}\``,
      `${unitWord(unit)}`,
      `\`${written}\``,
      `${evidence}: ${source}`,
      field.description ?? "",
    ];
  });
  return table(
    ["Key", "Written as", "`node20-loopback`", "Where the value comes from", "Meaning"],
    rows,
  );
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
