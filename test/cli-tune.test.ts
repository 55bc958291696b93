import { expect, test } from "vitest";
import { parse } from "yaml";
import { main } from "../bin/cli.ts";
import { processOutside, type Outside, type StopSignal, type Terminal } from "../bin/outside.ts";

const WORKER = new URL("./stub/tune-worker.js", import.meta.url).href;

const real = processOutside();

interface Done {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Files in memory over those that ship. `stopAfter`: SIGINT after so many finished runs. */
async function tune(
  files: Map<string, string>,
  args: readonly string[],
  stopAfter = Infinity,
): Promise<Done> {
  const texts = { out: "", err: "" };
  const terminal = (name: "out" | "err"): Terminal => ({
    write: (text) => void (texts[name] += text),
    isTTY: false,
    columns: 120,
    stream: undefined,
  });
  let stop: (signal: StopSignal) => void = () => {};
  let appended = 0;
  const outside: Outside = {
    ...real,
    args: ["tune", "hpa", ...args],
    env: {},
    stdout: terminal("out"),
    stderr: terminal("err"),
    version: "1.0.0",
    programDigest: () => "code",
    readFile: (path) =>
      files.get(path) ?? (path.startsWith("@builtin/") ? real.readFile(path) : undefined),
    writeFile: (path, text) => void files.set(path, [...text].join("")),
    appendFile: (path, text) => {
      files.set(path, (files.get(path) ?? "") + text);
      if (++appended === stopAfter) stop("SIGINT");
    },
    exists: (path) => files.has(path),
    remove: (path) => void files.delete(path),
    onStop: (listener) => {
      stop = listener;
      return () => {};
    },
  };
  const code = await main(outside, WORKER);
  return { code, ...texts };
}

const STORM = ["join-storm-100k", "--out", "o", "--jobs", "2", "--trials", "16", "--seeds", "2"];
const needs = (nodes: number): string[] => ["--set", `metadata.labels.needs="${nodes}"`];

test("[TU15] the report says what to change, proves it on other seeds, and writes manifest and document", async () => {
  const files = new Map<string, string>();
  const { code, out, err } = await tune(files, [...STORM, ...needs(50), "--price-pod-hour", "0.5"]);
  const text = files.get("o/hpa.recommended.yaml")!;
  const recommended = parse(text) as { spec: { minReplicas: number; maxReplicas: number } };
  const document = JSON.parse(files.get("o/tune.json")!) as Record<string, unknown>;

  expect(code).toBe(0);
  const words = out.replaceAll(/\s+/g, " ");
  expect(words).toMatch(
    /^Change it: 5\d to \d+ nodes; .* meets all objectives with 3 seeds that the/,
  );
  expect(words).toContain("less than a fixed ceiling of 64");
  expect(out).toContain("-  minReplicas: 8\n+  minReplicas: 5");
  expect(out).toContain("stormglass tune hpa join-storm-100k --trials 16 --seeds 2 --set");
  expect(recommended.spec.minReplicas).toBeGreaterThanOrEqual(50);
  expect(document).toMatchObject({ outcome: "change", seeds: [1, 2], verifySeeds: [3, 4, 5] });
  expect(err).toContain("tune.json is in o");
}, 20_000);

test("[TU2] no change is an answer", async () => {
  const files = new Map<string, string>();
  const { code, out } = await tune(files, [...STORM, ...needs(1)]);
  const same = await tune(files, [...STORM, ...needs(1), "--current", "o/hpa.recommended.yaml"]);

  expect([code, same.code]).toEqual([0, 0]);
  expect(out).toMatch(/^(Change it|No change): /);
  expect(same.out).toMatch(/^No change: the current manifest meets all objectives/);
  expect(same.out).not.toContain("+++");
}, 20_000);

test("[TU2] when nothing meets the objectives the code is 10, and the nearest is named", async () => {
  const files = new Map<string, string>();
  const { code, out } = await tune(files, [...STORM, ...needs(900)]);

  expect(code).toBe(10);
  expect(out).toMatch(/^None of \d+ manifests meets the objectives; /);
  expect(files.has("o/hpa.recommended.yaml")).toBe(false);
}, 20_000);

test("[TU16] what the model promises and the full size does not hold is not recommended", async () => {
  const more = ["--set", 'metadata.labels.more="30"'];
  const { code, out } = await tune(new Map(), [...STORM, ...needs(20), ...more]);

  expect([code, out.split(":")[0]]).toEqual([10, "Not confirmed"]);
}, 20_000);

test("[TU17] an interrupted search says where it goes on, and goes on there", async () => {
  const whole = await tune(new Map(), [...STORM, ...needs(50), "--json"]);
  const files = new Map<string, string>();
  const first = await tune(files, [...STORM, ...needs(50), "--json"], 25);
  const known = files.get("o/journal.jsonl")!.trim().split("\n").length;
  const second = await tune(files, [...STORM, ...needs(50), "--json"]);
  const counts = ({ out }: Done) =>
    (JSON.parse(out) as { runs: { run: number; reused: number } }).runs;

  expect(first).toMatchObject({ code: 130, out: "" });
  expect(first.err).toContain("runs are in o/journal.jsonl; the same command goes on from there");
  expect(counts(second).run).toBe(counts(whole).run - known);
  const answer = ({ out }: Done) => (JSON.parse(out) as { answer: string }).answer;
  expect(answer(second)).toBe(answer(whole));
}, 30_000);

test("[TU15] --json is one document, --quiet says nothing, and an unknown release is a usage error", async () => {
  const { out, err } = await tune(new Map(), [...STORM, ...needs(30), "--json", "--quiet"]);

  expect(JSON.parse(out)).toMatchObject({ kubernetes: "1.35", outcome: "change" });
  expect(err).toBe("");
  expect((await tune(new Map(), ["join-storm-100k", "--kubernetes", "1.9"])).code).toBe(2);
  expect((await tune(new Map(), ["join-storm-100k", "--current", "no.yaml"])).code).toBe(3);
}, 20_000);
