// stormglass export from the outside: streams, files and codes, files against the schemas of what takes them, and against
// kubectl and promtool where they are.

import { Ajv2020 } from "ajv/dist/2020.js";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { main } from "../bin/cli.ts";
import { SHIPPED_DEPARTURE } from "../bin/export-subject.ts";
import { type Outside, processOutside } from "../bin/outside.ts";
import { EXPORT_SCHEMAS } from "./parts/export-schemas.ts";
import { type Manifest, rendered } from "./parts/manifests.ts";
import { hasProgram } from "./parts/process.ts";

const root = new URL("..", import.meta.url).pathname;
const program = join(root, "dist/bin/stormglass.js");
const stubbed = join(root, "dist/test/stub/stormglass-stub.js");
const hasKubectl = hasProgram("kubectl", "--help");
const hasPromtool = hasProgram("promtool");
const real = processOutside();
let directory = "";

interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function node(file: string, args: readonly string[]): Done {
  const done = spawnSync(process.execPath, [file, ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "" },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** In this process, which starts no other, and with paths from the tests' directory. */
async function exporting(...args: readonly string[]): Promise<Done> {
  let [out, err] = ["", ""];
  const terminal = (write: (text: string) => void) => ({
    write,
    isTTY: false,
    columns: 80,
    stream: undefined,
  });
  const place = (path: string): string => (/^[@/]/.test(path) ? path : join(directory, path));
  const outside: Outside = {
    ...real,
    args: ["export", ...args],
    stdout: terminal((text) => (out += text)),
    stderr: terminal((text) => (err += text)),
    readFile: (path) => real.readFile(place(path)),
    writeFile: (path, text) => real.writeFile(place(path), text),
    exists: (path) => real.exists(place(path)),
    list: (path) => real.list(place(path)),
  };
  const code = await main(outside, "");
  return { code, out, err };
}

interface Document {
  readonly scenarios: { name: string; verdict: string; runs: Record<string, unknown>[] }[];
}

/** A storm of the stub, as `run` writes it, its runs scaled by this HPA. */
function stored(
  name: string,
  manifest: object | undefined,
  settings: readonly string[] = [],
): void {
  const args = ["run", "join-storm-100k", "--json", "--quiet", "--seeds", "3"];
  const said = ["clients.total=6000", ...settings].flatMap((one) => ["--set", one]);
  const document = JSON.parse(node(stubbed, [...args, ...said]).out) as Document;
  const [scenario] = document.scenarios;
  const runs = scenario!.runs.map(({ seed, variant, digest }) => ({
    scenario: scenario!.name,
    seed,
    variant,
    digest,
    ...(manifest === undefined ? {} : { autoscaling: scaled(manifest) }),
  }));
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, "results.json"), JSON.stringify(document));
  writeFileSync(join(directory, name, "runs.json"), JSON.stringify(runs));
}

const scaled = (manifest: object): object => ({
  manifest,
  kubernetesVersion: "1.34",
  workloadKind: "StatefulSet",
  decisions: [{ replicas: 8 }, { replicas: 40 }, { replicas: 12 }],
  pods: [
    { deletedAtMs: 60_000, goneAtMs: 71_500, sessionsKilled: 0 },
    { deletedAtMs: 60_000, goneAtMs: 82_300, sessionsKilled: 0 },
    { sessionsKilled: 0 },
  ],
});

const seedManifest = parse(readFileSync(join(root, "scenarios/manifests/hpa.yaml"), "utf8")) as {
  spec: object;
};
const tuned = {
  ...seedManifest,
  spec: {
    ...seedManifest.spec,
    minReplicas: 30,
    behavior: { scaleDown: { stabilizationWindowSeconds: 600, tolerance: 0.2 } },
  },
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-export-"));
  const path = '"@builtin/manifests/hpa.yaml"';
  stored("scaled", seedManifest, [`autoscaling.hpa=${path}`, "kubernetes.pods.grace=3m"]);
  stored("fixed", undefined);
  stored("missed", seedManifest, [`autoscaling.hpa=${path}`, "metadata.labels.stub=loss"]);
  writeFileSync(join(directory, "tuned.yaml"), stringify(tuned));
  expect(await exporting("all", "scaled", "--out", "all")).toMatchObject({ code: 0 });
  const options = ["--hpa", "tuned.yaml", "--kubernetes", "1.37", "--namespace", "calls"];
  expect(await exporting("all", "scaled", "--out", "other", ...options)).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(directory, { recursive: true }));

const written = (path: string): string => readFileSync(join(directory, path), "utf8");

test("[EX11] all writes one file each and a page that says what to type", () => {
  const files = readdirSync(join(directory, "all"), { recursive: true, encoding: "utf8" });

  expect(files.filter((file) => /\.\w+$/.test(file)).sort()).toEqual(
    ["README.txt", ...Object.keys(EXPORT_SCHEMAS)].sort(),
  );
  const readme = written("all/README.txt");
  for (const file of Object.keys(EXPORT_SCHEMAS)) expect(readme).toContain(`    ${file}\n`);
  expect(readme).toContain("  $ kubectl apply -f hpa.yaml\n");
  expect(readme).toContain("Again    stormglass run join-storm-100k --seeds 3 --set clients.total");
});

test.each(Object.entries(EXPORT_SCHEMAS))(
  "[EX1, EX7, EX8, EX9, EX10] %s meets its schema",
  (file, schema) => {
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
    for (const place of ["all", "other"]) {
      validate(parse(written(`${place}/${file}`)));

      expect([place, validate.errors]).toEqual([place, null]);
    }
    validate({ ...(parse(written(`all/${file}`)) as object), spce: {}, panels: [] });
    expect(validate.errors).not.toBeNull();
  },
);

test("[EX5] the digest of several runs is that of their list, of one run its own", () => {
  const lines = [1, 2, 3].map((seed) => `${seed} ${seed.toString(16).padStart(16, "0")}\n`);
  const sum = execFileSync("sha256sum", { input: lines.join(""), encoding: "utf8" });
  const { metadata } = parse(written("all/hpa.yaml")) as { metadata: { annotations: object } };

  expect(metadata.annotations).toEqual({
    "stormglass.dev/scenario": "join-storm-100k",
    "stormglass.dev/run-digest": sum.slice(0, 16),
    "stormglass.dev/verdict": "pass",
    "stormglass.dev/seeds": "1-3",
  });
});

test("[EX11] one kind goes to stdout, to a file, or to a directory", async () => {
  const printed = await exporting("hpa", "scaled");
  expect(printed).toMatchObject({ code: 0, err: "", out: written("all/hpa.yaml") });
  expect(node(program, ["export", "hpa", "scaled"])).toEqual(printed);

  expect((await exporting("hpa", "scaled/results.json", "--out", "deep/my-hpa.yaml")).code).toBe(0);
  expect(written("deep/my-hpa.yaml")).toBe(printed.out);
  expect(
    (await exporting("alerts", "scaled", "--out", "rules")).err.split("\n").slice(0, 3),
  ).toEqual(["rules/alerts.yaml", "rules/prometheus-rule.yaml", "rules/alerts.test.yaml"]);
  expect((await exporting("alerts", "scaled", "--crd")).out).toBe(
    written("rules/prometheus-rule.yaml"),
  );
  const patches = parseAllDocuments((await exporting("pdb", "scaled")).out).map(
    (one) => one.toJS() as Manifest,
  );
  expect(patches.map(({ kind }) => kind)).toEqual(["StatefulSet", "PodDisruptionBudget"]);
});

test("[EX10] the grace is that of the scenario that was run, and deploy's where it cannot be had", async () => {
  const patch = written("all/disruption/patch-workload.yaml");
  expect(patch).toContain("terminationGracePeriodSeconds: 180");
  expect(patch).toContain(
    "# The grace is as in the run. In the runs the slowest pod was gone after 22.3 s",
  );

  const document = written("scaled/results.json").replace(
    /"digest":"[0-9a-f]{64}"/,
    '"digest":"0"',
  );
  mkdirSync(join(directory, "moved"), { recursive: true });
  writeFileSync(join(directory, "moved/results.json"), document);
  cpSync(join(directory, "scaled/runs.json"), join(directory, "moved/runs.json"));
  const { out } = await exporting("pdb", "moved");
  expect(out).toContain("terminationGracePeriodSeconds: 90");
  expect(out.replaceAll(/\n +# /g, " ")).toContain(
    "as deploy/ has it: the scenario was not at hand",
  );

  const base = rendered(join(root, "deploy/kubernetes/base"));
  const nodes = base.find(({ kind }) => kind === "StatefulSet")!;
  const budget = base.find(
    ({ kind, metadata }) => kind === "PodDisruptionBudget" && metadata.name === nodes.metadata.name,
  )!;
  const serve = parse(readFileSync(join(root, "deploy/kubernetes/base/serve.yaml"), "utf8")) as {
    drain: { notice: string };
  };
  expect(SHIPPED_DEPARTURE).toEqual({
    graceMs: 1_000 * (nodes["spec"].template.spec.terminationGracePeriodSeconds as number),
    noticeMs: 1_000 * Number(serve.drain.notice.replace("s", "")),
    maxUnavailable: budget["spec"].maxUnavailable as number,
  });
});

test("[EX2] --kubernetes decides the fields, the run's release by default; warnings go to stderr", async () => {
  const old = await exporting("hpa", "scaled", "--hpa", "tuned.yaml", "--kubernetes", "1.32");
  expect(old.out).not.toContain("tolerance:");
  expect(old.err).toContain("Mind: scaleDown: tolerance 0.2 is left out: 1.32 does not know it");
  const own = await exporting("hpa", "scaled", "--hpa", "tuned.yaml");
  expect(own.out).toContain('tolerance: "0.2"');
  expect(own.err).toContain("Mind: scaleDown.tolerance: Alpha in 1.34");
  expect((await exporting("hpa", "scaled", "--kubernetes", "1.31")).code).toBe(2);
});

test("[EX5] another HPA than the run's, and a verdict that is fail, are said", async () => {
  const other = await exporting("hpa", "scaled", "--hpa", "tuned.yaml", "--kubernetes", "1.36");
  expect(other.out).toContain("stormglass.dev/hpa: not the one of the run");
  expect(other.err).toBe(
    "Mind: The run behind this had another HPA: run the scenario with this one to judge it.\n",
  );
  const same = await exporting("hpa", "scaled", "--hpa", "scaled.yaml");
  expect(same).toMatchObject({ code: 3, out: "" });
  writeFileSync(join(directory, "scaled.yaml"), stringify(seedManifest));
  expect((await exporting("hpa", "scaled", "--hpa", "scaled.yaml")).err).toBe("");

  const missed = await exporting("hpa", "missed");
  expect(missed.out).toContain("stormglass.dev/verdict: fail");
  expect(missed.err).toContain("its verdict is fail");
});

test("[EX11] a result without an HPA: code 3 and what to type; all leaves it out", async () => {
  for (const kind of ["hpa", "keda"]) {
    const { code, out, err } = await exporting(kind, "fixed");
    expect([kind, code, out]).toEqual([kind, 3, ""]);
    expect(err).toContain("fixed: join-storm-100k was run without an HPA. Name one with --hpa");
    expect(err).toContain("--set 'autoscaling.hpa=");
  }
  expect((await exporting("all", "fixed", "--out", "without")).code).toBe(0);
  expect(existsSync(join(directory, "without/hpa.yaml"))).toBe(false);
  expect(written("without/README.txt")).toContain("Left out\n  hpa: the result has no HPA\n");
  expect(
    (await exporting("hpa", "fixed", "--hpa", "tuned.yaml", "--kubernetes", "1.35")).code,
  ).toBe(0);
});

test("[EX11] mistakes: an HPA that none would take is 3, usage is 2, no result is 3", async () => {
  writeFileSync(
    join(directory, "bad.yaml"),
    stringify({ ...tuned, spec: { ...tuned.spec, maxReplicas: 0 } }),
  );
  const bad = await exporting("hpa", "scaled", "--hpa", "bad.yaml");
  expect([bad.code, bad.err]).toEqual([
    3,
    expect.stringContaining("bad.yaml: spec.maxReplicas must be 30"),
  ]);
  expect(await exporting("all", "scaled")).toMatchObject({ code: 2, out: "" });
  expect((await exporting("hpa", "scaled", "--namespace", "No Name")).code).toBe(2);
  expect((await exporting("hpaa", "scaled")).code).toBe(2);
  expect(await exporting("hpa", "nowhere")).toMatchObject({ code: 3, out: "" });
});

test("[EX11] --json has the files and warnings", async () => {
  const { out } = await exporting("all", "missed", "--json");
  const made = JSON.parse(out) as { files: { name: string; text: string }[]; warnings: string[] };

  expect(made.files.map(({ name }) => name).sort()).toEqual(
    ["README.txt", ...Object.keys(EXPORT_SCHEMAS)].sort(),
  );
  expect(made.warnings).toEqual([expect.stringContaining("its verdict is fail")]);
});

test.skipIf(!hasKubectl)("[EX10] kustomize applies the component over the base", () => {
  const place = join(directory, "kustomized");
  cpSync(join(root, "deploy/kubernetes/base"), join(place, "base"), { recursive: true });
  cpSync(join(directory, "all/disruption"), join(place, "disruption"), { recursive: true });
  const file = { resources: ["base"], components: ["disruption"] };
  writeFileSync(join(place, "kustomization.yaml"), stringify(file));
  const out = execFileSync("kubectl", ["kustomize", place], { encoding: "utf8" });
  const manifests = parseAllDocuments(out).map((one) => one.toJS() as Manifest);
  const nodes = manifests.find(({ kind }) => kind === "StatefulSet")!["spec"].template.spec as {
    terminationGracePeriodSeconds: number;
    topologySpreadConstraints: unknown[];
    containers: { image: string; env: { name: string; value?: string }[] }[];
  };

  expect(nodes.terminationGracePeriodSeconds).toBe(180);
  expect(nodes.topologySpreadConstraints).toHaveLength(2);
  expect(nodes.containers).toHaveLength(1);
  const env = Object.fromEntries(nodes.containers[0]!.env.map(({ name, value }) => [name, value]));
  expect(env).toMatchObject({ STORMGLASS_ROLE: "node", STORMGLASS_DRAIN_DEADLINE: "170s" });
});

if (!hasPromtool) console.warn("promtool is not here: the exported alerts are not run through it.");
test.skipIf(!hasPromtool)("[EX8] promtool takes the rules, and every test of them passes", () => {
  const run = (...args: readonly string[]): string =>
    execFileSync("promtool", args, { cwd: join(directory, "all"), encoding: "utf8" });

  expect(run("check", "rules", "alerts.yaml")).toContain("SUCCESS");
  expect(run("test", "rules", "alerts.test.yaml")).toContain("SUCCESS");
});
