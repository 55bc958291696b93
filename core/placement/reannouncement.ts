// After the node set changed, a host tells the new homes of its rooms that it has them: in batches.
//
// Every host learns of the change in the same second, and a new node becomes the home of rooms on all
// of them. Announced all at once they would be the burst that the new node starts with; paced, they
// take a second or so, during which the new home asks the former one (former-homes.ts).

import { assert } from "../assert.ts";
import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { homeOf } from "./ranking.ts";

export interface ReannouncementPace {
  /** Rooms announced at a time, at most. */
  readonly batchSize: number;
  /** Between two batches, ms. */
  readonly intervalMs: number;
}

/** Assumed: 500 rooms a second from each host; at 60 hosts a new home takes 30,000 in a second at most. */
const DEFAULT_PACE: ReannouncementPace = { batchSize: 50, intervalMs: 100 };

/** Rooms looked at for each that may be announced: most have kept their homes, and looking costs µs. */
const LOOKED_AT_PER_ANNOUNCED = 16;

export interface Announcement {
  readonly roomId: string;
  readonly home: NodeRecord;
}

/** Whom a room was announced to, by name and life: a restarted home has forgotten it. */
interface Told {
  nodeId: string;
  incarnation: number;
}

export class ReannouncementPlan {
  readonly #pace: ReannouncementPace;
  readonly #told = new Map<string, Told>();
  #round: Iterator<[string, Told]> | undefined;
  #nextAtMs = Infinity;

  constructor(pace: ReannouncementPace = DEFAULT_PACE) {
    assert(pace.batchSize > 0, "a batch has room for a room", pace.batchSize);
    this.#pace = pace;
  }

  get roomCount(): number {
    return this.#told.size;
  }

  /** This node hosts the room and announces it to `home` now. */
  announced(roomId: string, home: NodeRecord): void {
    const told = this.#told.get(roomId);
    if (told === undefined) {
      this.#told.set(roomId, { nodeId: home.nodeId, incarnation: home.incarnation });
    } else {
      told.nodeId = home.nodeId;
      told.incarnation = home.incarnation;
    }
  }

  /** The room closed here: the id of the node to tell so, undefined when none was told of it. */
  closed(roomId: string): string | undefined {
    const nodeId = this.#told.get(roomId)?.nodeId;
    this.#told.delete(roomId);
    return nodeId;
  }

  /** The serving set changed: a round through all rooms begins, the unfinished one is dropped. */
  membersChanged(nowMs: number): void {
    this.#round = this.#told.entries();
    if (this.#nextAtMs === Infinity) this.#nextAtMs = nowMs;
  }

  /** What was told may have been lost: every room is announced again, at the same pace. */
  tellAll(nowMs: number): void {
    for (const told of this.#told.values()) told.incarnation = -Infinity;
    this.membersChanged(nowMs);
  }

  /** When the next batch is due, ms; Infinity when the round is over. */
  nextDeadlineMs(): number {
    return this.#nextAtMs;
  }

  /** The next batch: rooms whose home is another than was told. They count as announced. */
  due(nowMs: number, view: ClusterView): readonly Announcement[] {
    if (nowMs < this.#nextAtMs || this.#round === undefined) return [];
    const batch: Announcement[] = [];
    let looks = this.#pace.batchSize * LOOKED_AT_PER_ANNOUNCED;
    while (looks > 0 && batch.length < this.#pace.batchSize) {
      const next = this.#round.next();
      if (next.done === true) {
        this.#round = undefined;
        this.#nextAtMs = Infinity;
        return batch;
      }
      looks--;
      const [roomId, told] = next.value;
      const home = homeOf(roomId, view);
      if (home === undefined) continue;
      if (home.nodeId === told.nodeId && home.incarnation === told.incarnation) continue;
      told.nodeId = home.nodeId;
      told.incarnation = home.incarnation;
      batch.push({ roomId, home });
    }
    this.#nextAtMs = nowMs + this.#pace.intervalMs;
    return batch;
  }
}
