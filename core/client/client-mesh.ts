// A client's peer connections to other clients, in rooms without an SFU.
//
// Who comes in offers to those who are there, so of each pair one side begins; a pair is remembered from its first
// description on. Which side keeps its offer when two cross is the order of the ids (SPEC NG1).

import { isImpolite, Negotiation } from "../negotiation.ts";
import type { ParticipantBody } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";
import type { ClientOutbox } from "./client-outbox.ts";
import { PeerPair, type OfferCritical } from "./peer-pair.ts";

interface Mesh {
  readonly you: string;
  readonly pairs: Map<string, PeerPair>;
  /** Who was missing when the session moved, and until when the connection with them is kept, ms. */
  readonly missing: Map<string, number>;
  /** Those that have a deadline: a mesh of hundreds is asked for it at every message. */
  readonly busy: Set<PeerPair>;
  /** Not after the first of their deadlines, ms. */
  nextMs: number;
}

export class ClientMesh {
  readonly #outbox: ClientOutbox;
  readonly #offerCritical: OfferCritical;
  readonly #meshes = new Map<number, Mesh>();

  constructor(outbox: ClientOutbox, offerCritical: OfferCritical) {
    this.#outbox = outbox;
    this.#offerCritical = offerCritical;
  }

  /** Whether any client has a mesh. */
  get isUsed(): boolean {
    return this.#meshes.size > 0;
  }

  entered(client: number, you: string, participants: readonly ParticipantBody[]): void {
    this.ended(client); // Peer connections of a session that was lost: their other ends are dropped, too.
    const mesh: Mesh = {
      you,
      pairs: new Map(),
      missing: new Map(),
      busy: new Set(),
      nextMs: Infinity,
    };
    this.#meshes.set(client, mesh);
    for (const { id } of participants) if (id !== you) this.#pairOf(client, mesh, id).offer(false);
  }

  /** The session goes on, and nothing was missed: only ICE that is down is looked after. */
  replayed(client: number, nowMs: number): void {
    for (const pair of this.#meshes.get(client)?.busy ?? []) pair.mend(nowMs);
  }

  /**
   * After a snapshot: pairs with those who are gone end; what was under way is begun again. A session that moved may be the first
   * to be back in its room: the others have `graceMs` to follow, and their pictures go on meanwhile.
   */
  resynced(
    client: number,
    participants: readonly ParticipantBody[],
    graceMs: number,
    nowMs: number,
  ): void {
    const mesh = this.#meshes.get(client);
    if (mesh === undefined) return;
    const ids = new Set(participants.map(({ id }) => id));
    for (const peer of [...mesh.pairs.keys()]) {
      if (ids.has(peer)) continue;
      if (graceMs > 0) this.#miss(mesh, peer, nowMs + graceMs);
      else this.peerLeft(client, peer);
    }
    for (const id of ids) {
      mesh.missing.delete(id);
      if (id === mesh.you) continue;
      const pair = this.#pairOf(client, mesh, id);
      pair.recover(nowMs);
      watch(mesh, pair);
    }
  }

  #miss(mesh: Mesh, peer: string, untilMs: number): void {
    mesh.missing.set(peer, untilMs);
    mesh.nextMs = Math.min(mesh.nextMs, untilMs);
  }

  /** Somebody is in the room, again perhaps. */
  peerJoined(client: number, id: string): void {
    this.#meshes.get(client)?.missing.delete(id);
  }

  peerLeft(client: number, id: string): void {
    const mesh = this.#meshes.get(client);
    const pair = mesh?.pairs.get(id);
    if (mesh === undefined || pair === undefined) return;
    mesh.pairs.delete(id);
    mesh.missing.delete(id);
    mesh.busy.delete(pair);
    this.#outbox.dropPeer(client, id);
  }

  ended(client: number): void {
    const mesh = this.#meshes.get(client);
    if (mesh === undefined) return;
    for (const peer of mesh.pairs.keys()) this.#outbox.dropPeer(client, peer);
    this.#meshes.delete(client);
  }

  received(client: number, message: Message, nowMs: number): void {
    const mesh = this.#meshes.get(client);
    if (mesh === undefined) return;
    mesh.missing.delete(message.from);
    const pair = this.#pairOf(client, mesh, message.from);
    pair.received(message, nowMs);
    watch(mesh, pair);
  }

  /** The pair with `peer`, when anything was negotiated with it. */
  pair(client: number, peer: string): PeerPair | undefined {
    return this.#meshes.get(client)?.pairs.get(peer);
  }

  /** Something was done to the pair from outside: it may have a deadline now. */
  changed(client: number, pair: PeerPair): void {
    const mesh = this.#meshes.get(client);
    if (mesh !== undefined) watch(mesh, pair);
  }

  nextDeadlineMs(client: number): number {
    return this.#meshes.get(client)?.nextMs ?? Infinity;
  }

  deadlinePassed(client: number, nowMs: number): void {
    const mesh = this.#meshes.get(client);
    if (mesh === undefined || mesh.nextMs > nowMs) return;
    mesh.nextMs = Infinity;
    for (const [peer, untilMs] of mesh.missing) {
      if (untilMs <= nowMs) this.peerLeft(client, peer);
      else mesh.nextMs = Math.min(mesh.nextMs, untilMs);
    }
    for (const pair of mesh.busy) {
      if (pair.nextDeadlineMs() <= nowMs) pair.deadlinePassed(nowMs);
      const dueMs = pair.nextDeadlineMs();
      if (dueMs === Infinity) mesh.busy.delete(pair);
      else mesh.nextMs = Math.min(mesh.nextMs, dueMs);
    }
  }

  #pairOf(client: number, mesh: Mesh, peer: string): PeerPair {
    const known = mesh.pairs.get(peer);
    if (known !== undefined) return known;
    const negotiation = new Negotiation(isImpolite(mesh.you, peer));
    const pair = new PeerPair(client, peer, negotiation, this.#outbox, this.#offerCritical);
    mesh.pairs.set(peer, pair);
    return pair;
  }
}

function watch(mesh: Mesh, pair: PeerPair): void {
  const dueMs = pair.nextDeadlineMs();
  if (dueMs === Infinity) return;
  mesh.busy.add(pair);
  mesh.nextMs = Math.min(mesh.nextMs, dueMs);
}
