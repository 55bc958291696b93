// What a recipient has heard before.
//
// A sender that has no answer says it again after its resume, under the same id. Its host knows a repetition, but a host that
// took over from a dead one does not, so the recipient looks, too. Ids begin anew with a sender's next session, which a
// snapshot may hide: an id alone does not prove a repetition, the same text under it does.

import { idChecksum, Kind, type Message } from "../../core/protocol/message.ts";

/** Messages per sender that are remembered. Assumed: as many as one sender has unanswered at a time (a burst of its budget is
 * 60). */
const REMEMBERED = 64;

interface Heard {
  readonly ids: number[];
  readonly sums: number[];
  at: number;
}

export class Repetitions {
  readonly #heard = new Map<string, Heard>();

  /** Whether this application message came before; remembers it. */
  isRepeated(message: Message): boolean {
    if (message.kind !== Kind.message || message.id === 0) return false;
    let heard = this.#heard.get(message.from);
    if (heard === undefined) {
      heard = { ids: [], sums: [], at: 0 };
      this.#heard.set(message.from, heard);
    }
    const sum = idChecksum(JSON.stringify(message.body));
    for (let i = 0; i < heard.ids.length; i++) {
      if (heard.ids[i] === message.id && heard.sums[i] === sum) return true;
    }
    heard.ids[heard.at] = message.id;
    heard.sums[heard.at] = sum;
    heard.at = (heard.at + 1) % REMEMBERED;
    return false;
  }

  /** The sender left: what comes from that name later is somebody else's. */
  forget(sender: string): void {
    this.#heard.delete(sender);
  }
}
