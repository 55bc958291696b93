import { expect, test } from "vitest";
import {
  madeUpCheck,
  madeUpDocument,
  madeUpMiss,
  madeUpNothing,
  madeUpRun,
} from "../made-up-result.ts";
import { utf8Length } from "./page.ts";
import { markdownSummary, SUMMARY_BYTES_MAX } from "./summary.ts";

test("[CT1] the summary answers first, then the objectives, the worst seed's course, and how to make it again", () => {
  const checks = [
    madeUpCheck(),
    madeUpMiss("loss", { worstSeed: 7 }),
    madeUpNothing("none"),
    madeUpMiss("late", { severity: "warn" }),
  ];
  const text = markdownSummary(madeUpDocument(checks), [madeUpRun(3), madeUpRun(7)]);

  expect(text.split("\n").slice(0, 5)).toEqual([
    "## ❌ FAIL · storm",
    "",
    "**Yes, in 2 seeds: 99 % within 1.92 s.**",
    "",
    "*Can everybody come back at once?*",
  ]);
  expect(text).toContain(
    "| **join-p99**<br>joins are quick | ≤ 2.5 s | 1.92 s \\[1.83 s – 2.01 s\\] | 19.6 % | 7 | ✅ PASS |",
  );
  expect(text).toContain("| ≤ 1 % | 2 %, at worst 1 % | −100 % | 7 | ❌ FAIL |");
  expect(text).toContain("| ≤ 2.5 s | nothing |  |  | ❔ UNSURE |");
  expect(text).toContain("⚠️ WARN |");
  expect(text).toContain("### Seed 7\n");
  expect(text).toMatch(/\| clients that arrive \| `▁+█+▁+` \| 800 \|/);
  expect(text).toMatch(/\| busiest node \| `▂+█▂+` \| 90 % \|/);
  expect(text).not.toContain("nodes ready");
  expect(text).toMatch(/\| window \*storm\* \| `·+▔+·+` \| 10 s – 20 s \|/);
  expect(text).toContain("The edges of seed 7 were idle");
  expect(text).toContain("```sh\nstormglass run storm.yaml\n```");
});

test("[CT1] equal results are equal bytes, and the clock and the machine are not in them", () => {
  const checks = [madeUpCheck(), madeUpMiss("loss")];
  const [one, other] = [madeUpDocument(checks), madeUpDocument(checks)];
  const elsewhere = { ...other, wall: { seconds: 9, node: "v24.0.0", platform: "x", jobs: 8 } };

  expect(markdownSummary(elsewhere, [madeUpRun(3)])).toBe(markdownSummary(one, [madeUpRun(3)]));
});

test("[CT2] it stays under 64 KB whatever was run, and says what was left out", () => {
  const long = "🌩@#<long>".repeat(500);
  const checks = Array.from({ length: 2_000 }, (_, i) =>
    madeUpMiss(`loss-${i}`, { title: long, note: long }),
  );
  const files = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${long}${i}`, "ab"]));
  const document = madeUpDocument(checks, {
    name: long,
    title: long,
    answer: long,
    files,
    alarms: Array.from({ length: 100 }, () => long),
    profile: { name: long, measured: 1, cited: 1, assumed: 1 },
  });
  const command = `stormglass run ${"--set a.b=c ".repeat(2_000)}`;
  const findings = Array.from({ length: 100 }, () => long);
  const text = markdownSummary({ ...document, command }, [madeUpRun(3, { findings })]);

  expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  expect(utf8Length(text)).toBeLessThanOrEqual(SUMMARY_BYTES_MAX);
  expect(SUMMARY_BYTES_MAX).toBeLessThan(65_536);
  expect(text).toMatch(/\*\d+ more in results\.json\*/);
  expect(text).toContain("The command is in results.json");
  expect(text.startsWith("## ⛔ NO ANSWER · ")).toBe(true);
  expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)!.length);
});

test("[CT2] a thousand seeds leave rows out of the last table, not out of the first", () => {
  const seeds = Array.from({ length: 1_000 }, (_, i) => ({
    seed: i,
    value: i,
    limit: 2_500,
    holds: true,
  }));
  const checks = Array.from({ length: 30 }, (_, i) => madeUpCheck({ id: `p-${i}`, seeds }));
  const text = markdownSummary(madeUpDocument(checks), [madeUpRun(3)]);

  expect(utf8Length(text)).toBeLessThanOrEqual(SUMMARY_BYTES_MAX);
  expect(text.match(/✅ PASS \|/g)).toHaveLength(30);
  expect(text).toContain("the first 8 objectives of 30");
  expect(text).toMatch(/\| … \| \d+ more in results\.json/);
});

test("[CT1] a result without runs and without budgets is a summary, too", () => {
  const text = markdownSummary(madeUpDocument([], { runs: [] }), []);

  expect(text).toContain("## ✅ PASS · storm");
  expect(text).not.toContain("| Objective |");
  expect(text).toContain("0 runs, 0 events");
});
