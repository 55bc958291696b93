// Who the members of a room know of, on all its hosts, and how many bytes telling it takes.
//
// Changed when a joined or left is *served*, not when it is decided: so a snapshot taken at any moment, and the messages
// served after it, add up to the truth exactly. The size is kept along, because every joiner is sent the whole of it.

import type { ParticipantBody } from "../protocol/bodies.ts";
import { participantBytes } from "../protocol/sizes.ts";

export class Roster {
  readonly #participants = new Map<string, ParticipantBody>();
  /** When those were updated last who ever were, ms. */
  readonly #changedAtMs = new Map<string, number>();
  #bytes = 0;

  get size(): number {
    return this.#participants.size;
  }

  /** Size of the participants as JSON, without the brackets and commas around them. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string): boolean {
    return this.#participants.has(id);
  }

  set(participant: ParticipantBody): void {
    this.delete(participant.id);
    this.#participants.set(participant.id, participant);
    this.#bytes += participantBytes(participant);
  }

  get(id: string): ParticipantBody | undefined {
    return this.#participants.get(id);
  }

  /** Takes the new description of somebody who is here; nothing when they are not. */
  update(participant: ParticipantBody, nowMs: number): void {
    const known = this.#participants.get(participant.id);
    if (known === undefined) return;
    this.#bytes += participantBytes(participant) - participantBytes(known);
    this.#participants.set(participant.id, participant);
    this.#changedAtMs.set(participant.id, nowMs);
  }

  /** Those whose description changed since then. */
  changedSince(sinceMs: number): ParticipantBody[] {
    const changed: ParticipantBody[] = [];
    for (const [id, atMs] of this.#changedAtMs) {
      if (atMs >= sinceMs) changed.push(this.#participants.get(id)!);
    }
    return changed;
  }

  delete(id: string): void {
    const known = this.#participants.get(id);
    if (known === undefined) return;
    this.#participants.delete(id);
    this.#changedAtMs.delete(id);
    this.#bytes -= participantBytes(known);
  }

  /** As of now; a copy. */
  snapshot(): ParticipantBody[] {
    return [...this.#participants.values()];
  }

  ids(): IterableIterator<string> {
    return this.#participants.keys();
  }
}
