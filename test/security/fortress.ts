// The real process under attack: what it uses can be measured, after its garbage is collected, and whether it lives can be asked.

import { join } from "node:path";
import { startPart, until, type Part } from "../parts/process.ts";
import { honestPairTalks, SECRET } from "./guarded.ts";
import { type Dial, Wire } from "./wire.ts";

const program = join(new URL("../..", import.meta.url).pathname, "dist/bin/stormglass.js");

/** On SIGHUP the garbage is collected, and what is left is said on stderr. */
const GAUGE = `data:text/javascript,process.on("SIGHUP",()=>{gc();const{rss,heapUsed,external}=process.memoryUsage();process._rawDebug(JSON.stringify({rss,usedBytes:heapUsed+external}))})`;

export interface Memory {
  readonly rss: number;
  /** Heap and buffers that are reachable. */
  readonly usedBytes: number;
}

export class Fortress {
  readonly part: Part;
  readonly url: string;
  readonly operationsPort: number;
  readonly #wires: Wire[] = [];
  #measured = 0;

  private constructor(part: Part, url: string, operationsPort: number) {
    this.part = part;
    this.url = url;
    this.operationsPort = operationsPort;
  }

  /** `set`: settings as --set takes them. */
  static async start(
    set: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Fortress> {
    const settings = ["edge.host=127.0.0.1", "edge.port=0", "operations.host=127.0.0.1"];
    settings.push("operations.port=0", "log.format=json", ...set);
    const args = ["--expose-gc", "--import", GAUGE, program, "serve"];
    const part = startPart(
      process.execPath,
      [...args, ...settings.flatMap((setting) => ["--set", setting])],
      { PATH: process.env.PATH ?? "", STORMGLASS_JWT_SECRET: SECRET, ...env },
    );
    const line = /^\{.*"text":"Ready\.".*\}$/m;
    await until(
      "the server is ready",
      () => {
        if (part.hasEnded) throw new Error(`The server ended: ${part.output()}`);
        return line.test(part.output());
      },
      30_000,
    );
    const ready = JSON.parse(line.exec(part.output())![0]) as Fortress;
    return new Fortress(part, ready.url, ready.operationsPort);
  }

  async dial(how?: Dial): Promise<Wire> {
    const wire = await Wire.dial(this.url, how);
    this.#wires.push(wire);
    return wire;
  }

  keep(wire: Wire): Wire {
    this.#wires.push(wire);
    return wire;
  }

  /** It lives, and those who behave well are served. @throws when not. */
  async serves(): Promise<void> {
    const live = await fetch(`http://127.0.0.1:${this.operationsPort}/livez`);
    if (live.status !== 200) throw new Error(`/livez says ${live.status}`);
    await honestPairTalks(this.url);
  }

  /** What it holds once its garbage is collected. */
  async memory(): Promise<Memory> {
    const lines = (): readonly string[] => this.part.output().match(/^\{"rss".*\}$/gm) ?? [];
    const before = lines().length;
    this.part.signal("SIGHUP");
    await until("the memory is measured", () => lines().length > before, 20_000);
    this.#measured++;
    return JSON.parse(lines().at(-1)!) as Memory;
  }

  /** Everybody is gone, and told to be. */
  async empty(): Promise<void> {
    for (const wire of this.#wires.splice(0)) wire.cut();
    await until("all sockets are closed", async () => (await this.sockets()) === 0, 20_000);
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.operationsPort}/metrics`)).text();
  }

  /** Open sockets, with a session or not. */
  async sockets(): Promise<number> {
    const states = (await this.metrics()).matchAll(/^rtc_connections\{.*\} (\d+)$/gm);
    return [...states].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async end(): Promise<void> {
    for (const wire of this.#wires.splice(0)) wire.cut();
    await this.part.end("SIGKILL");
  }
}
