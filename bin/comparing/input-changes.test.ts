import { expect, test } from "vitest";
import type { Scenario } from "../../scenarios/schema.ts";
import { changeLabel, inputChange } from "./input-changes.ts";
import type { Inputs } from "./side.ts";

const RESOLVED = {
  metadata: { name: "storm", title: "Does it hold?", labels: {} },
  budgets: ["budgets/storm.yaml"],
  clients: { total: 8_000, arrivals: [{ phase: "storm", share: 1 }] },
  profile: { name: "p", costs: { upgradeUs: { value: 100, evidence: "cited", source: "here" } } },
};

function inputs(change: (resolved: typeof RESOLVED) => object, more: Partial<Inputs> = {}): Inputs {
  const resolved = change(RESOLVED);
  return {
    scenario: (resolved as typeof RESOLVED).metadata.name,
    source: "storm.yaml",
    settings: [],
    digest: JSON.stringify(resolved),
    files: { "storm.yaml": "aa" },
    toolVersion: "0.1.0",
    model: "m1",
    resolved: resolved as unknown as Scenario,
    ...more,
  };
}

const base = inputs((same) => same);

test("[BC18] a change is named: nothing, settings, costs, another scenario, another simulator", () => {
  const said = (candidate: Inputs): readonly string[] => {
    const change = inputChange(base, candidate);
    return [changeLabel(change), ...change.lines];
  };

  expect(said(base)).toEqual(["the same scenario"]);
  expect(
    said(
      inputs((old) => ({
        ...old,
        clients: { total: 9_000, arrivals: [{ phase: "storm", share: 0.5 }] },
      })),
    ),
  ).toEqual([
    "changed settings",
    "clients.arrivals.storm.share: 1 → 0.5",
    "clients.total: 8000 → 9000",
  ]);
  const costs = { upgradeUs: { value: 110, evidence: "assumed", source: "there" } };
  expect(said(inputs((old) => ({ ...old, profile: { name: "p", costs } })))).toEqual([
    "changed costs",
    "profile.costs.upgradeUs.value: 100 → 110",
  ]);
  expect(said(inputs((old) => ({ ...old, metadata: { ...old.metadata, name: "other" } })))).toEqual(
    ["different scenarios", "scenario: storm → other"],
  );
  expect(said({ ...base, model: "m2" })).toEqual(["model change, the same scenario"]);
  expect(said({ ...base, model: undefined })).toEqual(["model change, the same scenario"]);
});

test("[BC18] sentences and the place of files change no run", () => {
  const moved = inputs((old) => ({
    ...old,
    metadata: { ...old.metadata, title: "Does it still hold?" },
    budgets: ["ci/budgets/storm.yaml"],
  }));

  expect(inputChange(base, moved)).toEqual({ kind: "none", isModelChange: false, lines: [] });
});

test("[BC18] where a scenario is not at hand, settings and files tell", () => {
  const change = inputChange(
    { ...base, settings: ["clients.total=8k"] },
    {
      ...base,
      digest: "other",
      resolved: undefined,
      settings: ["clients.total=9k"],
      files: { "storm.yaml": "bb", "more.yaml": "cc" },
    },
  );

  expect(change).toEqual({
    kind: "unknown",
    isModelChange: false,
    lines: [
      "--set clients.total=8k: base only",
      "--set clients.total=9k: candidate only",
      "more.yaml: candidate only",
      "storm.yaml: another text",
    ],
  });
});
