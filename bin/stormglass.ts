#!/usr/bin/env node
// The program: the outside world, the worker, the exit code.

import { main } from "./cli.ts";
import { processOutside } from "./outside.ts";

process.exitCode = await main(processOutside(), new URL("./worker.js", import.meta.url).href);
