// `stormglass hpa vectors` from the outside: exit codes, streams, and what it says of a file that is not right.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
const program = join(root, "dist/bin/stormglass.js");
const shipped = ["hpa-vectors", "hpa-derived-vectors"].map((name) =>
  join(root, `test/data/${name}.json`),
);
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function vectors(...args: readonly string[]) {
  const options = { cwd: directory, encoding: "utf8", maxBuffer: 1 << 26 } as const;
  const done = spawnSync(process.execPath, [program, "hpa", "vectors", ...args], options);
  return { code: done.status, out: done.stdout, err: done.stderr };
}

interface Row {
  id: string;
  kind: string;
  fn: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
}
interface Vectors {
  vectors: Row[];
}

/** The shipped rows, changed. */
function changed(change: (file: Vectors) => void): string {
  const file = JSON.parse(readFileSync(shipped[0], "utf8")) as Vectors;
  change(file);
  const path = join(directory, "changed.json");
  writeFileSync(path, JSON.stringify(file));
  return path;
}

test.each(shipped)("[HP2] all rows of %s pass, code 0", (path) => {
  const { vectors: rows } = JSON.parse(readFileSync(path, "utf8")) as Vectors;
  const { code, out, err } = vectors(path, "--no-color");

  expect([code, err]).toEqual([0, ""]);
  expect(out.split("\n")[0]).toBe(`all ${rows.length} rows passed.`);
  expect(out.match(/^passed {2}/gm)?.length).toBe(rows.length);
  for (const { id } of rows) expect(out).toContain(`passed  ${id}  `);
});

test("[HP2] as JSON each row has expected, got and verdict, beside a summary", () => {
  const { code, out } = vectors(shipped[1], "--json");
  const report = JSON.parse(out) as { rows: object[]; summary: object };

  expect([code, report.summary]).toEqual([0, { rows: 11, passed: 11, failed: 0 }]);
  expect(report.rows[0]).toEqual({
    id: "dv-001",
    kind: "replicaCalculator",
    fn: "resourceUtilization",
    expected: { replicas: 10, utilization: 36, rawAverage: 369, error: null },
    got: { replicas: 10, utilization: 36, rawAverage: 369, error: null },
    verdict: "passed",
    differs: [],
  });
});

test("[HP2] rows that fail are told with what came, code 10", () => {
  const path = changed(({ vectors: rows }) => {
    rows.find(({ id }) => id === "ctl-001")!.expected.desiredReplicas = 6;
    rows.find(({ id }) => id === "bh-downlimit-001")!.expected.limit = 4;
  });
  const { code, out, err } = vectors(path);

  expect([code, err]).toEqual([10, ""]);
  expect(out).toMatch(/^2 of 143 rows failed\.\n/);
  expect(out).toContain(
    "failed  bh-downlimit-001  behaviors/scaleDownLimit\n    expected  limit 4\n    got       limit 3\n",
  );
  expect(out).toMatch(/\nFailed: bh-downlimit-001, ctl-001\n$/);
  const { rows } = JSON.parse(vectors(path, "--json").out) as {
    rows: { id: string; verdict: string; differs: string[] }[];
  };
  expect(rows.filter(({ verdict }) => verdict === "failed")).toMatchObject([
    { id: "bh-downlimit-001", differs: ["limit"] },
    { id: "ctl-001", differs: ["desiredReplicas"] },
  ]);
});

test("[HP2] every malformed row is named with its field, code 3, and nothing is judged", () => {
  const path = changed(({ vectors: rows }) => {
    delete rows.find(({ id }) => id === "ctl-001")!.input.maxReplicas;
    rows.find(({ id }) => id === "stab-legacy-001")!.fn = "older";
  });
  const { code, out, err } = vectors(path);

  expect([code, out]).toEqual([3, ""]);
  expect(err).toContain(`${path}: ctl-001: input.maxReplicas must be there\n`);
  expect(err).toContain(
    `${path}: stab-legacy-001: fn must be one of legacy, withBehaviors, got "older"\n`,
  );
});

test("[HP2] a file that is not there or no JSON is code 3, a missing argument code 2", () => {
  const path = join(directory, "broken.json");
  writeFileSync(path, '{"vectors": [');

  expect(vectors("absent.json")).toEqual({
    code: 3,
    out: "",
    err: "absent.json: cannot be read\n",
  });
  expect(vectors(path).code).toBe(3);
  expect(vectors(path).err).toMatch(/broken\.json: must be JSON: /);
  expect(vectors().code).toBe(2);
});
