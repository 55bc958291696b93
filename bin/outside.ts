// The one door to the outside: arguments, environment, files, terminal, clock, signals. Commands get
// it as a value, tests hand them another.

import { createHash } from "node:crypto";
import { appendFileSync, closeSync, openSync, readFileSync, readdirSync, writeSync } from "node:fs";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, hostname, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Characters per line; 80 when unknown. */
  readonly columns: number;
  /** What libraries want; undefined in tests. */
  readonly stream: NodeJS.WriteStream | undefined;
}

export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
}

export type StopSignal = "SIGINT" | "SIGTERM";

export interface Outside {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly stdinIsTTY: boolean;
  readonly version: string;
  readonly machine: Machine;
  /** The text of a file, `@builtin/…` included; undefined when it cannot be read. */
  readFile(path: string): string | undefined;
  /** Writes the whole file, perhaps in pieces, or nothing, and makes its directory. */
  writeFile(path: string, content: string | Uint8Array | Iterable<string>): void;
  /** Adds to the end of a file, and makes its directory. */
  appendFile(path: string, text: string): void;
  exists(path: string): boolean;
  /** Names in a directory, sorted; none when there is no such directory. */
  list(path: string): readonly string[];
  remove(path: string): void;
  /** Names of the scenarios that ship with the program, sorted. */
  builtins(): readonly string[];
  /** Calls back on SIGINT and SIGTERM instead of dying; returns how to stop listening. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Calls back on SIGUSR2; returns how to stop listening. */
  onCallBack(listener: () => void): () => void;
  /** Of this machine. */
  readonly hostname: string;
  /** Wall clock, ms. Never enters a result but under `wall`. */
  nowMs(): number;
  sha256(text: string): string;
  /** Of the code that decides what a run sees: core and sim. Another digest, another simulator. */
  programDigest(): string;
  /** One line from the user. */
  ask(question: string): Promise<string>;
}

export const BUILTIN = "@builtin";

/** dist/bin/outside.js and bin/outside.ts: the package is the nearest directory with its manifest. */
function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

export function processOutside(): Outside {
  const root = packageRoot();
  const builtinDir = join(root, "scenarios");
  const real = (path: string): string =>
    path.startsWith(`${BUILTIN}/`) ? join(builtinDir, path.slice(BUILTIN.length + 1)) : path;
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return {
    args: process.argv.slice(2),
    env: process.env,
    stdout: terminalOf(process.stdout),
    stderr: terminalOf(process.stderr),
    stdinIsTTY: process.stdin.isTTY === true,
    version: manifest.version,
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpuCount: availableParallelism(),
      memoryBytes: totalmem(),
    },
    readFile: (path) => readText(real(path)),
    writeFile: (path, content) => writeWhole(path, content),
    appendFile: (path, text) => {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, text);
    },
    exists: (path) => existsSync(real(path)),
    list: (path) => entriesOf(real(path)),
    remove: (path) => rmSync(path, { force: true }),
    builtins: () => namesIn(builtinDir),
    onStop,
    onCallBack,
    hostname: hostname(),
    nowMs: () => performance.now(),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    programDigest,
    ask,
  };
}

function terminalOf(stream: NodeJS.WriteStream): Terminal {
  let isOpen = true;
  // A reader that has seen enough, such as `head`, closes the pipe: that is no error of ours.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isOpen = false;
  });
  return {
    write: (text) => {
      if (isOpen) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
    stream,
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Missing, a directory, not permitted: the caller names the path.
  }
}

/** Beside the target first, then renamed: a reader never sees half a file. */
function writeWhole(path: string, content: string | Uint8Array | Iterable<string>): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const isWhole = typeof content === "string" || content instanceof Uint8Array;
    writePieces(draft, isWhole ? [content] : content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writePieces(path: string, pieces: Iterable<string | Uint8Array>): void {
  const descriptor = openSync(path, "w");
  try {
    for (const piece of pieces) {
      const bytes = typeof piece === "string" ? Buffer.from(piece, "utf8") : piece;
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    }
  } finally {
    closeSync(descriptor);
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return []; // Missing, a file, not permitted.
  }
}

function namesIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** Over names and texts of the modules beside this one's folder, as they are loaded: built or not. */
function programDigest(): string {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const hash = createHash("sha256");
  for (const folder of ["core", "sim"]) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /(?<!\.d|\.test)\.[jt]s$/.test(file))
      .sort();
    for (const file of files) hash.update(file).update(readFileSync(join(root, folder, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function onStop(listener: (signal: StopSignal) => void): () => void {
  const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function onCallBack(listener: () => void): () => void {
  process.on("SIGUSR2", listener);
  return () => process.off("SIGUSR2", listener);
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await dialogue.question(question);
  } finally {
    dialogue.close();
  }
}
