// Whom a new home asks before it founds a room.
//
// When the node set changes, the homes of some rooms move, and for a moment the new home does not know
// rooms that are live: their hosts announce them in batches. Founding such a room would split it. So
// for a grace time a home first asks the winner of before. A node that has just come never saw the
// set of before; for it the former members are those that already had load when it met them. (After
// a cold start nobody had, and nobody is asked.)

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { firstFitting, winnerOf } from "./ranking.ts";

interface FormerSet {
  readonly members: readonly NodeRecord[];
  readonly untilMs: number;
}

export interface FormerHomeQuestion {
  readonly roomId: string;
  /** Who refused the joiner; whoever was asked and knew nothing is among them. */
  readonly refusedBy: readonly string[];
  readonly nowMs: number;
}

export class FormerHomes {
  readonly #graceMs: number;
  #formerSets: readonly FormerSet[] = [];
  #newUntilMs = -Infinity;

  /** `graceMs`: how long after a change hosts may still announce their rooms. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** The serving set, `former` until now, changed. */
  changed(former: readonly NodeRecord[], view: ClusterView, self: NodeRecord, nowMs: number): void {
    const untilMs = nowMs + this.#graceMs;
    this.#formerSets = this.#formerSets.filter((set) => set.untilMs > nowMs);
    if (former.includes(self)) {
      this.#formerSets = [{ members: former, untilMs }, ...this.#formerSets];
    } else if (view.serving.includes(self)) {
      this.#newUntilMs = untilMs;
    }
  }

  /** The node to ask first; undefined when nobody could know more than this home does. */
  toAsk(question: FormerHomeQuestion, view: ClusterView, self: NodeRecord): NodeRecord | undefined {
    const { roomId, refusedBy, nowMs } = question;
    if (nowMs < this.#newUntilMs) {
      const elder = firstFitting(roomId, view.serving, (node) => node.metBusy && node !== self);
      if (elder !== undefined && !refusedBy.includes(elder.nodeId)) return elder;
    }
    for (const set of this.#formerSets) {
      if (set.untilMs <= nowMs) continue;
      const winner = winnerOf(roomId, set.members);
      if (winner === undefined || winner === self || winner.state === "gone") continue;
      if (!refusedBy.includes(winner.nodeId)) return winner;
    }
    return undefined;
  }
}
