// What the bodies of the suite share: their form, rooms full of people, and what is asked of them again and again.

import { expect } from "vitest";
import type {
  Ability,
  ConformanceClient,
  ConformanceCluster,
  ConformanceSettings,
} from "./cluster.ts";

/** One test, the same for every cluster. `name` cites the rules it holds the cluster to. */
export interface Body {
  readonly name: string;
  /** What its cluster must have. */
  readonly needs: readonly Ability[];
  readonly settings?: Partial<ConformanceSettings>;
  run(cluster: ConformanceCluster, settings: ConformanceSettings): Promise<void>;
}

/** Time in which a healthy cluster lets somebody in, relays or resumes, ms: generous, since a test machine is shared. */
export const SOON_MS = 8_000;

/** People who are in the room together, and know it. */
export async function meeting(
  cluster: ConformanceCluster,
  room: string,
  count: number,
): Promise<ConformanceClient[]> {
  const clients = Array.from({ length: count }, () => cluster.client({ room }));
  for (const client of clients) client.join();
  await agreement(cluster, clients);
  return clients;
}

/** Waits until all of them are in and see exactly each other. */
export async function agreement(
  cluster: ConformanceCluster,
  clients: readonly ConformanceClient[],
  withinMs = SOON_MS,
): Promise<void> {
  const agrees = (one: ConformanceClient): boolean =>
    one.isLive && one.journal.others.join() === othersOf(one, clients).join();
  await cluster.until(
    () => clients.every(agrees),
    withinMs,
    () => `agreement on the room: ${clients.map(shown).join("; ")}`,
  );
}

export function othersOf(one: ConformanceClient, clients: readonly ConformanceClient[]): string[] {
  return clients
    .filter((other) => other !== one)
    .map(({ id }) => id)
    .sort();
}

/** Everything they have said is answered. */
export async function answered(
  cluster: ConformanceCluster,
  client: ConformanceClient,
  ids: readonly number[],
): Promise<void> {
  const { journal } = client;
  await cluster.until(
    () => ids.every((id) => journal.acknowledged.includes(id)),
    SOON_MS,
    () => `answers to ${client.id}: said ${ids.join()}, has ${journal.acknowledged.join()}`,
  );
}

/** Nobody was told that somebody left, and nobody missed a number of his sequence. */
export function expectNobodyTold(clients: readonly ConformanceClient[]): void {
  for (const { id, journal } of clients) {
    expect(journal.toldLeft, `${id} was told`).toEqual([]);
    expect(journal.told, `${id} missed a number`).not.toContain("gap");
  }
}

function shown({ id, isLive, journal }: ConformanceClient): string {
  const told = journal.told.slice(-4).join(" ");
  return `${id}${isLive ? "" : " (not live)"} at ${journal.node} sees ${journal.others.join()} [${told}]`;
}

/** Somebody who says one numbered message after the other, and knows what became of each. */
export class Talker {
  readonly client: ConformanceClient;
  readonly #numberOf = new Map<number, number>();
  #next = 0;

  constructor(client: ConformanceClient) {
    this.client = client;
  }

  /** Says the next number, if the client is live. */
  says(): void {
    const id = this.client.say({ by: this.client.id, number: this.#next });
    if (id > 0) this.#numberOf.set(id, this.#next++);
  }

  get said(): readonly number[] {
    return [...this.#numberOf.keys()];
  }

  get refused(): string[] {
    const { refused } = this.client.journal;
    return refused.map(({ id, code }) => `${this.#numberOf.get(id) ?? "other"} ${code}`);
  }

  get acknowledged(): number[] {
    const { acknowledged } = this.client.journal;
    return acknowledged
      .map((id) => this.#numberOf.get(id))
      .filter((number) => number !== undefined)
      .sort((a, b) => a - b);
  }

  /** The numbers that `listener` heard of this one, in order. */
  heardBy(listener: ConformanceClient): number[] {
    return listener.journal
      .bodies(this.client.id)
      .map((body) => (body as { number: number }).number);
  }
}

/** Waits until every message of theirs is answered, and accepted. */
export async function settledTalk(
  cluster: ConformanceCluster,
  talkers: readonly Talker[],
): Promise<void> {
  const isSettled = (): boolean =>
    talkers.every(({ acknowledged, said }) => acknowledged.length === said.length);
  const words = (): string =>
    talkers
      .map((one) => {
        const { client, said, acknowledged, refused } = one;
        return `${client.id}: ${acknowledged.length} of ${said.length}, refused ${refused.join()}`;
      })
      .join("; ");
  await cluster.until(isSettled, SOON_MS, () => `answers to all that was said: ${words()}`);
}

/** Nothing that was acknowledged is missing, nothing came twice, and each sender was heard in order. */
export function expectAllHeard(
  talkers: readonly Talker[],
  listeners: readonly ConformanceClient[],
): void {
  for (const talker of talkers) {
    expect(talker.acknowledged.length, `${talker.client.id} was heard at all`).toBeGreaterThan(0);
    for (const listener of listeners) {
      if (listener === talker.client) continue;
      const heard = talker.heardBy(listener);
      const words = `${listener.id} of ${talker.client.id}`;
      expect(heard, `order: ${words}`).toEqual([...new Set(heard)].sort((a, b) => a - b));
      const missing = talker.acknowledged.filter((number) => !heard.includes(number));
      expect(missing, `lost: ${words}`).toEqual([]);
    }
  }
}
