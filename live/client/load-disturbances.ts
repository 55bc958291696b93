// Who was disturbed, when, and how he came back: the part of a load that tells one fault's victims from its neighbours.

/** By a replay, by a snapshot, or as somebody new. */
export type Return = "replay" | "snapshot" | "join";

/** Times are ms on the load's clock. */
export interface Disturbance {
  readonly client: number;
  /** The node that it was on. */
  readonly node: string;
  readonly atMs: number;
  /** Dials, and resumes or joins on the same socket, until it was back. */
  attempts: number;
  /** Absent while it is away. */
  backAtMs?: number;
  how?: Return;
  nodeAfter?: string;
  /** It never lost its socket. */
  isInBand?: boolean;
}

export class Disturbances {
  readonly #away = new Map<number, { readonly entry: Disturbance; readonly socket: unknown }>();
  readonly #last = new Map<number, Disturbance>();
  #since: Disturbance[] = [];

  /** Since the last `clear`, in the order in which they began. */
  get since(): readonly Disturbance[] {
    return this.#since;
  }

  /** Who is away stays on the list. */
  clear(): void {
    this.#since = [...this.#away.values()].map(({ entry }) => entry);
  }

  isAway(client: number): boolean {
    return this.#away.has(client);
  }

  /** `socket`: the one it has at that moment, undefined when that is what it lost. One that is away already stays so. */
  began(client: number, atMs: number, node: string, socket: unknown): void {
    if (this.#away.has(client)) return;
    const entry: Disturbance = { client, node, atMs, attempts: 0 };
    this.#away.set(client, { entry, socket });
    this.#since.push(entry);
  }

  attempted(client: number): void {
    const away = this.#away.get(client);
    if (away !== undefined) away.entry.attempts++;
  }

  /** How long it was away, ms; undefined when it was not. */
  ended(client: number, atMs: number, how: Return, socket: unknown): number | undefined {
    const away = this.#away.get(client);
    if (away === undefined) return undefined;
    this.#away.delete(client);
    const { entry } = away;
    entry.backAtMs = atMs;
    entry.how = how;
    entry.isInBand = away.socket !== undefined && away.socket === socket;
    this.#last.set(client, entry);
    return atMs - entry.atMs;
  }

  /** Where it is now: known a moment after that it is back. */
  cameTo(client: number, node: string): void {
    const entry = this.#last.get(client);
    if (entry !== undefined && entry.nodeAfter === undefined) entry.nodeAfter = node;
  }
}
