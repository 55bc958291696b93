// deploy/: what is applied to a cluster agrees with what the server is.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { serveKeys, VARIABLE_PREFIX } from "../bin/serve-keys.ts";
import { readServeSettings } from "../bin/serve-settings.ts";
import { silentLog } from "../live/operations/log.ts";
import { seenCluster } from "../live/operations/operations-fixture.ts";
import { OperationsServer } from "../live/operations/operations-server.ts";
import type { Settings } from "../live/settings-schema.ts";
import { edgePolicy } from "../live/policies.ts";
import { settingsWith } from "../live/settings-schema.ts";
import { hpaManifest } from "../sim/cluster/kubernetes/hpa/manifest.ts";
import { rulesOf } from "../sim/cluster/kubernetes/hpa/version.ts";
import { type Manifest, rendered } from "./parts/manifests.ts";
import { hasProgram } from "./parts/process.ts";

const root = new URL("..", import.meta.url).pathname;
const KUBERNETES = "deploy/kubernetes";
const PLACES = ["base", "overlays/dev", "overlays/production", "overlays/autoscaled"];
const SECRET = "a secret of at least thirty-two bytes, for tests";
/** Secrets that are not made by an overlay: name and keys, as docs/deploy.md tells operators to make them. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  "stormglass-cluster": ["secret"],
  "stormglass-jwt": ["secret"],
  "stormglass-admin": ["token"],
  "stormglass-turn": ["secret"],
  "stormglass-trunk-tls": ["tls.crt", "tls.key", "ca.crt"],
};

const hasKubectl = hasProgram("kubectl", "--help");
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const manifestsOf = (place: string): Manifest[] => rendered(join(root, KUBERNETES, place));

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { name: string; value?: string }[];
  readonly ports: readonly { name: string; containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { name: string; mountPath: string; subPath?: string }[];
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}
interface Workload {
  readonly name: string;
  readonly container: Container;
  readonly volumes: readonly Volume[];
  readonly labels: Readonly<Record<string, string>>;
  readonly graceMs: number;
}

function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests
    .filter(({ metadata }) => /^stormglass-(edge|node)$/.test(metadata.name))
    .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      container: spec.template.spec.containers[0] as Container,
      volumes: spec.template.spec.volumes as readonly Volume[],
      labels: spec.template.metadata.labels as Workload["labels"],
      graceMs: 1_000 * (spec.template.spec.terminationGracePeriodSeconds as number),
    }));
}

/** What is at a path of the container. */
function mounted(manifests: readonly Manifest[], { container, volumes }: Workload, path: string) {
  const contents = (kind: string, name: string): Readonly<Record<string, string>> => {
    const made = manifests.find((one) => one.kind === kind && one.metadata.name === name);
    if (made !== undefined) return made["data"] as Record<string, string>;
    const keys = kind === "Secret" ? (OUTSIDE[name] ?? []) : [];
    return Object.fromEntries(keys.map((key) => [key, SECRET.replaceAll(" ", "-")]));
  };
  for (const { name, mountPath, subPath } of container.volumeMounts) {
    const volume = volumes.find((one) => one.name === name)!;
    const all =
      volume.secret === undefined
        ? contents("ConfigMap", volume.configMap!.name)
        : contents("Secret", volume.secret.secretName);
    if (subPath !== undefined && path === mountPath) return all[subPath];
    if (path.startsWith(`${mountPath}/`)) return all[path.slice(mountPath.length + 1)];
  }
  return undefined;
}

/** The settings that the server would come to in this pod. */
async function settingsOf(manifests: readonly Manifest[], workload: Workload): Promise<Settings> {
  const { args, env } = workload.container;
  expect(args.slice(0, 2)).toEqual(["serve", "--config"]);
  const { settings, strangers } = await readServeSettings({
    flags: [],
    env: Object.fromEntries(env.map(({ name, value = "from-the-pod" }) => [name, value])),
    configFile: args[2],
    isDev: false,
    devSecret: "",
    hostname: "pod",
    readFile: (path) => mounted(manifests, workload, path),
  });
  expect(strangers).toEqual([]);
  return settings;
}

test.skipIf(!hasKubectl).each(PLACES)("what this reads of %s is what kubectl renders", (place) => {
  const text = execFileSync("kubectl", ["kustomize", join(root, KUBERNETES, place)], {
    encoding: "utf8",
  });
  const plain = (one: Manifest): string =>
    JSON.stringify(one, (_key, value: unknown) => {
      if (typeof value === "string") return value.replace(/^(stormglass-\w+)-[a-z0-9]{10}$/, "$1");
      const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
      return isMap ? Object.fromEntries(Object.entries(value).sort()) : value;
    });
  const workloads = (all: readonly Manifest[]): string[] =>
    all
      .filter(({ kind }) => !["ConfigMap", "Secret"].includes(kind))
      .map(plain)
      .sort();
  const theirs = parseAllDocuments(text, { version: "1.1" }).map((one) => one.toJS() as Manifest);
  const ours = manifestsOf(place);
  expect(ours).toHaveLength(theirs.length);
  // 0440 is octal to kubectl, and 288 to everybody else.
  expect(
    workloads(ours).map((one) => one.replaceAll('"defaultMode":440', '"defaultMode":288')),
  ).toEqual(workloads(theirs));
});

test.each(PLACES)(
  "[DP1] %s: every pod's settings are accepted, files and secrets included",
  async (place) => {
    const manifests = manifestsOf(place);
    const workloads = workloadsOf(manifests);
    expect(workloads.map(({ name }) => name).sort()).toEqual([
      "stormglass-edge",
      "stormglass-node",
    ]);
    const names = new Set(serveKeys().map(({ variable }) => variable));
    const roles: string[] = [];
    for (const workload of workloads) {
      const { role, id, bus } = await settingsOf(manifests, workload);
      roles.push(role);
      expect([id, bus.url]).toEqual(["from-the-pod", ["nats://nats:4222"]]);
      const own = workload.container.env.filter(({ name }) => name.startsWith(VARIABLE_PREFIX));
      expect(own.filter(({ name }) => !names.has(name))).toEqual([]);
    }
    expect(roles.sort()).toEqual(["edge", "node"]);
  },
);

test.each(PLACES)("[DP2] %s: ports, probes and grace are those of the server", async (place) => {
  const manifests = manifestsOf(place);
  const server = new OperationsServer(seenCluster().sources("edge", "node"), {
    host: "127.0.0.1",
    port: 0,
    log: silentLog,
  });
  const { url } = await server.listen();
  for (const workload of workloadsOf(manifests)) {
    const settings = await settingsOf(manifests, workload);
    const { ports, livenessProbe, readinessProbe } = workload.container;
    const { edge, node, operations, drain } = settings;
    const listening = { signal: edge.port, trunk: node.trunk.port, operations: operations.port };
    const expected = settings.role === "edge" ? ["operations", "signal"] : ["operations", "trunk"];
    expect(ports.map(({ name }) => name).sort()).toEqual(expected);
    for (const { name, containerPort } of ports) {
      expect(containerPort).toBe(listening[name as keyof typeof listening]);
    }
    for (const { httpGet } of [livenessProbe, readinessProbe]) {
      expect(httpGet.port).toBe("operations");
      expect((await fetch(url + httpGet.path)).status).not.toBe(404);
    }
    expect([livenessProbe.httpGet.path, readinessProbe.httpGet.path]).toEqual([
      "/livez",
      "/readyz",
    ]);
    // Room for the end of the bus (2 s), the sockets (0.5 s), the recording.
    expect(workload.graceMs).toBeGreaterThanOrEqual(drain.noticeMs + drain.deadlineMs + 10_000);
  }
  await server.close();
});

test.each(PLACES)("[DP3] %s: whatever names something names something that is there", (place) => {
  const manifests = manifestsOf(place);
  const workloads = workloadsOf(manifests);
  const images = new Set(workloads.map(({ container }) => container.image));
  expect([...images]).toHaveLength(1);
  const chosenBy = (selector: Readonly<Record<string, string>>): readonly Workload[] =>
    workloads.filter(({ labels }) =>
      Object.entries(selector).every(([name, value]) => labels[name] === value),
    );
  const portNames = (all: readonly Workload[]): string[] =>
    all.flatMap(({ container }) => container.ports.map(({ name }) => name));
  const isOurs = ({ metadata }: Manifest): boolean => metadata.name.startsWith("stormglass");
  const own = manifests.filter(isOurs);
  for (const { kind, spec } of own) {
    if (kind === "PodDisruptionBudget") expect(chosenBy(spec.selector.matchLabels)).toHaveLength(1);
    if (kind === "Service") {
      const chosen = chosenBy(spec.selector);
      expect(chosen).toHaveLength(1);
      for (const { targetPort } of spec.ports) expect(portNames(chosen)).toContain(targetPort);
    }
    if (kind === "NetworkPolicy") {
      const chosen = chosenBy(spec.podSelector.matchLabels);
      expect(chosen).toHaveLength(1);
      const ports = (spec.ingress as Manifest[]).flatMap((rule) => rule["ports"] as Manifest[]);
      expect(ports.map(({ port }) => port as string).sort()).toEqual(portNames(chosen).sort());
    }
    if (kind === "StatefulSet") {
      expect(
        own.some((one) => one.kind === "Service" && one.metadata.name === spec.serviceName),
      ).toBe(true);
    }
    if (kind === "HorizontalPodAutoscaler") {
      const { scaleTargetRef } = spec as { scaleTargetRef: { kind: string; name: string } };
      const scaled = own.filter(
        (one) => one.kind === scaleTargetRef.kind && one.metadata.name === scaleTargetRef.name,
      );
      // Else every apply takes back what the HPA did.
      expect(scaled.map((one) => one["spec"].replicas as unknown)).toEqual([undefined]);
    }
    if (kind === "Ingress") expectLedTo(manifests, spec.rules[0].http.paths[0]);
  }
  for (const { volumes } of workloads) {
    for (const { configMap, secret } of volumes) {
      const [kind, name] =
        secret === undefined ? ["ConfigMap", configMap!.name] : ["Secret", secret.secretName];
      const isMade = manifests.some((one) => one.kind === kind && one.metadata.name === name);
      // An overlay that makes secrets makes all that it uses.
      const mayBeOutside = kind === "Secret" && place !== "overlays/dev" && name in OUTSIDE;
      expect([name, isMade || mayBeOutside]).toEqual([name, true]);
    }
  }
});

function expectLedTo(
  manifests: readonly Manifest[],
  {
    path,
    backend,
  }: { path: string; backend: { service: { name: string; port: { name: string } } } },
): void {
  expect(path).toBe(settingsWith().edge.path);
  const { name, port } = backend.service;
  const service = manifests.find((one) => one.kind === "Service" && one.metadata.name === name);
  const ports = service?.["spec"].ports as readonly { name: string }[];
  expect(ports.map((one) => one.name)).toContain(port.name);
}

test("[DP6] the HPA of the component is the one that is simulated, and the server has its metrics", () => {
  const of = (path: string): Manifest => parse(textOf(path)) as Manifest;
  const shipped = of(`${KUBERNETES}/components/autoscaling/hpa.yaml`);

  expect(shipped).toEqual(of("scenarios/manifests/hpa.yaml"));
  expect(hpaManifest(shipped, rulesOf("1.35"))).toMatchObject({ targetKind: "StatefulSet" });
  const documented = textOf("docs/deploy.md");
  for (const { pods } of shipped["spec"].metrics as { pods?: { metric: { name: string } } }[]) {
    if (pods === undefined) continue;
    const row = documented.split("\n").find((line) => line.startsWith(`| \`${pods.metric.name}\``));
    expect([pods.metric.name, row?.split(" | ")[2]]).toEqual([
      pods.metric.name,
      expect.stringContaining("node"),
    ]);
  }
});

test("[DP3] the ingress hashes the room and is more patient than the edge", () => {
  const ingress = manifestsOf("overlays/production").find(({ kind }) => kind === "Ingress")!;
  const { annotations } = ingress.metadata as unknown as { annotations: Record<string, string> };
  const name = "nginx.ingress.kubernetes.io";
  expect(annotations[`${name}/upstream-hash-by`]).toBe("$arg_room");
  const { silenceMaxMs } = edgePolicy(settingsWith(), 1);
  for (const side of ["read", "send"]) {
    expect(1_000 * Number(annotations[`${name}/proxy-${side}-timeout`])).toBeGreaterThan(
      silenceMaxMs,
    );
  }
});

test("[DP4] the image: no root, nothing but what runs, the ports and variables that the server has", () => {
  const text = textOf("deploy/Dockerfile");
  const instructions = text.split("\n").filter((line) => /^[A-Z]+ /.test(line));
  const of = (name: string): string[] =>
    instructions
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1));
  for (const from of of("FROM")) expect(from).toMatch(/^node:(20|22)-slim( AS build)?$/);
  expect(of("USER")).toEqual(["1000:1000"]);
  expect(text).toContain("npm prune --omit=dev");
  const { edge, node, operations, admin } = settingsWith();
  const ports = [edge.port ?? 8_080, 8_443, node.trunk.port, operations.port, admin.port];
  expect(of("EXPOSE")[0]!.split(" ").map(Number)).toEqual(ports);
  const { bin } = JSON.parse(textOf("package.json")) as { bin: { stormglass: string } };
  expect(JSON.parse(of("ENTRYPOINT")[0]!)).toEqual(["node", `/app/${bin.stormglass}`]);
  const ignored = textOf("deploy/Dockerfile.dockerignore").split("\n");
  const sources = of("COPY")
    .filter((line) => !line.startsWith("--from"))
    .flatMap((line) => line.split(" ").slice(0, -1));
  for (const source of sources) {
    expect([source, existsSync(join(root, source)), ignored.includes(`!${source}`)]).toEqual([
      source,
      true,
      true,
    ]);
  }
  const variables = new Set(serveKeys().map(({ variable }) => variable));
  const said = text.match(/STORMGLASS_[A-Z_]*[A-Z]/g)!;
  expect(said.filter((name) => !variables.has(name))).toEqual([]);
});
