// The runtime of vega as two scripts for a page, taken from the installed packages when a report is written.
//
// The interpreter ships as a module that imports three helpers of vega; in a page without modules they are on the global
// `vega`. Its first and last lines are exchanged for that, and if a new release looks different nothing is written.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Outside } from "../outside.ts";

const IMPORT = /^import \{ ([\w, ]+) \} from 'vega-util';\n/;
const EXPORT = /\nexport \{ (\w+) as expressionInterpreter \};\n(?:\/\/#.*\n?)?$/;

export function vegaRuntime(outside: Outside): readonly string[] {
  const require = createRequire(import.meta.url);
  const read = (path: string): string => {
    const text = outside.readFile(path);
    if (text === undefined) throw new Error(`${path} cannot be read`);
    return text;
  };
  const build = dirname(require.resolve("vega"));
  const license = read(join(dirname(build), "LICENSE")).trim();
  const vega = read(join(build, "vega.min.js")).replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n");
  const scripts = [
    `/*\nvega\n${license}\n*/\n${vega}`,
    interpreterScript(read(require.resolve("vega-interpreter"))),
  ];
  if (scripts.some((script) => /<\/script|<!--/i.test(script))) {
    throw new Error("the runtime of vega cannot stand in a page");
  }
  return scripts;
}

function interpreterScript(module: string): string {
  const helpers = IMPORT.exec(module)?.[1];
  const name = EXPORT.exec(module)?.[1];
  if (helpers === undefined || name === undefined) {
    throw new Error("vega-interpreter has another form than this program knows");
  }
  const body = module.replace(IMPORT, "").replace(EXPORT, "\n");
  return `"use strict";\nconst vegaInterpreter = (() => {\nconst { ${helpers} } = vega;\n${body}return ${name};\n})();\n`;
}
