// Names of pods, and what Kubernetes draws for each: a hash per revision, five letters and a UID per pod.

import { randomStream, type RandomStream } from "../../../engine/random.ts";

export const WORKLOAD_NAME = "stormglass-node";

/** Without vowels and what looks like them, so that no word comes about. Cited: names that Kubernetes generates. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const HASH_LENGTH = 10;
const SUFFIX_LENGTH = 5;

export class Names {
  readonly #seed: number;
  readonly #suffixes: RandomStream;
  readonly #uids: RandomStream;
  readonly #given = new Set<string>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#suffixes = randomStream(seed, "kubernetes pod name");
    this.#uids = randomStream(seed, "kubernetes pod uid");
  }

  /** Of a Deployment: no name comes twice. */
  ofRevision(revision: number): string {
    const hash = letters(
      randomStream(this.#seed, "kubernetes revision hash", revision),
      HASH_LENGTH,
    );
    for (;;) {
      const name = `${WORKLOAD_NAME}-${hash}-${letters(this.#suffixes, SUFFIX_LENGTH)}`;
      if (this.#given.has(name)) continue;
      this.#given.add(name);
      return name;
    }
  }

  /** Of a StatefulSet: the ordinal's own. */
  ofOrdinal(ordinal: number): string {
    return `${WORKLOAD_NAME}-${ordinal}`;
  }

  uid(): number {
    return this.#uids.nextUint32();
  }
}

function letters(stream: RandomStream, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += LETTERS[stream.nextUint32() % LETTERS.length];
  return text;
}
