// A fact in one line, for people: which fact, about whom. Never what somebody said, no token, no description of a session.

import { FrameError } from "../../core/protocol/frame-error.ts";
import { KIND_NAMES, Message } from "../../core/protocol/message.ts";
import type { RecordedFact } from "./fact-reader.ts";

/** Members that say who, where and why; all others are left out. */
const TELLING = [
  "type",
  "roomId",
  "participantId",
  "sessionId",
  "nodeId",
  "edgeId",
  "incarnation",
  "session",
  "room",
  "as",
  "mode",
  "reason",
  "nextNodeId",
  "retryAfterMs",
  "u",
  "s",
  "id",
] as const;
/** Longest text of one argument. Assumed: an id fits. */
const TEXT_MAX = 48;

export function factText({ name, args }: Pick<RecordedFact, "name" | "args">): string {
  return `${name}(${args.map(argumentText).join(", ")})`;
}

function argumentText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Message) return messageText(value);
  if (value instanceof FrameError) return `${value.code} ${value.field}`.trimEnd();
  if (Array.isArray(value))
    return `${value.length} × ${value.length > 0 ? argumentText(value[0]) : "nothing"}`;
  return objectText(value as Readonly<Record<string, unknown>>);
}

function messageText({ kind, id, from, to, n, bytes }: Message): string {
  const parts = [KIND_NAMES[kind] ?? String(kind)];
  if (id > 0) parts.push(`id ${id}`);
  if (from !== "") parts.push(`from ${shortened(from)}`);
  if (to !== "") parts.push(`to ${shortened(to)}`);
  if (n > 0) parts.push(`n ${n}`);
  return `${parts.join(" ")} ${bytes} bytes`;
}

function objectText(value: Readonly<Record<string, unknown>>): string {
  const beat = value["beat"]; // Of a beat, whose it is.
  const shown = typeof beat === "object" && beat !== null ? { ...value, ...beat } : value;
  const members = TELLING.flatMap((name) => {
    const member = (shown as Readonly<Record<string, unknown>>)[name];
    if (typeof member !== "string" && typeof member !== "number") return [];
    return [`${name} ${typeof member === "string" ? shortened(member) : member}`];
  });
  return `{${members.join(", ")}}`;
}

function shortened(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}
