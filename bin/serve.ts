// Starts a server as it is told to, says where it is, and ends it as the signals ask.

import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import type { OpenLog } from "../live/operations/log.ts";
import type { RunningServer } from "../live/server.ts";
import type { Settings } from "../live/settings-schema.ts";
import { StartError } from "../live/start-error.ts";
import { InputError } from "../scenarios/problem.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Outside, StopSignal } from "./outside.ts";
import { settingsJson, settingsYaml } from "./serve-print.ts";
import { readServeSettings, type ServeSettings } from "./serve-settings.ts";
import { readyText } from "./serve-ready.ts";

export interface ServeOptions {
  readonly dev?: true;
  readonly role?: string;
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly id?: string;
  readonly bus?: string;
  readonly record?: string;
  readonly logLevel?: string;
  readonly set: readonly string[];
  readonly printConfig?: true;
  readonly json?: true;
}

/** Flags that stand for one setting. */
const SHORT = {
  role: ["role", "--role"],
  host: ["edge.host", "--host"],
  port: ["edge.port", "--port"],
  id: ["id", "--id"],
  bus: ["bus.url", "--bus"],
  record: ["record.directory", "--record"],
  logLevel: ["log.level", "--log-level"],
} as const;

export async function serve(outside: Outside, options: ServeOptions): Promise<ExitCode> {
  const read = await readServeSettings({
    flags: flagsOf(options),
    env: outside.env,
    configFile: options.config,
    isDev: options.dev === true,
    devSecret: DEV_SECRET,
    hostname: outside.hostname,
    readFile: (path) => outside.readFile(path),
  });
  if (options.printConfig === true) {
    outside.stdout.write(options.json === true ? settingsJson(read) : settingsYaml(read));
    return ExitCode.ok;
  }
  if (isWithoutKey(read.settings)) {
    outside.stderr.write(NO_KEY);
    return ExitCode.invalidFile;
  }
  const { openLog } = await import("../live/operations/log.ts");
  const { level, format } = read.settings.log;
  const { role, id } = read.settings;
  const log = openLog({ level, format, fields: { role, id } });
  try {
    return await run(outside, read, log, options);
  } finally {
    await log.flush();
  }
}

/** Anybody could let himself in, or nobody: a server whose key was forgotten must not look as if it worked. */
function isWithoutKey({ role, jwt }: Settings): boolean {
  const { secret, secretFile, jwksFile, jwksUrl } = jwt;
  return role !== "node" && (secret ?? secretFile ?? jwksFile ?? jwksUrl) === undefined;
}

const NO_KEY = `There is no key to verify join tokens with, so the server does not start. Either
  set STORMGLASS_JWT_SECRET_FILE (or jwt.secretFile) to a file with the secret that your application signs tokens with,
  or STORMGLASS_JWT_JWKS_URL or STORMGLASS_JWT_JWKS_FILE to its public keys; to try it on this machine: stormglass serve --dev
`;

function flagsOf(options: ServeOptions): (readonly [string, string, string])[] {
  const short = Object.entries(SHORT).flatMap(([name, [path, flag]]) => {
    const value = options[name as keyof typeof SHORT];
    return value === undefined ? [] : [[path, value, flag] as const];
  });
  const set = options.set.map((setting) => {
    const equals = setting.indexOf("=");
    if (equals <= 0) {
      const at = { file: `--set ${setting}`, line: 0, column: 0 };
      throw new InputError([{ at, message: "must be path=value, such as drain.within=1m" }]);
    }
    return [setting.slice(0, equals), setting.slice(equals + 1), `--set ${setting}`] as const;
  });
  return [...short, ...set]; // The last one wins.
}

async function run(
  outside: Outside,
  { settings, strangers }: ServeSettings,
  log: OpenLog,
  options: ServeOptions,
): Promise<ExitCode> {
  const { version } = outside;
  for (const name of strangers) log.warn({ name }, "This variable means nothing to the server.");
  const { startServer } = await import("../live/server.ts");
  let server: RunningServer;
  try {
    server = await startServer(settings, { log, version });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    outside.stderr.write(`${refusalText(error)}\n`);
    return isOfTheMachine(error) ? ExitCode.cannotStart : ExitCode.invalidFile;
  }
  const { edge, node, operationsPort, adminPort } = server;
  log.info(
    { url: edge?.url, trunkUrl: node?.trunkUrl, operationsPort, adminPort, version },
    "Ready.",
  );
  const isForPeople =
    settings.log.format !== "json" && (options.dev === true || outside.stderr.isTTY);
  if (isForPeople) outside.stderr.write(readyText(server, version, options.dev === true));
  return untilStopped(outside, server);
}

const SYSTEM_REFUSALS = [
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "EMFILE",
  "ENOSPC",
  "EROFS",
];

function isOfTheMachine({ systemCode }: StartError): boolean {
  return SYSTEM_REFUSALS.includes(systemCode);
}

function refusalText({ setting, message, systemCode }: StartError): string {
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: `another process listens there; end it, or choose another port by ${setting} (0 for any free one)`,
    EADDRNOTAVAIL: "this machine has no such address",
    EACCES: "this user may not; ports below 1024 need a privilege",
  };
  const why = advice[systemCode];
  return `${setting}: the server cannot start: ${message}${why === undefined ? "" : ` — ${why}`}`;
}

/** The first signal drains, the second one ends at once. */
async function untilStopped(outside: Outside, server: RunningServer): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  let isAsked = false;
  const stopListening = outside.onStop((signal: StopSignal) => {
    if (isAsked) {
      code = signal === "SIGINT" ? ExitCode.interrupted : ExitCode.terminated;
      void server.stop();
      return;
    }
    isAsked = true;
    if (signal === "SIGINT") outside.stderr.write("Draining. Once more ends it at once.\n");
    void server.drain().then((result) => {
      if (result === "cancelled") isAsked = false;
    });
  });
  const stopCallingBack = outside.onCallBack(() => void server.cancelDrain());
  await server.stopped;
  stopListening();
  stopCallingBack();
  return code;
}
