// Settings of `serve`: flags over variables over the file over defaults, every problem told at once, at the place that said it.
//
// Secrets come from variables or from files of their own: a flag is seen by everybody who lists processes, and a file
// of settings is shown around. YAML is loaded when there is a file, so that a server without one is ready sooner.

import {
  type Differing,
  EDGE_SUFFIX,
  idFrom,
  PORT_PLAIN,
  PORT_TLS,
  type Settings,
  settingsSchema,
  settingsWith,
} from "../live/settings-schema.ts";
import { isSection, type Properties, type Section } from "../live/settings/field.ts";
import { directoryOf, resolvePath } from "../scenarios/paths.ts";
import { InputError, nearest, type Position, type Problem } from "../scenarios/problem.ts";
import { writtenName } from "../scenarios/schema/written-name.ts";
import type { SourceNode } from "../scenarios/source-tree.ts";
import { type Key, serveKeys, VARIABLE_PREFIX } from "./serve-keys.ts";
import { checkRules, SECRET_BYTES_MIN, TOKEN_BYTES_MIN } from "./serve-rules.ts";
import { readValue } from "./serve-values.ts";

export interface Sources {
  /** What flags said, by written path: [["edge.port", "8080", "--port"]]. */
  readonly flags: readonly (readonly [path: string, value: string, flag: string])[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configFile: string | undefined;
  readonly isDev: boolean;
  /** The secret of `--dev`, for tokens and the cluster. */
  readonly devSecret: string;
  readonly hostname: string;
  readFile(path: string): string | undefined;
}

export interface ServeSettings {
  readonly settings: Settings;
  /** Where each value came from, by written path. */
  readonly origins: ReadonlyMap<string, string>;
  /** Variables with our prefix that mean nothing. */
  readonly strangers: readonly string[];
}

interface Said {
  readonly raw: unknown;
  readonly at: Position;
  /** From a variable or flag: everything is text there. */
  readonly isText: boolean;
}

const HOST_NAME = "the name of this host";

/** Throws `InputError` with every problem. */
export async function readServeSettings(sources: Sources): Promise<ServeSettings> {
  const keys = serveKeys();
  const problems: Problem[] = [];
  const tree = await fileTree(sources, keys, problems);
  const flags = flagsOf(sources, keys, problems);
  const strangers = strangersOf(sources, keys, problems);
  const places = new Map<string, Position>();
  const origins = new Map<string, string>();
  let differing: Differing<Settings> = {};
  for (const key of keys) {
    const said = flags.get(key.path) ?? variable(sources, key) ?? inFile(tree, key);
    if (said === undefined) {
      const preset = presetOf(sources, key);
      origins.set(key.path, preset?.[1] ?? defaultOrigin(key));
      if (preset !== undefined) differing = withValue(differing, key.steps, preset[0]);
      continue;
    }
    const place = said.at.line === 0 ? said.at.file : `${said.at.file}:${said.at.line}`;
    places.set(key.path, said.at);
    origins.set(key.path, place);
    const value = valueOf(sources, key, said, problems);
    if (value !== undefined) differing = withValue(differing, key.steps, value);
  }
  const settings = settled(settingsWith(differing), origins);
  const whole: Position = { file: sources.configFile ?? "settings", line: 0, column: 0 };
  checkRules(settings, (path, must) => {
    problems.push({ at: places.get(path) ?? whole, message: `${path} must ${must}` });
  });
  if (problems.length > 0) throw new InputError(problems);
  return { settings, origins, strangers };
}

function defaultOrigin({ setting }: Key): string {
  if (setting.default === undefined) return "not given";
  return setting.source === undefined ? "default" : `default, ${setting.source}`;
}

/** What depends on other settings. */
function settled(settings: Settings, origins: Map<string, string>): Settings {
  const { role, id, edge } = settings;
  const isTls = edge.tls.certFile !== undefined;
  let differing: Differing<Settings> = {};
  if (edge.port === undefined) {
    differing = { edge: { port: isTls ? PORT_TLS : PORT_PLAIN } };
    origins.set("edge.port", `default, ${isTls ? "with" : "without"} TLS`);
  }
  if (role === "edge" && origins.get("id") === HOST_NAME) {
    // A node on this host has its name already, and two speakers of one name are deaf to each other.
    differing = { ...differing, id: `${id}${EDGE_SUFFIX}` };
  }
  return settingsWith({ ...settings, ...differing, edge: { ...edge, ...differing.edge } });
}

/** A default that depends on where and how the server is started. */
function presetOf({ isDev, devSecret, env, hostname }: Sources, key: Key) {
  if (key.path === "id") {
    const pod = env.POD_NAME;
    return pod === undefined || pod === ""
      ? ([idFrom(hostname), HOST_NAME] as const)
      : ([idFrom(pod), "POD_NAME"] as const);
  }
  if (!isDev) return undefined;
  if (["edge.host", "operations.host", "node.trunk.host"].includes(key.path)) {
    return ["127.0.0.1", "--dev"] as const;
  }
  if (["jwt.secret", "cluster.secret"].includes(key.path)) return [devSecret, "--dev"] as const;
  // Everybody on this machine has one address.
  const isPerAddress = key.path === "edge.door.connectionsPerAddressMax";
  if (isPerAddress) return [Infinity, "--dev"] as const;
  return key.path.startsWith("edge.door.handshakes.") ? ([100_000, "--dev"] as const) : undefined;
}

async function fileTree(
  { configFile, readFile }: Sources,
  keys: readonly Key[],
  problems: Problem[],
): Promise<SourceNode | undefined> {
  if (configFile === undefined) return undefined;
  const at = { file: "--config", line: 0, column: 0 };
  const content = readFile(configFile);
  if (content === undefined) {
    problems.push({ at, message: `must be a file that can be read, got ${configFile}` });
    return undefined;
  }
  const { parseSource } = await import("../scenarios/source-tree.ts");
  const { root, problems: faults } = parseSource(configFile, content);
  problems.push(...faults);
  if (root !== undefined) checkNames(settingsSchema, root, [], keys, problems);
  return root;
}

/** Every key of the file must be one of ours. */
function checkNames(
  declared: Section<Properties>,
  node: SourceNode,
  path: readonly string[],
  keys: readonly Key[],
  problems: Problem[],
): void {
  const where = path.join(".") || "the document";
  if (node.kind !== "map") {
    const isEmpty = node.kind === "scalar" && node.value === undefined;
    if (!isEmpty) problems.push({ at: node.at, message: `${where} must be a map of keys` });
    return;
  }
  const parts = new Map(
    Object.entries(declared.properties).map(([name, part]) => [
      writtenName(name, isSection(part) ? {} : part),
      { name, part },
    ]),
  );
  for (const [name, { keyAt, node: child }] of node.entries) {
    const known = parts.get(name);
    if (known === undefined) {
      const hint = meant(name, path, [...parts.keys()], declared, keys);
      problems.push({ at: keyAt, message: `${where} must have no key "${name}"${hint}` });
    } else if (isSection(known.part)) {
      checkNames(known.part, child, [...path, name], keys, problems);
    } else if (known.part.isSecret === true) {
      const full = [...path, name].join(".");
      const { variable } = keys.find((key) => key.path === full)!;
      const message = `${full} must not stand in this file: name a file by ${full}File, or set ${variable}`;
      problems.push({ at: keyAt, message });
    }
  }
}

/** What a stranger's writer had in mind: a unit too much, a slip, or the right key in the wrong place. */
function meant(
  name: string,
  path: readonly string[],
  siblings: readonly string[],
  declared: Section<Properties>,
  keys: readonly Key[],
): string {
  const withUnit = declared.properties[name];
  const near =
    withUnit !== undefined && !isSection(withUnit)
      ? writtenName(name, withUnit)
      : nearest(name, siblings);
  if (near !== undefined) return ` — did you mean "${near}"?`;
  const elsewhere = keys.find((key) => key.path.endsWith(`.${name}`));
  if (elsewhere !== undefined) return ` — did you mean "${elsewhere.path}"?`;
  const inner = path.length === 0 ? "" : ` of ${path.join(".")}`;
  return `; the keys${inner} are ${siblings.join(", ")}`;
}

function inFile(tree: SourceNode | undefined, key: Key): Said | undefined {
  let node = tree;
  for (const step of key.path.split(".")) {
    if (node?.kind !== "map") return undefined;
    node = node.entries.get(step)?.node;
  }
  if (node === undefined || key.setting.isSecret === true) return undefined;
  return { raw: plain(node), at: node.at, isText: false };
}

function plain(node: SourceNode): unknown {
  if (node.kind === "scalar") return node.value;
  return node.kind === "list" ? node.items.map(plain) : {};
}

/** An empty variable says nothing: compose files and charts leave them so. */
function variable({ env }: Sources, { variable: name }: Key): Said | undefined {
  const raw = env[name];
  if (raw === undefined || raw === "" || isServiceLink(name, raw)) return undefined;
  return { raw, at: { file: name, line: 0, column: 0 }, isText: true };
}

/**
 * Kubernetes tells every container where the services of its namespace are: a service named `stormglass-edge` sets
 * STORMGLASS_EDGE_PORT=tcp://10.0.0.1:8443. That is no word to us.
 */
function isServiceLink(name: string, value: string): boolean {
  if (/_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name)) return true;
  return /_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}

/** A variable that is nearly one of ours is a mistake; one that is not is somebody else's. */
function strangersOf({ env }: Sources, keys: readonly Key[], problems: Problem[]): string[] {
  const names = keys.map((key) => key.variable.slice(VARIABLE_PREFIX.length));
  return Object.keys(env).filter((name) => {
    const own = name.slice(VARIABLE_PREFIX.length);
    const isOurs = name.startsWith(VARIABLE_PREFIX) && !names.includes(own);
    if (!isOurs || isServiceLink(name, env[name] ?? "")) return false;
    const near = nearest(own, names);
    if (near === undefined) return true;
    const message = `must be the name of a setting — did you mean ${VARIABLE_PREFIX}${near}?`;
    problems.push({ at: { file: name, line: 0, column: 0 }, message });
    return false;
  });
}

function flagsOf(sources: Sources, keys: readonly Key[], problems: Problem[]): Map<string, Said> {
  const paths = keys.map((key) => key.path);
  const said = new Map<string, Said>();
  for (const [path, raw, flag] of sources.flags) {
    const at = { file: flag, line: 0, column: 0 };
    const key = keys.find((one) => one.path === path);
    if (key === undefined) {
      const near = nearest(path, paths) ?? paths.find((one) => one.endsWith(`.${path}`));
      const hint = near === undefined ? "" : ` — did you mean "${near}"?`;
      problems.push({ at, message: `must be a setting as a file names it, got "${path}"${hint}` });
    } else if (key.setting.isSecret === true) {
      const message = `must not be a flag, everybody could read it: name a file by ${path}File, or set ${key.variable}`;
      problems.push({ at: { ...at, file: flag.replace(/=.*/, "=…") }, message });
    } else said.set(path, { raw, at, isText: true });
  }
  return said;
}

function valueOf(sources: Sources, key: Key, said: Said, problems: Problem[]): unknown {
  const { path, setting } = key;
  const isNothing = said.raw === undefined && setting.default === undefined;
  if (isNothing) return undefined;
  const refuse = (must: string): undefined => {
    problems.push({ at: said.at, message: `${path} must ${must}` });
  };
  const read = readValue(setting, said.raw, said.isText);
  if (!read.ok) {
    const isShown = setting.isSecret !== true;
    return refuse(isShown ? read.must : "be text");
  }
  if (setting.isSecret === true) {
    return secretFault(key, String(read.value), refuse) ?? read.value;
  }
  if (setting.names === undefined) return read.value;
  const base = said.at.line === 0 ? "." : directoryOf(said.at.file);
  const whole = resolvePath(base, String(read.value), "");
  if (setting.names === "directory") return whole;
  const content = sources.readFile(whole);
  if (content === undefined) return refuse(`be a file that can be read, got ${whole}`);
  if (/(secret|token)File$/i.test(path)) secretFault(key, content.trim(), refuse);
  return whole;
}

function secretFault({ path }: Key, value: string, refuse: (must: string) => undefined): undefined {
  if (path.startsWith("ice.")) return;
  const least = path.startsWith("admin.") ? TOKEN_BYTES_MIN : SECRET_BYTES_MIN;
  const bytes = Math.min(...value.split(/\r?\n/).map((line) => Buffer.byteLength(line)));
  if (path.startsWith("admin.") && /\s/.test(value)) return refuse("be one word without spaces");
  if (bytes >= least) return;
  return refuse(`be at least ${least} bytes, got ${bytes}; openssl rand -base64 48 makes one`);
}

function withValue(
  settings: Differing<Settings>,
  [step, ...rest]: readonly string[],
  value: unknown,
): Differing<Settings> {
  const map = settings as Readonly<Record<string, Differing<Settings>>>;
  const inner = rest.length === 0 ? value : withValue(map[step!] ?? {}, rest, value);
  return { ...map, [step!]: inner } as Differing<Settings>;
}
