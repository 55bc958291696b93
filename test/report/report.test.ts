// Reports as their readers see them: opened from a file in a real browser, by day and by night.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasChromium, openChromium } from "../parts/chromium.ts";
import { program, ran } from "../parts/program.ts";

if (!hasChromium) console.warn("SKIPPED: there is no Chromium, so no report is opened.");

/** A title that would be a script, a request and a broken page, if it were not a text. */
const HOSTILE = `</script><img src=http://127.0.0.1:9/x onerror="document.title='broken'"><b>Is "it" a name?`;

/** Each scenario that ships, small. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  "join-storm-100k": ["clients.total=1k", "cluster.nodes.count=4", "cluster.edges.count=2"],
  "node-death": ["clients.total=1k", "cluster.nodes.count=4"],
  "noisy-room": ["clients.total=1k"],
  "rolling-deploy": ["clients.total=1k"],
  "scale-down": ["clients.total=1k"],
  "steady-100k": ["clients.total=1k", "cluster.nodes.count=4", "cluster.edges.count=2"],
  "top-of-the-hour": [
    "clients.total=1500",
    "clients.arrivals.background.clients=300",
    "clients.arrivals.early-first.clients=200",
    "clients.arrivals.late-first.clients=400",
    "clients.arrivals.early-second.clients=200",
    `metadata.title=${HOSTILE}`,
  ],
};

let out = "";
let browser: Browser;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "stormglass-report-"));
  if (hasChromium) browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(out, { recursive: true });
});

function stormglass(...args: readonly string[]): string {
  const done = ran(program, args, out);
  expect([0, 10], done.err).toContain(done.code);
  return done.err;
}

const SEEDS = ["--seeds", "2", "--quiet"];

function simulate(name: string): string {
  const settings = SCENARIOS[name]!.flatMap((setting) => ["--set", setting]);
  stormglass("run", name, ...settings, ...SEEDS, "--html");
  return join(out, "out", name);
}

interface Opened {
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
  readonly charts: readonly { readonly marks: number; readonly cut: string }[];
  readonly wide: readonly string[];
  readonly title: string;
  readonly paper: string;
}

async function opened(file: string, theme: "light" | "dark", width = 1_100): Promise<Opened> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: 900 },
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url === pathToFileURL(file).href) return route.continue();
    requests.push(url);
    return route.abort();
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(
    `[...document.querySelectorAll(".chart")].every((one) => one.dataset.drawn === "yes")`,
    undefined,
    { timeout: 20_000 },
  );
  const seen = { ...(await look(page)), complaints, requests };
  await context.close();
  return seen;
}

/** Runs in the page, so it is text: the tests know no browser. */
const LOOK = `(() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const charts = [...document.querySelectorAll(".chart svg")].map((svg) => {
    const box = svg.getBoundingClientRect();
    const cut = [...svg.querySelectorAll("text")].find((text) => {
      const own = text.getBoundingClientRect();
      return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1 ||
        own.top < box.top - 1 || own.bottom > box.bottom + 1);
    });
    const marks = svg.querySelectorAll(".mark-line path, .mark-rect path, .mark-symbol path").length;
    return { marks, cut: cut === undefined ? "" : cut.textContent };
  });
  const boxes = [...document.querySelectorAll("h1, h2, h3, p, li, td, th, .pill, summary, pre, button")];
  const wide = boxes
    .filter((box) => !box.closest(".cluster-view") && box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).display !== "inline")
    .map((box) => box.tagName + ": " + box.textContent.slice(0, 80));
  if (document.documentElement.scrollWidth > innerWidth) wide.push("the page");
  return { charts, wide, title: document.title, paper: getComputedStyle(document.documentElement).backgroundColor };
})()`;

function look(page: Page): Promise<Omit<Opened, "complaints" | "requests">> {
  return page.evaluate(LOOK) as Promise<Omit<Opened, "complaints" | "requests">>;
}

function isWhole({ complaints, requests, charts, wide }: Opened): void {
  expect(complaints).toEqual([]);
  expect(requests).toEqual([]);
  expect(charts.length).toBeGreaterThan(0);
  expect(charts.filter(({ marks }) => marks === 0)).toEqual([]);
  expect(charts.filter(({ cut }) => cut !== "")).toEqual([]);
  expect(wide).toEqual([]);
}

for (const name of Object.keys(SCENARIOS)) {
  test.runIf(hasChromium)(
    `[HR1] the report of ${name} opens without a complaint or a request, and every chart is drawn`,
    async () => {
      const directory = simulate(name);
      const file = join(directory, "report.html");
      const [day, night] = [await opened(file, "light"), await opened(file, "dark")];

      isWhole(day);
      isWhole(night);
      expect(day.title).toBe(name);
      expect(day.charts.length).toBeGreaterThanOrEqual(4);
      expect(night.paper).not.toBe(day.paper);
      isWhole(await opened(file, "light", 420));

      const before = readFileSync(file, "utf8");
      stormglass("report", directory);
      expect(readFileSync(file, "utf8") === before, "the report that is built again").toBe(true);
    },
  );
}

test.runIf(hasChromium)("[HR7] named reports open by themselves, in three forms", async () => {
  const directory = join(out, "out", "scale-down");
  stormglass("report", "slo", directory);
  stormglass("report", "hpa", directory);

  for (const name of ["slo-report", "hpa-report"]) {
    isWhole(await opened(join(directory, `${name}.html`), "light"));
    expect(readFileSync(join(directory, `${name}.md`), "utf8")).toMatch(/^# (SLO|HPA) report: /);
    const json = JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8")) as object;
    expect(json).toMatchObject({ scenario: "scale-down" });
  }
});

test.runIf(hasChromium)(
  "[HR11] what a tuning left beside the result is shown as a difference",
  () => {
    const directory = join(out, "out", "scale-down");
    const manifest = readFileSync(
      new URL("../../scenarios/manifests/hpa.yaml", import.meta.url),
      "utf8",
    );
    writeFileSync(
      join(directory, "hpa.recommended.yaml"),
      manifest.replace(/minReplicas: \d+/, "minReplicas: 21"),
    );
    stormglass("report", "hpa", directory, "--format", "md");

    const text = readFileSync(join(directory, "hpa-report.md"), "utf8");
    expect(text).toContain("```diff\n--- the HPA that was run\n+++ hpa.recommended.yaml\n");
    expect(text).toContain("\n+  minReplicas: 21\n");
  },
);

test.runIf(hasChromium)("[HR7] without an HPA there is no HPA report, and that is said", () => {
  const done = ran(program, ["report", "hpa", join("out", "node-death")], out);

  expect(done.code).toBe(3);
  expect(done.err).toContain("ran without an HPA");
});

test.runIf(hasChromium)("[HR3] the button changes the theme, and draws nothing again", async () => {
  const page = await browser.newPage({ colorScheme: "light" });
  await page.goto(pathToFileURL(join(out, "out", "node-death", "report.html")).href);
  const before = await look(page);
  await page.click("#theme");
  const after = await look(page);
  await page.reload();
  const again = await look(page);
  await page.close();

  expect(after.paper).not.toBe(before.paper);
  expect(again.paper).toBe(before.paper);
});

test.runIf(hasChromium)("[HR4] on paper the first page takes two sheets at most", async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(out, "out", "node-death", "report.html")).href);
  await page.waitForSelector(".chart[data-drawn]");
  // What comes after the first page is taken away; then the document is what is counted.
  await page.evaluate(`(() => {
    const end = [...document.querySelectorAll(".page")].at(-1);
    while (end.nextSibling) end.nextSibling.remove();
    end.remove();
    document.querySelector("footer").remove();
  })()`);
  const pdf = (await page.pdf({ format: "A4", preferCSSPageSize: true })).toString("latin1");
  await page.close();

  expect((pdf.match(/\/Type \/Page\b(?!s)/g) ?? []).length).toBeLessThanOrEqual(2);
});
