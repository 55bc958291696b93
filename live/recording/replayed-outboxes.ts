// The outboxes of a replay: orders go nowhere, and what core asks for is answered as it was.

import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import type { IceBody } from "../../core/protocol/bodies.ts";

function nothing(): void {
  // Nobody is there.
}

export class ReplayedEdgeOutbox implements EdgeOutbox {
  #answers: readonly (string | null)[] = [];
  #given = 0;

  /** Before each fact: what core was answered then. */
  expect(answers: readonly (string | null)[]): void {
    this.#answers = answers;
    this.#given = 0;
  }

  /** Who asks more often than then gets nothing; the digest tells the difference. */
  #next(): string | undefined {
    return this.#answers[this.#given++] ?? undefined;
  }

  iceFor(): IceBody | undefined {
    const ice = this.#next();
    return ice?.startsWith("{") === true ? (JSON.parse(ice) as IceBody) : undefined;
  }

  sealResume(): string {
    return this.#next() ?? "";
  }

  verifyToken = nothing;
  verifyResume = nothing;
  write = nothing;
  close = nothing;
  attach = nothing;
  relay = nothing;
  acknowledge = nothing;
  detach = nothing;
  declareOrphans = nothing;
  publish = nothing;
  dropTrunk = nothing;
}

export class ReplayedNodeOutbox implements NodeOutbox {
  attached = nothing;
  refused = nothing;
  multicast = nothing;
  deliver = nothing;
  close = nothing;
  publish = nothing;
  dropTrunk = nothing;
  stepDown = nothing;
  allocateSfu = nothing;
  toSfu = nothing;
}
