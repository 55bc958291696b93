// What `serve` is told, by whom, and what is said when it cannot be right.

import { expect, test } from "vitest";
import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import { defaultsOf } from "../live/settings/field.ts";
import { settingsSchema } from "../live/settings-schema.ts";
import { InputError, renderProblem } from "../scenarios/problem.ts";
import { parseQuantity } from "../scenarios/quantities.ts";
import { serveKeys } from "./serve-keys.ts";
import { serveSchemaText, settingsJson, settingsYaml } from "./serve-print.ts";
import { readServeSettings, type Sources } from "./serve-settings.ts";
import { readValue, writtenValue } from "./serve-values.ts";

const LONG = "a secret of at least thirty-two bytes, for tests";

interface Asked {
  readonly flags?: Sources["flags"];
  readonly env?: Sources["env"];
  /** The text of serve.yaml. */
  readonly yaml?: string;
  readonly isDev?: boolean;
  readonly files?: Readonly<Record<string, string>>;
}

function read({ flags = [], env = {}, yaml, isDev = false, files = {} }: Asked) {
  const all: Readonly<Record<string, string>> = {
    ...files,
    ...(yaml === undefined ? {} : { "serve.yaml": yaml }),
  };
  return readServeSettings({
    flags,
    env,
    configFile: yaml === undefined ? undefined : "serve.yaml",
    isDev,
    devSecret: DEV_SECRET,
    hostname: "host.example",
    readFile: (path) => all[path],
  });
}

async function problemsOf(asked: Asked): Promise<readonly string[]> {
  try {
    await read(asked);
  } catch (error) {
    if (error instanceof InputError) {
      return error.problems.map((problem) => renderProblem(problem, () => undefined));
    }
    throw error;
  }
  return [];
}

test("[SV2] a flag is over a variable, a variable over the file, the file over the default", async () => {
  const yaml = "edge: { port: 1, path: /a, host: 10.0.0.1 }\nregion: file\n";
  const env = { STORMGLASS_EDGE_PORT: "2", STORMGLASS_EDGE_PATH: "/b" };
  const flags = [["edge.port", "3", "--port"]] as const;
  const { settings, origins } = await read({ yaml, env, flags });

  expect(settings.edge).toMatchObject({ port: 3, path: "/b", host: "10.0.0.1" });
  expect([settings.region, settings.zone]).toEqual(["file", "local"]);
  const told = ["edge.port", "edge.path", "edge.host", "region", "zone"].map((path) =>
    origins.get(path),
  );
  expect(told).toEqual([
    "--port",
    "STORMGLASS_EDGE_PATH",
    "serve.yaml:1",
    "serve.yaml:2",
    "default",
  ]);
});

test("[SV2] every setting has one name in a file and one variable, and both are read", async () => {
  const keys = serveKeys();
  expect(new Set(keys.map((key) => key.variable)).size).toBe(keys.length);
  expect(new Set(keys.map((key) => key.path)).size).toBe(keys.length);
  const env = {
    STORMGLASS_CLUSTER_SESSIONS_PRESENCE_GRACE: "20s",
    STORMGLASS_EDGE_ALLOWED_ORIGINS: "https://a.example, https://b.example",
    STORMGLASS_EDGE_DOOR_CONNECTIONS_MAX: "unlimited",
    STORMGLASS_NODE_SOFT_LIMIT: "0.8",
    STORMGLASS_CLUSTER_OUTBOUND_HARD: "1MiB",
    STORMGLASS_NODE_ADMISSION_RATE: "250/s",
    STORMGLASS_LOG_LEVEL: "",
  };
  const { settings } = await read({ env });

  expect(settings.cluster.sessions.presenceGraceMs).toBe(20_000);
  expect(settings.edge.allowedOrigins).toEqual(["https://a.example", "https://b.example"]);
  expect(settings.edge.door.connectionsMax).toBe(Infinity);
  expect(settings.node.softLimitRatio).toBe(0.8);
  expect(settings.cluster.outbound.hardBytes).toBe(1_048_576);
  expect(settings.node.admission.perSec).toBe(250);
  expect(settings.log.level).toBe("info"); // An empty variable says nothing.
});

test("[SV3] all problems are told at once, each where it was said", async () => {
  const yaml = `role: edges
edge:
  prot: 8080
  authTimeoutMs: 5s
  port: 99999
cluster:
  sessions: { presenceGrace: 15 }
host: 127.0.0.1
jwt: { secret: hidden }
`;
  const env = { STORMGLASS_EDGE_PRT: "1", STORMGLASS_LOG_LEVEL: "loud" };
  const flags = [["edge.pth", "/x", "--set edge.pth=/x"]] as const;

  expect([...(await problemsOf({ yaml, env, flags }))].sort()).toEqual([
    '--set edge.pth=/x: must be a setting as a file names it, got "edge.pth" — did you mean "edge.path"?',
    "STORMGLASS_EDGE_PRT: must be the name of a setting — did you mean STORMGLASS_EDGE_PORT?",
    'STORMGLASS_LOG_LEVEL: log.level must be one of debug, info, warn, error, silent, got "loud"',
    'serve.yaml:1:7: role must be one of all, edge, node, got "edges" — did you mean "edge"?',
    'serve.yaml:3:3: edge must have no key "prot" — did you mean "port"?',
    'serve.yaml:4:3: edge must have no key "authTimeoutMs" — did you mean "authTimeout"?',
    "serve.yaml:5:9: edge.port must be at most 65535, got 99999",
    "serve.yaml:7:30: cluster.sessions.presenceGrace must be a duration with a unit (us, ms, s, m or min, h, d), such as 250ms or 1m30s, got 15",
    'serve.yaml:8:1: the document must have no key "host" — did you mean "edge.host"?',
    "serve.yaml:9:8: jwt.secret must not stand in this file: name a file by jwt.secretFile, or set STORMGLASS_JWT_SECRET",
  ]);
});

test("[SV4] a secret comes from a variable or a file, never from a flag, and is never shown", async () => {
  const env = { STORMGLASS_JWT_SECRET: LONG, STORMGLASS_BUS_URL: "nats://me:hidden@nats:4222" };
  const yaml = "cluster: { secretFile: keys/cluster }\n";
  const read1 = await read({ env, yaml, files: { "keys/cluster": `${LONG}\n` } });

  expect(read1.settings.jwt.secret).toBe(LONG);
  for (const text of [settingsYaml(read1), settingsJson(read1)]) {
    expect(text).not.toContain(LONG);
    expect(text).not.toContain("hidden");
    expect(text).toContain("(set)");
  }
  const shown = await problemsOf({
    flags: [["jwt.secret", "hush", "--set jwt.secret=hush"]],
    env: { STORMGLASS_CLUSTER_SECRET: "short" },
    yaml: "admin: { tokenFile: none }\n",
  });
  expect([...shown].sort()).toEqual([
    "--set jwt.secret=…: must not be a flag, everybody could read it: name a file by jwt.secretFile, or set STORMGLASS_JWT_SECRET",
    "STORMGLASS_CLUSTER_SECRET: cluster.secret must be at least 32 bytes, got 5; openssl rand -base64 48 makes one",
    "serve.yaml:1:21: admin.tokenFile must be a file that can be read, got none",
  ]);
});

test("[SV5] what cannot be true together is refused", async () => {
  const yaml = `role: node
edge: { tls: { certFile: cert } }
ice: { urls: ["turn:t.example"] }
drain: { within: 5m }
cluster:
  beats: { every: 4s }
  outbound: { hard: 32KiB }
`;
  const problems = await problemsOf({ yaml, files: { cert: "PEM" } });

  expect(problems.map((text) => text.replace(/ \(.*| must .*/, "")).sort()).toEqual([
    "serve.yaml: bus.url",
    "serve.yaml: cluster.beats.lease",
    "serve.yaml: cluster.secretFile",
    "serve.yaml: drain.deadline",
    "serve.yaml: edge.tls.keyFile",
    "serve.yaml: ice.turnSecretFile",
    "serve.yaml:7:21: cluster.outbound.hard",
  ]);
  const two = { STORMGLASS_JWT_SECRET: LONG, STORMGLASS_JWT_JWKS_URL: "https://keys.example/" };
  expect(await problemsOf({ env: two })).toEqual([
    "STORMGLASS_JWT_JWKS_URL: jwt.jwksUrl must not be given together with jwt.secret: one source of keys",
  ]);
  const half = { STORMGLASS_BUS_TLS_CERT_FILE: "cert" };
  expect(await problemsOf({ env: half, files: { cert: "PEM" } })).toEqual([
    "settings: bus.tls.keyFile must be given, since bus.tls.certFile is",
  ]);
});

test("[SV5] a bus is NATS over TCP or TLS", async () => {
  for (const url of ["ws://nats:443", "wss://nats", "nats:4222"]) {
    expect(await problemsOf({ env: { STORMGLASS_BUS_URL: url } })).toEqual([
      `STORMGLASS_BUS_URL: bus.url must be URLs that begin with nats:// or tls://, got "${url}"`,
    ]);
  }
});

test("[SV6] --dev stays on this machine unless told otherwise, and knows its secrets", async () => {
  const { settings, origins } = await read({ isDev: true });
  expect([settings.edge.host, settings.operations.host]).toEqual(["127.0.0.1", "127.0.0.1"]);
  expect([settings.jwt.secret, origins.get("jwt.secret")]).toEqual([DEV_SECRET, "--dev"]);
  expect(settings.edge.door.connectionsPerAddressMax).toBe(Infinity);
  const open = await read({ isDev: true, flags: [["edge.host", "0.0.0.0", "--host"]] });
  expect(open.settings.edge.host).toBe("0.0.0.0");
});

test("[SV7] what Kubernetes sets for a service of our name is no word to us", async () => {
  const env = {
    STORMGLASS_EDGE_PORT: "tcp://10.0.0.1:8443",
    STORMGLASS_EDGE_SERVICE_HOST: "10.0.0.1",
    STORMGLASS_EDGE_SERVICE_PORT: "8443",
    STORMGLASS_EDGE_SERVICE_PORT_HTTPS: "8443",
    STORMGLASS_EDGE_PORT_8443_TCP: "tcp://10.0.0.1:8443",
    STORMGLASS_EDGE_PORT_8443_TCP_ADDR: "10.0.0.1",
    STORMGLASS_SOMETHING_ELSE_ENTIRELY: "x",
    POD_NAME: "stormglass-edge-0",
  };
  const { settings, origins, strangers } = await read({ env });
  expect([settings.edge.port, settings.id]).toEqual([8_080, "stormglass-edge-0"]);
  expect([origins.get("id"), strangers]).toEqual([
    "POD_NAME",
    ["STORMGLASS_SOMETHING_ELSE_ENTIRELY"],
  ]);
  expect((await read({})).settings.id).toBe("host.example");
});

test("[SV2] what is not said follows from what is: the port from TLS, an edge's name from its host", async () => {
  const plain = await read({});
  expect([plain.settings.edge.port, plain.origins.get("edge.port")]).toEqual([
    8_080,
    "default, without TLS",
  ]);
  const yaml = "role: edge\nedge: { tls: { certFile: cert, keyFile: key } }\n";
  const env = { STORMGLASS_BUS_URL: "nats://nats", STORMGLASS_CLUSTER_SECRET: LONG };
  const files = { cert: "PEM", key: "PEM" };
  const { settings } = await read({ yaml, env, files });
  expect([settings.edge.port, settings.id]).toEqual([8_443, "host.example-edge"]);
  const named = await read({ yaml, env: { ...env, POD_NAME: "edge-0" }, files });
  expect(named.settings.id).toBe("edge-0");
});

test("[SV8] what --print-config prints is a file that says the same", async () => {
  const flags = [
    ["cluster.sessions.presenceGrace", "12s", "--set"],
    ["edge.allowedOrigins", "*,https://a.example", "--set"],
    ["edge.door.connectionsMax", "unlimited", "--set"],
    ["cluster.name", "true", "--set"],
  ] as const;
  const first = await read({ flags, env: { STORMGLASS_JWT_SECRET: LONG } });
  const printed = settingsYaml(first);
  expect(printed).toMatch(/^role: all {2,}# default$/m);
  expect(printed).toMatch(/^ {4}presenceGrace: 12s {2,}# --set$/m);
  expect(printed).toMatch(/^ {2}# secret: \(set\) {2}# STORMGLASS_JWT_SECRET$/m);
  const again = await read({ yaml: printed, env: { STORMGLASS_JWT_SECRET: LONG } });
  expect(again.settings).toEqual(first.settings);
});

test("[SV9] every default is written as it is read, and is in the schema", () => {
  for (const { path, setting } of serveKeys()) {
    if (setting.default === undefined || setting.type === "list") continue;
    const written = writtenValue(setting, setting.default).replaceAll('"', "");
    expect([path, readValue(setting, written, true)]).toEqual([
      path,
      { ok: true, value: setting.default },
    ]);
    if (setting.unit !== undefined)
      expect(parseQuantity(setting.unit, written)).toBe(setting.default);
  }
  const schema = JSON.parse(serveSchemaText()) as {
    properties: Record<string, { properties: Record<string, { default: unknown }> }>;
  };
  expect(Object.keys(schema.properties)).toEqual(Object.keys(defaultsOf(settingsSchema)));
  expect(schema.properties.drain!.properties.within!.default).toBe("30s");
  expect(schema.properties.jwt!.properties.secret).toBeUndefined();
});
