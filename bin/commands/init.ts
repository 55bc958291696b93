// stormglass init: the files a project needs to begin. Nothing that exists is overwritten.

import { Option, type Command } from "commander";
import { InputError } from "../../scenarios/problem.ts";
import { ExitCode } from "../exit-codes.ts";
import { BUILTIN, type Outside } from "../outside.ts";
import { quoted } from "../shell.ts";
import { schemaNamed } from "./schema.ts";

/** Template → the scenario and the budgets that it starts from, and what to try first. */
const TEMPLATES = {
  "join-storm": {
    base: "join-storm-100k",
    budgets: "join-storm",
    sample: "clients: { total: 20k }\ncluster:\n  edges: { count: 3 }\n  nodes: { count: 12 }",
  },
  "node-death": {
    base: "node-death",
    budgets: "node-death",
    sample: "clients: { total: 12k }\ncluster:\n  edges: { count: 2 }\n  nodes: { count: 6 }",
  },
  "noisy-room": {
    base: "noisy-room",
    budgets: "noisy-room",
    sample: "cluster:\n  budgets:\n    room: { deliveries: 2000/s, burst: 4000 }",
  },
} as const;
type Template = keyof typeof TEMPLATES;
const NAMES = Object.keys(TEMPLATES) as Template[];

interface InitOptions {
  readonly template?: Template;
  readonly yes?: true;
}

const EXAMPLES = `Examples:
  stormglass init --template join-storm --yes
  stormglass init capacity/ --template node-death
`;

export function addInit(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("init")
    .summary("write a first scenario, its budgets, a CI workflow, editor settings")
    .description(
      "Writes a scenario that extends one of ours, a copy of its budgets to edit, a GitHub workflow " +
        "and editor settings that complete and check scenario files. Existing files stay.",
    )
    .argument("[dir]", "where", ".")
    .addOption(new Option("--template <name>", "what to start from").choices(NAMES))
    .option("--yes", "ask nothing")
    .addHelpText("before", EXAMPLES)
    .action(async (directory: string, options: InitOptions) => {
      const template = options.template ?? (await askTemplate(outside, options.yes === true));
      write(outside, directory.replace(/\/+$/, "") || ".", template);
      finish(ExitCode.ok);
    });
}

async function askTemplate(outside: Outside, isSilent: boolean): Promise<Template> {
  if (isSilent || !outside.stdinIsTTY || !outside.stderr.isTTY) return NAMES[0]!;
  const answer = (await outside.ask(`Template (${NAMES.join(", ")}) [${NAMES[0]}]: `)).trim();
  const chosen = answer === "" ? NAMES[0] : NAMES.find((name) => name === answer);
  if (chosen !== undefined) return chosen;
  throw new InputError([
    {
      at: { file: "template", line: 0, column: 0 },
      message: `must be one of ${NAMES.join(", ")}, got "${answer}"`,
    },
  ]);
}

function write(outside: Outside, directory: string, template: Template): void {
  const files = filesOf(outside, template).map(
    ([path, text]) => [directory === "." ? path : `${directory}/${path}`, text] as const,
  );
  const taken = files.filter(([path]) => outside.exists(path));
  if (taken.length > 0) {
    const message = "must not exist yet: init overwrites nothing";
    throw new InputError(taken.map(([file]) => ({ at: { file, line: 0, column: 0 }, message })));
  }
  for (const [path, text] of files) {
    outside.writeFile(path, text);
    outside.stderr.write(`wrote ${path}\n`);
  }
  const scenario = files[0]![0];
  outside.stdout.write(`Next:\n  npx stormglass run ${quoted(scenario)}\n`);
}

function filesOf(outside: Outside, template: Template): readonly (readonly [string, string])[] {
  const { base, budgets, sample } = TEMPLATES[template];
  const scenario = `scenarios/${template}.stormglass.yaml`;
  const budgetText = outside.readFile(`${BUILTIN}/budgets/${budgets}.yaml`) ?? "";
  return [
    [scenario, scenarioText(template, base, budgets, sample)],
    [`scenarios/budgets/${budgets}.yaml`, budgetText],
    ["scenarios/scenario.schema.json", schemaNamed("scenario")],
    ["scenarios/budget.schema.json", schemaNamed("budget")],
    [".github/workflows/stormglass.yml", workflowText(scenario)],
    [".vscode/settings.json", EDITOR],
  ];
}

function scenarioText(template: string, base: string, budgets: string, sample: string): string {
  return `# yaml-language-server: $schema=./scenario.schema.json
apiVersion: stormglass/v1
kind: Scenario
extends: "@builtin/${base}" # stormglass show ${base} tells all of its values
metadata:
  name: our-${template}
  title: ${QUESTIONS[template]}

# What differs from the base. Values carry their units; \`stormglass show\` lists what there is.
${sample}

budgets: [budgets/${budgets}.yaml]
`;
}

const QUESTIONS: Readonly<Record<string, string>> = {
  "join-storm": "Can our cluster take everybody at once?",
  "node-death": "Does one dead node of ours leave everybody but its own sessions alone?",
  "noisy-room": "Are our other rooms safe when one room floods its node?",
};

function workflowText(scenario: string): string {
  return `name: stormglass
on: [pull_request]
permissions: { contents: read }
jobs:
  budgets:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: npm ci
      # Exit code 10: a budget is broken. Others: npx stormglass help exit-codes
      - run: npx stormglass run ${quoted(scenario)} --out out/stormglass --md --junit --github
      - uses: actions/upload-artifact@v4
        if: always()
        with: { name: stormglass, path: out/stormglass }
`;
}

const EDITOR = `{
  "yaml.schemas": {
    "./scenarios/scenario.schema.json": "*.stormglass.yaml",
    "./scenarios/budget.schema.json": "scenarios/budgets/*.yaml"
  }
}
`;
