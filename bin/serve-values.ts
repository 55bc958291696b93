// One value of a setting: from what somebody wrote to what the server works with, or what is wrong with it.

import type { Setting } from "../live/settings/field.ts";
import { suggestion } from "../scenarios/problem.ts";
import { formatQuantity, NOTATION, parseQuantity } from "../scenarios/quantities.ts";

export type Read =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly must: string };

/**
 * Reads what a file has (scalar or list), or a variable or flag (`isText`: everything is text there, lists have commas).
 * `must` completes the sentence "edge.port must …".
 */
export function readValue(setting: Setting<unknown>, raw: unknown, isText: boolean): Read {
  switch (setting.type) {
    case "number":
      return readNumber(setting as Setting<number>, raw, isText);
    case "flag":
      if (isText && (raw === "true" || raw === "false")) return good(raw === "true");
      return typeof raw === "boolean" ? good(raw) : bad("be true or false", raw);
    case "choice": {
      const choices = setting.choices!;
      if (choices.includes(String(raw))) return good(raw);
      return bad(`be one of ${choices.join(", ")}`, raw, suggestion(String(raw), choices));
    }
    case "list":
      return readList(setting, raw, isText);
    case "text":
      return readText(setting, raw);
  }
}

const good = (value: unknown): Read => ({ ok: true, value });
const bad = (what: string, raw: unknown, hint = ""): Read => ({
  ok: false,
  must: `${what}, got ${shown(raw)}${hint}`,
});

function shown(raw: unknown): string {
  if (raw === undefined || raw === null) return "nothing";
  if (Array.isArray(raw)) return "a list";
  if (typeof raw === "object") return "a map";
  return typeof raw === "string" ? `"${raw}"` : String(raw);
}

function readNumber(setting: Setting<number>, raw: unknown, isText: boolean): Read {
  const unit = setting.unit!;
  const isBare = isText && NOTATION[unit].bareNumber && /^\d+(\.\d+)?$/.test(String(raw));
  const value = parseQuantity(unit, isBare ? Number(raw) : raw, setting.endless === true);
  if (value === undefined) {
    const { expected } = NOTATION[unit];
    return bad(`be ${setting.endless === true ? `${expected}, or unlimited` : expected}`, raw);
  }
  if (setting.least !== undefined && value < setting.least) {
    return bad(`be at least ${formatQuantity(unit, setting.least)}`, raw);
  }
  if (setting.most !== undefined && value > setting.most) {
    return bad(`be at most ${formatQuantity(unit, setting.most)}`, raw);
  }
  return good(value);
}

function readList(setting: Setting<unknown>, raw: unknown, isText: boolean): Read {
  const parts = isText
    ? String(raw)
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
    : Array.isArray(raw)
      ? (raw as readonly unknown[])
      : [raw];
  for (const part of parts) {
    const read = readText(setting, part);
    if (!read.ok) return read;
  }
  return good(parts);
}

function readText(setting: Setting<unknown>, raw: unknown): Read {
  if (typeof raw !== "string" || raw === "") return bad("be text", raw);
  const { pattern, expected } = setting;
  if (pattern !== undefined && !pattern.test(raw)) return bad(`be ${expected}`, raw);
  return good(raw);
}

/** As a file says it; JSON where plain YAML would read as something else. */
export function writtenValue(setting: Setting<unknown>, value: unknown): string {
  if (typeof value === "number" && setting.unit !== undefined) {
    return formatQuantity(setting.unit, value);
  }
  if (Array.isArray(value)) return `[${value.map((part) => JSON.stringify(part)).join(", ")}]`;
  const text = String(value);
  const isPlain = /^[A-Za-z/][\w./:@+-]*$/.test(text) && !/^(true|false|null|~)$/i.test(text);
  return isPlain || typeof value === "boolean" ? text : JSON.stringify(text);
}
