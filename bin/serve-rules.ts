// What settings must be together. Each rule names the key at which its reader will mend it.

import type { Settings } from "../live/settings-schema.ts";
import { formatQuantity } from "../scenarios/quantities.ts";

/** `path` is a written one; `must` completes "<path> must …". */
export type Refuse = (path: string, must: string) => void;

/** HS256 takes no shorter one. Cited: RFC 7518 §3.2; the same length for our own seals. */
export const SECRET_BYTES_MIN = 32;

/** Of the admin API. Assumed: a token that can be guessed is no token. */
export const TOKEN_BYTES_MIN = 16;

export function checkRules(settings: Settings, refuse: Refuse): void {
  checkPairs(settings, refuse);
  checkTimes(settings, refuse);
  checkSizes(settings, refuse);
  checkCluster(settings, refuse);
}

function checkPairs(
  { edge, trunk, bus, cluster, jwt, ice, admin }: Settings,
  refuse: Refuse,
): void {
  const together = (path: string, cert?: string, key?: string): void => {
    if ((cert === undefined) === (key === undefined)) return;
    const [missing, given] = cert === undefined ? ["cert", "key"] : ["key", "cert"];
    refuse(`${path}.${missing}File`, `be given, since ${path}.${given}File is`);
  };
  together("edge.tls", edge.tls.certFile, edge.tls.keyFile);
  together("trunk", trunk.certFile, trunk.keyFile);
  together("bus.tls", bus.tls.certFile, bus.tls.keyFile);
  const once = (path: string, value?: string, file?: string): void => {
    if (value !== undefined && file !== undefined) {
      refuse(`${path}File`, `not be given together with ${path}`);
    }
  };
  once("cluster.secret", cluster.secret, cluster.secretFile);
  once("ice.turnSecret", ice.turnSecret, ice.turnSecretFile);
  once("admin.token", admin.token, admin.tokenFile);
  const keys = (["secret", "secretFile", "jwksFile", "jwksUrl"] as const).filter(
    (name) => jwt[name] !== undefined,
  );
  if (keys.length > 1) {
    refuse(`jwt.${keys[1]}`, `not be given together with jwt.${keys[0]}: one source of keys`);
  }
  checkTurn(ice, refuse);
}

function checkTurn({ urls, turnSecret, turnSecretFile }: Settings["ice"], refuse: Refuse): void {
  const hasSecret = turnSecret !== undefined || turnSecretFile !== undefined;
  const hasTurn = urls.some((url) => url.startsWith("turn"));
  if (hasTurn && !hasSecret) {
    refuse("ice.turnSecretFile", "be given: TURN servers let nobody in without credentials");
  }
  if (hasSecret && !hasTurn) refuse("ice.urls", "have a turn: URL, since there is a secret for it");
}

function checkTimes({ cluster, drain, resume }: Settings, refuse: Refuse): void {
  const ms = (value: number): string => formatQuantity("duration", value);
  const atLeast = (path: string, value: number, least: number, why: string): void => {
    if (value < least) refuse(path, `be at least ${ms(least)} (${why}), got ${ms(value)}`);
  };
  const { beats, trunk, sessions, reconnect } = cluster;
  atLeast("cluster.beats.lease", beats.leaseMs, 2 * beats.everyMs, "two beats");
  atLeast("cluster.trunk.timeout", trunk.timeoutMs, 2 * trunk.heartbeatMs, "two heartbeats");
  const { reconnectingNoticeMs, presenceGraceMs, resumeWindowMs } = sessions;
  const of = "cluster.sessions";
  atLeast(`${of}.presenceGrace`, presenceGraceMs, reconnectingNoticeMs, "reconnectingNotice");
  atLeast(`${of}.resumeWindow`, resumeWindowMs, presenceGraceMs, "presenceGrace");
  atLeast("cluster.reconnect.spreadMax", reconnect.spreadMaxMs, reconnect.spreadMinMs, "spreadMin");
  atLeast("resume.ttl", resume.ttlMs, resumeWindowMs, "cluster.sessions.resumeWindow");
  atLeast("drain.deadline", drain.deadlineMs, drain.withinMs, "drain.within");
}

function checkSizes({ edge, cluster }: Settings, refuse: Refuse): void {
  const bytes = (value: number): string => formatQuantity("size", value);
  for (const name of ["outbound", "trunk"] as const) {
    const { softBytes, hardBytes } = cluster[name];
    if (hardBytes > softBytes) continue;
    const soft = `cluster.${name}.soft (${bytes(softBytes)})`;
    refuse(`cluster.${name}.hard`, `be above ${soft}, got ${bytes(hardBytes)}`);
  }
  const { frameBytesMax, ...parts } = edge.frames;
  for (const [name, value] of Object.entries(parts)) {
    if (!name.endsWith("BytesMax") || value <= frameBytesMax) continue;
    const path = `edge.frames.${name.replace("BytesMax", "Max")}`;
    const limit = `edge.frames.frameMax (${bytes(frameBytesMax)})`;
    refuse(path, `be at most ${limit}, got ${bytes(value)}`);
  }
}

/** Edge and node as processes of their own find each other by the bus, and believe each other by the secret. */
function checkCluster({ role, bus, cluster }: Settings, refuse: Refuse): void {
  const isAlone = role === "all" && bus.url.length === 0;
  if (isAlone) return;
  const why =
    role === "all" ? "a bus joins several processes" : `role ${role} is part of a cluster`;
  if (bus.url.length === 0) refuse("bus.url", `be given, such as nats://nats:4222: ${why}`);
  if (cluster.secret === undefined && cluster.secretFile === undefined) {
    refuse("cluster.secretFile", `be given, the same for every process of the cluster: ${why}`);
  }
}
