// The reference part of docs/protocol.md: for each message its class, its members and an example, and the tables of codes and
// limits. Made from the schemas that frames are checked by, so that it cannot say anything else.

import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { KIND_NAMES } from "../../core/protocol/message.ts";
import type { FrameSchema } from "../../core/protocol/schema/frames.ts";
import type { Schema } from "../../core/protocol/schema/schema.ts";
import { className, examplesOf, framesOf, type Side } from "./asyncapi.ts";
import { closeCodes, ERROR_ADVICE, LIMIT_MEANINGS } from "./codes.ts";

/** Tables by the name that the page calls them by. */
export function protocolTables(): Readonly<Record<string, string>> {
  return {
    "client messages": messages("client"),
    "server messages": messages("server"),
    classes: classes(),
    "close codes": table(
      ["Code", "Name", "When", "What to do"],
      closeCodes().map(({ code, name, when, then }) => [`${code}`, `\`${name}\``, when, then]),
    ),
    "error codes": table(
      ["Code", "When", "What to do"],
      Object.entries(ERROR_ADVICE).map(([code, { when, then }]) => [`\`${code}\``, when, then]),
    ),
    limits: limits(),
  };
}

const BEGIN = /^<!-- table: (.+) -->$/;
const END = "<!-- end -->";

/** The page with its tables as they must be. Throws where a table is unknown or has no end. */
export function withTables(page: string, tables = protocolTables()): string {
  const lines: string[] = [];
  let isInside = false;
  for (const line of page.split("\n")) {
    const name = BEGIN.exec(line)?.[1];
    if (line === END) isInside = false;
    if (!isInside) lines.push(line);
    if (name === undefined) continue;
    const text = tables[name];
    if (text === undefined || isInside) throw new Error(`no table is called "${name}" here`);
    lines.push("", ...text.split("\n"), "");
    isInside = true;
  }
  if (isInside) throw new Error("a table has no end");
  return lines.join("\n");
}

function messages(side: Side): string {
  return framesOf(side)
    .map((frame) => message(side, frame))
    .join("\n\n");
}

function message(side: Side, frame: FrameSchema): string {
  const name = KIND_NAMES[frame.kind]!;
  const rows = [
    ...Object.entries(frame.members).map(([member, schema]) =>
      row(member.replace("?", ""), schema, !member.endsWith("?")),
    ),
    ...bodyRows(frame),
  ];
  const examples = examplesOf(side, name).map(
    (example) => `\`\`\`json\n${JSON.stringify(example.frame)}\n\`\`\``,
  );
  return [
    `#### \`${name}\` (${side === "client" ? "to" : "from"} the server, ${className(frame)})`,
    frame.summary,
    ...(rows.length === 0 ? [] : [table(["Member", "Type", "Needed", "Meaning"], rows)]),
    ...examples,
  ].join("\n\n");
}

type Row = readonly string[];

function bodyRows({ d, isBodyNeeded }: FrameSchema): readonly Row[] {
  if (d === undefined) return [];
  return d.type === "object" ? memberRows("d", d) : [row("d", d, isBodyNeeded)];
}

/** The member, and what is in it. */
function rowsOf(path: string, schema: Schema, isNeeded: boolean): readonly Row[] {
  const own = row(path, schema, isNeeded);
  const inner = schema.type === "array" ? schema.items : schema;
  if (inner.type !== "object") return [own];
  return [own, ...memberRows(schema.type === "array" ? `${path}[]` : path, inner)];
}

function memberRows(path: string, { properties, required }: Schema & { type: "object" }): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    rowsOf(`${path}.${name}`, schema, required.includes(name)),
  );
}

function row(path: string, schema: Schema, isNeeded: boolean): Row {
  const { description = "" } = schema;
  return [`\`${path}\``, typeOf(schema), isNeeded ? "yes" : "", description];
}

function typeOf(schema: Schema): string {
  switch (schema.type) {
    case "string":
      return textType(schema);
    case "integer":
      return schema.minimum === undefined ? "integer" : `integer ≥ ${schema.minimum}`;
    case "number":
      return schema.maximum === undefined
        ? "number"
        : `number ${schema.minimum} to ${schema.maximum}`;
    case "boolean":
      return "boolean";
    case "array":
      return `list${countOf(schema.minItems, schema.maxItems)}`;
    case "object":
      return "object";
    case "free": {
      const what = schema["x-of"] === "object" ? "object" : "any JSON";
      const key = schema["x-oneMember"] === undefined ? "" : " of one member";
      return `${what}${key}${upTo(schema["x-maxJsonBytes"], "bytes")}`;
    }
  }
}

function textType(schema: Schema & { type: "string" }): string {
  const values = schema.enum ?? schema["x-known"];
  if (values !== undefined) return values.map((value) => `\`"${value}"\``).join(", ");
  if (schema.pattern !== undefined) return `text \`${schema.pattern.replaceAll("|", "\\|")}\``;
  return `text${upTo(schema["x-maxBytes"], "bytes")}${upTo(schema.maxLength, "code points")}`;
}

function upTo(most: number | undefined, unit: string): string {
  return most === undefined ? "" : `, at most ${grouped(most)} ${unit}`;
}

function countOf(least: number | undefined, most: number | undefined): string {
  if (most === undefined) return "";
  return least === undefined ? `, at most ${most}` : `, ${least} to ${most}`;
}

function classes(): string {
  const rows = ["control", "critical", "coalescable", "droppable"].map((name) => {
    const of = (side: Side): string =>
      framesOf(side)
        .filter((frame) => className(frame) === name)
        .map(({ kind }) => `\`${KIND_NAMES[kind]}\``)
        .join(", ");
    return [name, of("client"), of("server")];
  });
  return table(["Class", "To the server", "From the server"], rows);
}

function limits(): string {
  const names = Object.keys(LIMIT_MEANINGS) as (keyof typeof LIMIT_MEANINGS)[];
  const rows = names.map((name) => [
    `\`${name}\``,
    grouped(PROTOCOL_LIMITS[name]),
    LIMIT_MEANINGS[name],
  ]);
  return table(["Limit", "Default", "Of what"], rows);
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
