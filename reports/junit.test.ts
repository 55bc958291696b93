import { expect, test } from "vitest";
import { junitXml } from "./junit.ts";
import { madeUpCheck, madeUpDocument, madeUpMiss, madeUpNothing } from "./made-up-result.ts";

test("[CT4] one suite per scenario and one case per budget: passed, failed, skipped, warned", () => {
  const xml = junitXml(
    madeUpDocument([
      madeUpCheck(),
      madeUpMiss("loss"),
      madeUpNothing("none"),
      madeUpMiss("late", { severity: "warn" }),
    ]),
  );
  const lines = xml.split("\n");

  expect(lines.slice(0, 3)).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="stormglass" tests="4" failures="1" errors="0" skipped="1">',
    '  <testsuite name="storm" tests="4" failures="1" errors="0" skipped="1">',
  ]);
  expect(lines).toContain(
    '    <testcase classname="stormglass.storm" name="join-p99" file="budgets/storm.yaml" line="6"/>',
  );
  expect(xml).toContain(
    '<failure type="budget" message="value(join.success.ratio) @ storm: measured 2 %, at worst 3 %, limit ≤ 1 %">',
  );
  expect(xml).toContain("broken in seeds 3\n1 of 2 seeds\n</failure>");
  expect(xml).toContain('<skipped message="open: 2 of 2 seeds measured nothing;');
  expect(xml).toContain("<system-out>WARN value(join.success.ratio) @ storm: measured");
  expect(xml).not.toMatch(/\b(?:time|timestamp|hostname)=/);
});

test("[CT4] a run that is unfit for an answer is an error of its own", () => {
  const xml = junitXml(
    madeUpDocument([madeUpCheck()], { alarms: ["seed 3 stopped", "seed 7 broke"] }),
  );

  expect(xml).toContain('<testsuite name="storm" tests="2" failures="0" errors="1" skipped="0">');
  expect(xml).toContain(
    '<error type="run" message="seed 3 stopped">seed 3 stopped\nseed 7 broke</error>',
  );
});

test("[CT3] names of files are escaped in XML, and what XML cannot hold is replaced", () => {
  const title = "\"<&>'\n]]>\u0000\u001b\ud800";
  const xml = junitXml(madeUpDocument([madeUpMiss("loss", { title })], { title }));

  expect(xml).toContain('value="&quot;&lt;&amp;&gt;&apos;&#10;]]&gt;\ufffd\ufffd\ufffd"');
  expect(xml).toContain("\"&lt;&amp;&gt;'\n]]&gt;\ufffd\ufffd\ufffd\ngate every-seed");
  // Nothing but the writer's own marks is left.
  expect(xml).not.toContain("]]>");
});

test("[CT4] a budget that ships with the program names no file, which the reader does not have", () => {
  const source = { file: "@builtin/budgets/node-death.yaml", line: 6 };

  expect(junitXml(madeUpDocument([madeUpCheck({ source })]))).toContain(
    '<testcase classname="stormglass.storm" name="join-p99"/>',
  );
});
