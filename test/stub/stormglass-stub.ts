// The program with the stub in the simulator's place.

import { main } from "../../bin/cli.ts";
import { processOutside } from "../../bin/outside.ts";

process.exitCode = await main(processOutside(), new URL("./stub-worker.js", import.meta.url).href);
