// The log: one JSON object per line, about connections and rooms by their ids, never about what people said.
//
// What may be written is decided here, not by each caller: a field is a scalar; names that mean a secret or a body
// cannot be given (the type forbids them, and at run time they are withheld); texts that look like a token, a session
// description or a candidate are withheld whatever they are called; and whatever is long is cut. So a careless line costs
// a readable value at worst, never a credential.

import { createRequire } from "node:module";
import { isatty } from "node:tty";
import pino, { type DestinationStream, type Logger } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
type LineLevel = Exclude<LogLevel, "silent">;

export type LogValue = string | number | boolean | null | undefined | Error;

/** Scalars by name. Ids, counts, codes, reasons. */
export type LogFields = { readonly [name: string]: LogValue } & {
  readonly [name in WithheldName]?: never;
};

export interface Log {
  debug(fields: LogFields, text: string): void;
  info(fields: LogFields, text: string): void;
  warn(fields: LogFields, text: string): void;
  error(fields: LogFields, text: string): void;
}

/** A log with an end: lines are written in the background, and must be out before the process ends. */
export interface OpenLog extends Log {
  /** Fulfilled when every line is written, or will never be. */
  flush(): Promise<void>;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Said on every line: role, id. */
  readonly fields?: LogFields;
  /** "auto": pretty on a terminal where pino-pretty is installed, JSON elsewhere. */
  readonly format?: "json" | "pretty" | "auto";
  /** Where to, when not to `fd`: for tests. */
  readonly stream?: DestinationStream;
  /** stderr when absent. */
  readonly fd?: number;
}

const WITHHELD_NAMES = [
  "token",
  "jwt",
  "secret",
  "password",
  "credential",
  "credentials",
  "authorization",
  "cookie",
  "sdp",
  "candidate",
  "candidates",
  "body",
  "frame",
  "payload",
  "meta",
  "key",
] as const;
type WithheldName = (typeof WITHHELD_NAMES)[number];

const STDERR = 2;

const WITHHELD = "[withheld]";
const withheldNames: ReadonlySet<string> = new Set(WITHHELD_NAMES);

/** Longest text of a field, UTF-16 units. Assumed: an error's first lines fit, a session description does not. */
const VALUE_MAX = 512;
/** Longest backlog of unwritten lines, bytes; beyond it lines are lost. Assumed: a log reader that hangs must not fill memory. */
const BACKLOG_MAX_BYTES = 4 * 1024 * 1024;

/** A process that ends waits so long for a reader of its log, ms. Assumed: one that lives takes its lines in far less. */
const FLUSH_MAX_MS = 1_000;

/** Signed tokens (three or two base64url parts, at least 10 units each), SDP lines, candidates, ICE credentials, URLs with a password or query token. */
const SENSITIVE = [
  /[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
  /\bey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
  /(^|[\r\n"])\s*v=0\b/,
  /\b[a-z]=(ice-|fingerprint|candidate|IN IP)/,
  /\bcandidate:/i,
  /\bBearer\s+\S/i,
  /:\/\/[^/\s@]*:[^/\s@]*@/,
  /[?&](access_)?token=[^&\s]/i,
];

function isSensitive(text: string): boolean {
  return SENSITIVE.some((pattern) => pattern.test(text));
}

function harmlessText(text: string): string {
  if (isSensitive(text)) return WITHHELD;
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}… (${text.length})`;
}

function harmlessValue(name: string, value: unknown): string | number | boolean | null | undefined {
  if (withheldNames.has(name.toLowerCase())) return value === undefined ? undefined : WITHHELD;
  switch (typeof value) {
    case "string":
      return harmlessText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    default:
      if (value === null) return null;
      if (value instanceof Error) return harmlessText(`${value.name}: ${value.message}`);
      return WITHHELD; // Not a scalar: who knows what is in it.
  }
}

/** What of `fields` may be written. An error brings its stack along. */
export function harmless(fields: object): Record<string, string | number | boolean | null> {
  const kept: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    const written = harmlessValue(name, value);
    if (written !== undefined) kept[name] = written;
    if (value instanceof Error && value.stack !== undefined) {
      kept.stack = harmlessText(value.stack.slice(0, VALUE_MAX));
    }
  }
  return kept;
}

/** A log to stderr, or to where the options say. */
export function openLog(said: LogOptions): OpenLog {
  const { level, fields = {}, format = "auto", stream, fd = STDERR } = said;
  const own = stream === undefined ? ownDestination(format, fd) : undefined;
  const options = {
    level,
    base: harmless(fields),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: "text",
  };
  const logger: Logger = pino(options, (own?.stream ?? stream)!);
  const line = (at: LineLevel) => (said: LogFields, text: string) => {
    if (logger.isLevelEnabled(at)) logger[at](harmless(said), harmlessText(text));
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    flush: async () => own?.flush(),
  };
}

interface OwnDestination {
  readonly stream: DestinationStream;
  flush(): Promise<void>;
}

function ownDestination(format: "json" | "pretty" | "auto", fd: number): OwnDestination {
  const isPrettyWanted = format === "pretty" || (format === "auto" && isatty(fd));
  const pretty = isPrettyWanted ? prettyStream(fd) : undefined;
  if (pretty !== undefined) return { stream: pretty, flush: async () => {} };
  // In the background: a reader of the log that is slow must not stop the event loop.
  // Any line is long enough to be written at once; with no least length the stream would not say when all is written.
  const stream = pino.destination({
    fd,
    sync: false,
    minLength: 1,
    maxLength: BACKLOG_MAX_BYTES,
  });
  stream.on("error", () => {}); // Whoever read the log is gone; the server goes on.
  // Not by `flushSync`, which would overtake the write that is under way. An error means that its reader is gone.
  const flush = (): Promise<void> =>
    new Promise((resolve) => {
      const patience = setTimeout(resolve, FLUSH_MAX_MS);
      stream.flush(() => {
        clearTimeout(patience);
        resolve();
      });
    });
  return { stream, flush };
}

/** Readable lines for people, where the package is installed: it comes with a checkout, not with an installation. */
function prettyStream(fd: number): DestinationStream | undefined {
  try {
    const pretty = createRequire(import.meta.url)("pino-pretty") as (
      options: object,
    ) => DestinationStream;
    return pretty({ destination: fd, sync: true, messageKey: "text", ignore: "pid,hostname" });
  } catch {
    return undefined;
  }
}

/** Says nothing. */
export const silentLog: OpenLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  flush: async () => {},
};

export interface RecordedLine {
  readonly level: LineLevel;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
  readonly text: string;
}

/** Keeps what would have been written: for tests. */
export function recordingLog(): OpenLog & { readonly lines: readonly RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const line = (level: LineLevel) => (fields: LogFields, text: string) => {
    lines.push({ level, fields: harmless(fields), text: harmlessText(text) });
  };
  return {
    lines,
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    flush: async () => {},
  };
}
