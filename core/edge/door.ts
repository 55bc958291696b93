// Who may open a socket at all, before anything is known of him but his address.
//
// A handshake costs more than all that follows it, so the door counts: sockets in all, sockets and handshakes per address. Whoever is
// turned away is told so in the protocol ("busy", with a time), because a browser sees nothing of an HTTP status; but telling costs a
// handshake too, so that has a budget of its own, and beyond it the door stays shut (SPEC ED).

import { afterTake, bucketShape, canTake, type BucketShape } from "../budgets/token-bucket.ts";

export type DoorVerdict = "welcome" | "busy" | "refused";

export interface DoorPolicy {
  readonly connectionsMax: number;
  readonly perAddressMax: number;
  /** Handshakes of one address. */
  readonly handshakes: BucketShape;
  /** Handshakes that are accepted only to say "busy", over all addresses. */
  readonly rejections: BucketShape;
  /** When those come back who are turned away, ms. */
  readonly retryAfterMs: number;
}

/** No limits: where something in front keeps the door, or nobody knocks. */
export const OPEN_DOOR: DoorPolicy = {
  connectionsMax: Infinity,
  perAddressMax: Infinity,
  handshakes: bucketShape(1e6, 1e6, 0),
  rejections: bucketShape(1e6, 1e6, 0),
  retryAfterMs: 1_000,
};

interface Caller {
  sockets: number;
  tatMs: number;
}

/** Addresses are looked through for forgotten ones when there are this many more than at the last look. */
const SWEEP_EVERY = 1_024;

export class Door {
  readonly #policy: DoorPolicy;
  readonly #callers = new Map<string, Caller>();
  #rejectionsTatMs = 0;
  #sweepAt = SWEEP_EVERY;
  /** Sockets that were turned away, told so or not. */
  turnedAway = 0;

  constructor(policy: DoorPolicy) {
    this.#policy = policy;
  }

  /** Addresses that are remembered. */
  get addressCount(): number {
    return this.#callers.size;
  }

  /** `open`: sockets that are open now. */
  knocked(address: string, open: number, isDraining: boolean, nowMs: number): DoorVerdict {
    const { connectionsMax, perAddressMax, handshakes, rejections } = this.#policy;
    const caller = this.#callerAt(address, nowMs);
    const mayShake = canTake(caller.tatMs, handshakes, 1, nowMs, true);
    const hasRoom = open < connectionsMax && caller.sockets < perAddressMax && !isDraining;
    if (mayShake) caller.tatMs = afterTake(caller.tatMs, handshakes, 1, nowMs);
    if (mayShake && hasRoom) return "welcome";
    this.turnedAway++;
    if (!canTake(this.#rejectionsTatMs, rejections, 1, nowMs, true)) return "refused";
    this.#rejectionsTatMs = afterTake(this.#rejectionsTatMs, rejections, 1, nowMs);
    return "busy";
  }

  entered(address: string, nowMs: number): void {
    if (address !== "") this.#callerAt(address, nowMs).sockets++;
  }

  left(address: string): void {
    const caller = this.#callers.get(address);
    if (caller !== undefined) caller.sockets--;
  }

  #callerAt(address: string, nowMs: number): Caller {
    const known = this.#callers.get(address);
    if (known !== undefined) return known;
    if (this.#callers.size >= this.#sweepAt) this.#sweep(nowMs);
    const caller: Caller = { sockets: 0, tatMs: 0 };
    this.#callers.set(address, caller);
    return caller;
  }

  /** Forgets addresses that have no socket and a full bucket: they would be met as new ones anyway. */
  #sweep(nowMs: number): void {
    for (const [address, caller] of this.#callers) {
      if (caller.sockets === 0 && caller.tatMs <= nowMs) this.#callers.delete(address);
    }
    this.#sweepAt = this.#callers.size + SWEEP_EVERY;
  }
}
