// Compresses closed segments, one at a time, behind everything else.
//
// The compressed form is written beside the plain one and takes its name's place only when it is whole; a process that ends
// between leaves the plain one, and a draft that nobody reads.

import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Log } from "../operations/log.ts";
import { COMPRESSED, DRAFT } from "./segments.ts";
import type { Space } from "./space.ts";

/** Assumed: facts are repetitive, and the server needs the CPU. */
const LEVEL = 3;

export class Compressor {
  readonly #space: Space;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();

  constructor(space: Space, log: Log) {
    this.#space = space;
    this.#log = log;
  }

  compress(path: string): void {
    this.#last = this.#last.then(() => this.#compressed(path));
  }

  /** Everything that was asked for is done. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #compressed(path: string): Promise<void> {
    const draft = `${path}${COMPRESSED}${DRAFT}`;
    try {
      const sink = createWriteStream(draft, { flags: "w", mode: 0o600 });
      await pipeline(createReadStream(path), createGzip({ level: LEVEL }), sink);
      const plainBytes = (await stat(path)).size;
      const { size } = await stat(draft);
      await rename(draft, `${path}${COMPRESSED}`);
      await rm(path);
      this.#space.given(plainBytes - size);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      const reason = (error as Error).message;
      this.#log.warn({ path, reason }, "A closed segment of the recording stays uncompressed.");
    }
  }
}
