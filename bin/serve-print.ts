// Settings as they will be used, for people and for programs, and the JSON Schema of a file of them.

import { isSection, type Properties, type Section, type Setting } from "../live/settings/field.ts";
import { type Settings, settingsSchema } from "../live/settings-schema.ts";
import { writtenName } from "../scenarios/schema/written-name.ts";
import { NOTATION } from "../scenarios/quantities.ts";
import { type Key, serveKeys } from "./serve-keys.ts";
import type { ServeSettings } from "./serve-settings.ts";
import { writtenValue } from "./serve-values.ts";

const SET = "(set)";

/** YAML that `--config` reads back, each value with where it came from. Secrets are told to be set, no more. */
export function settingsYaml({ settings, origins }: ServeSettings): string {
  const lines: string[] = [];
  let before: readonly string[] = [];
  for (const key of serveKeys()) {
    const path = key.path.split(".");
    const parents = path.slice(0, -1);
    const shared = parents.findIndex((step, i) => step !== before[i]);
    const from = shared < 0 ? parents.length : shared;
    parents.slice(from).forEach((step, i) => lines.push(`${indent(from + i)}${step}:`));
    before = parents;
    lines.push(line(key, path, valueAt(settings, key), origins.get(key.path) ?? ""));
  }
  return `${lines.join("\n")}\n`;
}

const indent = (depth: number): string => "  ".repeat(depth);
/** Column of the comments: most values end before it. */
const COMMENT_COLUMN = 36;

function line(key: Key, path: readonly string[], value: unknown, origin: string): string {
  const space = indent(path.length - 1);
  const name = path.at(-1)!;
  // A comment, since a file with a secret in it is refused.
  if (key.setting.isSecret === true && value !== undefined) {
    return `${space}# ${name}: ${SET}  # ${origin}`;
  }
  if (value === undefined) return `${space}# ${name}:  # ${origin}`;
  const written = withoutPassword(writtenValue(key.setting, value));
  return `${`${space}${name}: ${written}`.padEnd(COMMENT_COLUMN)}  # ${origin}`;
}

/** nats://user:password@host is a secret within a value. */
function withoutPassword(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s"]*@/g, `://${SET}@`);
}

function valueAt(settings: Settings, { steps }: Key): unknown {
  let part: unknown = settings;
  for (const step of steps) part = (part as Readonly<Record<string, unknown>>)[step];
  return part;
}

/** One JSON document: the resolved settings (ms, bytes, per second) and where each value came from. */
export function settingsJson({ settings, origins }: ServeSettings): string {
  const secrets = new Set(
    serveKeys()
      .filter((key) => key.setting.isSecret === true)
      .map((key) => key.steps.join(".")),
  );
  const shown = (part: object, path: string): object =>
    Object.fromEntries(
      Object.entries(part).map(([name, value]) => {
        const full = path === "" ? name : `${path}.${name}`;
        if (value === undefined) return [name, null];
        if (secrets.has(full)) return [name, SET];
        if (value === Infinity) return [name, "unlimited"];
        if (Array.isArray(value)) return [name, value.map((one) => withoutPassword(String(one)))];
        return [name, typeof value === "object" ? shown(value as object, full) : value];
      }),
    );
  const document = { settings: shown(settings, ""), origins: Object.fromEntries(origins) };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** The JSON Schema of a file for `--config`. */
export function serveSchemaText(): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Settings of stormglass serve",
    ...sectionSchema(settingsSchema),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function sectionSchema({ description, properties }: Section<Properties>): object {
  const written = Object.entries(properties)
    .filter(([, part]) => isSection(part) || part.isSecret !== true)
    .map(([name, part]) =>
      isSection(part)
        ? [name, sectionSchema(part)]
        : [writtenName(name, part), settingSchema(part)],
    );
  return {
    type: "object",
    description,
    properties: Object.fromEntries(written) as object,
    additionalProperties: false,
  };
}

function settingSchema(setting: Setting<unknown>): object {
  const { description, source, unit, choices, pattern } = setting;
  const said = source === undefined ? description : `${description} (default ${source})`;
  const value = setting.default;
  const preset =
    value === undefined
      ? {}
      : { default: typeof value === "number" ? writtenValue(setting, value) : value };
  const text = { type: "string", ...(pattern === undefined ? {} : { pattern: pattern.source }) };
  switch (setting.type) {
    case "number": {
      const endless = setting.endless === true ? "^(unlimited|never|none)$|" : "";
      const bare = unit === "count" ? ["integer", "string"] : ["number", "string"];
      const type = NOTATION[unit!].bareNumber ? bare : "string";
      return { type, pattern: endless + NOTATION[unit!].pattern, description: said, ...preset };
    }
    case "choice":
      return { type: "string", enum: choices, description: said, ...preset };
    case "list":
      return { type: ["array", "string"], items: text, description: said, ...preset };
    case "flag":
      return { type: "boolean", description: said, ...preset };
    case "text":
      return { ...text, minLength: 1, description: said, ...preset };
  }
}
