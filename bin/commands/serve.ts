// stormglass serve: the options; what they do is in bin/serve.ts, loaded when it is asked for.

import type { Command } from "commander";
import type { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import type { ServeOptions } from "../serve.ts";
import { collected } from "../option-values.ts";

const EXAMPLES = `Examples:
  stormglass serve --dev
  stormglass serve --role edge --config /etc/stormglass/serve.yaml --bus nats://nats:4222
`;

const AFTER = `
Flags are over environment variables, those over the file, the file over defaults. Every setting has a variable,
such as STORMGLASS_EDGE_PORT for edge.port; --print-config shows all of them. Secrets come from variables or files.

SIGTERM or SIGINT drains: clients are sent on, then it ends with code 0; a second one ends it at once (143, 130).
SIGUSR2 calls a drain back.`;

export function addServe(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("serve")
    .summary("run the signaling server")
    .description(
      "Runs a signaling server: edge and node in one process, or one of them as part of a cluster.",
    )
    .option("--dev", "try it on this machine: known secrets, 127.0.0.1 only, no limits per address")
    .option("--role <role>", "all, edge or node")
    .option("--config <file>", "settings as YAML")
    .option("--host <address>", "where clients connect: edge.host")
    .option("--port <n>", "where clients connect: edge.port")
    .option("--id <id>", "who this process is in the cluster")
    .option("--bus <urls>", "NATS servers of the cluster: bus.url")
    .option("--record <dir>", "write every fact there, for stormglass replay: record.directory")
    .option("--log-level <level>", "debug, info, warn, error or silent: log.level")
    .option("--set <path=value>", "any setting, such as drain.within=1m; repeatable", collected, [])
    .option("--print-config", "print the settings and where each comes from, and end")
    .option("--json", "with --print-config: as JSON, resolved to ms, bytes and per second")
    .addHelpText("before", EXAMPLES)
    .addHelpText("after", AFTER)
    .action(async (options: ServeOptions) => {
      const { serve } = await import("../serve.ts");
      finish(await serve(outside, options));
    });
}
