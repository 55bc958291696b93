// The built program, run to its end in a directory with a bare environment.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;
export const program = join(root, "dist/bin/stormglass.js");
/** The program with test/stub in the simulator's place. */
export const stubbed = join(root, "dist/test/stub/stormglass-stub.js");

export interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function ran(
  file: string,
  args: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Done {
  const done = spawnSync(process.execPath, [file, ...args], {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
