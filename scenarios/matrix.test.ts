import { expect, test } from "vitest";
import { load, loadEach, problemsIn, problemsOf, SMALL, type Files } from "./fixtures.ts";

const withMatrix = (matrix: string): Files => ({ "small.yaml": `${SMALL}matrix:\n${matrix}` });
const GRID = withMatrix(`  cluster.nodes.count: [3, 5]
  faults.kill-node.target.count: [1, 2]
  exclude: [{ cluster.nodes.count: 3, faults.kill-node.target.count: 2 }]
`);
const faults = (matrix: string): readonly string[] =>
  problemsIn(() => loadEach(withMatrix(matrix)));

test("[MX1] each cell is a scenario with its values, in the order of the axes, the last fastest", () => {
  const cells = loadEach(GRID);

  expect(cells.map(({ scenario }) => scenario.metadata.name)).toEqual([
    "small@nodes.count=3,target.count=1",
    "small@nodes.count=5,target.count=1",
    "small@nodes.count=5,target.count=2",
  ]);
  expect(cells.map(({ scenario }) => scenario.cluster.nodes.count)).toEqual([3, 5, 5]);
  expect(cells[2]!.scenario.faults).toMatchObject([{ name: "kill-node", target: { count: 2 } }]);
  expect(cells[1]!.cell).toEqual({
    of: "small",
    key: "nodes.count=5,target.count=1",
    settings: [
      { path: "cluster.nodes.count", label: "nodes.count", value: "5" },
      { path: "faults.kill-node.target.count", label: "target.count", value: "1" },
    ],
  });
});

test("[MX1] all cells have the seeds of the file, and nothing may change them", () => {
  expect(new Set(loadEach(GRID).map(({ scenario }) => scenario.run.seeds.base))).toEqual(
    new Set([1]),
  );
  expect(faults("  run.seeds.base: [1, 2]\n")).toEqual([
    "small.yaml:23:3: matrix.run.seeds.base must not be an axis: all cells share run.seeds",
  ]);
  expect(faults("  metadata.name: [a, b]\n")[0]).toContain("all cells share metadata");
});

test("[MX2] values make names that file systems take, of paths the last part", () => {
  const files = {
    ...withMatrix(
      '  autoscaling.kubernetesVersion: ["1.32", "1.37"]\n  cluster.nodes.softLimit: [85%]\n  autoscaling.hpa: [none, hpa/large.yaml]\n',
    ),
    "hpa/large.yaml": "spec: { minReplicas: 2, maxReplicas: 9 }\n",
  };
  const names = loadEach(files).map(({ cell }) => cell!.key);

  expect(names[3]).toBe(
    "autoscaling.kubernetesVersion=1.37,nodes.softLimit=85pct,autoscaling.hpa=large",
  );
  for (const name of names) expect(name).toMatch(/^[\w.=,+-]+$/);
});

test("[MX2] where the ends of two paths are alike they are longer", () => {
  const matrix =
    "  cluster.edges.admission.burst: [100, 200]\n  cluster.nodes.admission.burst: [50]\n";

  expect(loadEach(withMatrix(matrix))[0]!.cell!.key).toBe(
    "edges.admission.burst=100,nodes.admission.burst=50",
  );
});

test("[MX3] a cell alone is the same scenario; a matrix without a cell is refused where one is wanted", () => {
  const cells = loadEach(GRID);
  const of = (cell: string) => problemsIn(() => load(GRID, [], "small.yaml", {}, cell));

  expect(load(GRID, [], "small.yaml", {}, "nodes.count=5,target.count=2").scenario).toEqual(
    cells[2]!.scenario,
  );
  expect(problemsOf(GRID)).toEqual([
    "small.yaml: has a matrix of 3 cells: name one (small.yaml@nodes.count=3,target.count=1, " +
      "small.yaml@nodes.count=5,target.count=1, small.yaml@nodes.count=5,target.count=2); `stormglass run` takes all",
  ]);
  expect(of("nodes.count=5,target.count=3")[0]).toContain(
    'has no cell "nodes.count=5,target.count=3" — did you mean "nodes.count=5,target.count=1"?',
  );
  expect(problemsIn(() => load({ "small.yaml": SMALL }, [], "small.yaml", {}, "a=1"))).toEqual([
    "small.yaml: must be small.yaml alone: it has no matrix",
  ]);
});

test("[MX4] --set of an axis fixes it, matrix=none takes the matrix away", () => {
  const [first, ...more] = loadEach(GRID, ["faults[kill-node].target.count=2"]);

  expect(first!.scenario.metadata.name).toBe("small@nodes.count=3");
  expect(first!.scenario.faults).toMatchObject([{ target: { count: 2 } }]);
  expect(more.length).toBe(1);
  expect(load(GRID, ["matrix=none"]).scenario.metadata.name).toBe("small");
});

test("[MX4] a variant adds axes to those of the file it extends", () => {
  const files = {
    ...GRID,
    "more.yaml":
      "extends: small.yaml\nmetadata: { name: more, title: More? }\nmatrix: { clients.total: [1k, 2k], exclude: [] }\n",
  };

  expect(loadEach(files, [], "more.yaml").length).toBe(8);
});

test.each([
  ["  - 3\n", "small.yaml:23:3: matrix must be a map of paths and their values"],
  ["  cluster.nodes.count: 3\n", "small.yaml:23:24: matrix.cluster.nodes.count must be a list"],
  ["  cluster.nodes.count: []\n", "matrix.cluster.nodes.count must be a list of values"],
  ["  network.clientLatency: [{ dist: constant }]\n", "must have plain values"],
  ["  cluster.nodes.count: [3, 4, 3]\n", "must have values that differ, got 3"],
  ["  exclude: []\n", "matrix must have a path with its values"],
  [
    "  cluster.nodes.count: [3]\n  exclude: [{ cluster.node.count: 3 }]\n",
    'matrix.exclude must name axes, got "cluster.node.count" — did you mean "cluster.nodes.count"?',
  ],
  [
    "  cluster.nodes.count: [3, 5]\n  exclude: [{ cluster.nodes.count: 4 }]\n",
    'matrix.exclude must name values of cluster.nodes.count (3, 5), got "4"',
  ],
  [
    "  cluster.nodes.count: [3]\n  exclude: [{ cluster.nodes.count: 3 }]\n",
    "matrix must have a cell, and all are excluded",
  ],
])("[MX5] what is no matrix is refused at its place: %j", (matrix, problem) => {
  expect(faults(matrix)[0]).toContain(problem);
});

test("[MX5] a wrong value is told once, where the matrix says it, and so is what is wrong with all cells", () => {
  expect(faults("  cluster.nodes.count: [3, many]\n  cluster.edges.count: [1, 2]\n")).toEqual([
    expect.stringMatching(/^small\.yaml:23:28: cluster\.nodes\.count must be a whole number/),
  ]);
  expect(faults("  cluster.nodes.cout: [3, 4]\n")).toEqual([
    'small.yaml:23:24: cluster.nodes must have no key "cout" — did you mean "count"?',
    'small.yaml:23:27: cluster.nodes must have no key "cout" — did you mean "count"?',
  ]);
});

test("[MX6] there are at most 200 cells, however many are excluded", () => {
  const many = (count: number): string =>
    `[${Array.from({ length: count }, (_, i) => i + 1).join(", ")}]`;

  expect(loadEach(withMatrix(`  cluster.nodes.count: ${many(200)}\n`)).length).toBe(200);
  expect(faults(`  cluster.nodes.count: ${many(201)}\n`)[0]).toBe(
    "small.yaml:23:3: matrix must have at most 200 cells, got 201; take values away or exclude some",
  );
  expect(
    faults(`  cluster.nodes.count: ${many(150)}\n  cluster.edges.count: ${many(150)}\n`)[0],
  ).toContain("at most 200 cells, got 22500");
});
