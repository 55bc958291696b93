// The tables of docs/deploy.md that the program can tell of itself: settings and metrics.

import { type Key, serveKeys } from "../../bin/serve-keys.ts";
import { writtenValue } from "../../bin/serve-values.ts";
import { seenCluster } from "../../live/operations/operations-fixture.ts";
import { LoopLag } from "../../live/operations/loop-lag.ts";
import { openRegistry } from "../../live/operations/registry.ts";

/** Settings that have a flag of their own; all others are reached by --set. */
const FLAGS: Readonly<Record<string, string>> = {
  role: "--role",
  "edge.host": "--host",
  "edge.port": "--port",
  id: "--id",
  "bus.url": "--bus",
  "record.directory": "--record",
  "log.level": "--log-level",
};

const UNITS = {
  duration: "duration",
  size: "bytes",
  count: "number",
  rate: "per second",
  ratio: "share",
} as const;

/** Every setting, a table per part of the file. */
export function settingsTables(): string {
  const parts = new Map<string, Key[]>();
  for (const key of serveKeys()) {
    const part = key.path.includes(".") ? key.path.split(".")[0]! : "the process";
    parts.set(part, [...(parts.get(part) ?? []), key]);
  }
  return [...parts].map(([part, keys]) => table(part, keys)).join("\n");
}

function table(part: string, keys: readonly Key[]): string {
  const rows = keys.map(({ path, variable, setting }) => {
    const flag = setting.isSecret === true ? "none" : (FLAGS[path] ?? "`--set`");
    const shown = flag.startsWith("--") ? `\`${flag}\`` : flag;
    const preset =
      setting.default === undefined ||
      (Array.isArray(setting.default) && setting.default.length === 0)
        ? "not given"
        : `\`${writtenValue(setting, setting.default)}\``;
    const kind =
      setting.isSecret === true
        ? "secret"
        : (setting.names ?? (setting.unit === undefined ? setting.type : UNITS[setting.unit]));
    const choices = setting.choices === undefined ? "" : ` (${setting.choices.join(", ")})`;
    return `| \`${path}\` | \`${variable}\` | ${shown} | ${preset} | ${kind} | ${cell(setting.description + choices)} |`;
  });
  const head =
    "| Setting | Variable | Flag | Default | Unit or type | What it does |\n|---|---|---|---|---|---|";
  return `#### ${part}\n\n${head}\n${rows.join("\n")}\n`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** A metric of prom-client, as its classes have it. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

const typeOf = (metric: object): string => metric.constructor.name.toLowerCase();

/** Every metric family, with its labels. */
export function metricsTable(): string {
  const lag = new LoopLag();
  const rows = new Map<string, { help: string; type: string; roles: string[]; labels: string[] }>();
  for (const role of ["edge", "node"] as const) {
    const registry = openRegistry(seenCluster(2).sources(role), lag);
    for (const metric of registry.getMetricsAsArray() as unknown as readonly Family[]) {
      const { name, help, labelNames } = metric;
      const row = rows.get(name) ?? { type: typeOf(metric), help, roles: [], labels: [] };
      row.roles.push(role);
      row.labels = [...new Set([...row.labels, ...labelNames])];
      rows.set(name, row);
    }
  }
  lag.stop();
  const lines = [...rows].map(([name, { help, type, roles, labels }]) => {
    const own = labels.filter((label) => label !== "role").join(", ");
    return `| \`${name}\` | ${type} | ${roles.join(", ")} | ${own} | ${cell(help)} |`;
  });
  return `| Metric | Type | Role | Labels beside \`role\` | What it counts |\n|---|---|---|---|---|\n${lines.join("\n")}\n`;
}

/** The text with what stands between its two marks replaced. */
export function spliced(text: string, mark: string, content: string): string {
  const [begin, end] = [
    `<!-- ${mark}: written by test/deploy-docs.test.ts -->\n`,
    `<!-- end of ${mark} -->`,
  ];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`There is no place for ${mark}.`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
