// Browsers that only pretend: they describe in a moment, gather two bursts of candidates, and connect when both sides know each
// other.

import type { Message } from "../../core/protocol/message.ts";
import type { PeerConnectionsPort, PeerFacts } from "../../live/client/peers.ts";

/** Time to describe, to gather a burst, and to connect, ms. */
const DESCRIBE_MS = 10;
const GATHER_MS = 20;
const CONNECT_MS = 30;
const SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

export class ScriptedPeers implements PeerConnectionsPort {
  readonly #facts: PeerFacts;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(facts: PeerFacts) {
    this.#facts = facts;
  }

  get facts(): PeerFacts {
    return this.#facts;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #after(ms: number, happen: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      happen();
    }, ms);
    this.#timers.add(timer);
  }

  makeOffer(client: number, peer: string, n: number, isRestart: boolean): void {
    this.#after(DESCRIBE_MS, () => {
      this.#facts.offerMade(client, peer, n, SDP, isRestart);
      this.#gather(client, peer, n);
    });
  }

  acceptOffer(client: number, { from, n }: Message): void {
    this.#after(DESCRIBE_MS, () => {
      this.#facts.answerMade(client, from, n, SDP);
      this.#gather(client, from, n);
      this.#connect(client, from);
    });
  }

  acceptAnswer(client: number, { from }: Message): void {
    this.#connect(client, from);
  }

  addCandidates(): void {
    // Descriptions are enough here.
  }

  dropPeer(): void {
    // There is nothing to close.
  }

  #connect(client: number, peer: string): void {
    this.#after(CONNECT_MS, () => this.#facts.iceChanged(client, peer, "connected"));
  }

  #gather(client: number, peer: string, n: number): void {
    const burst = (port: number): object => ({
      candidate: `candidate:1 1 udp 2122260223 192.0.2.1 ${port} typ host`,
      sdpMid: "0",
      sdpMLineIndex: 0,
    });
    this.#after(GATHER_MS, () =>
      this.#facts.gathered(client, peer, n, [burst(50_000), burst(50_001)], false),
    );
    this.#after(2 * GATHER_MS, () => this.#facts.gathered(client, peer, n, [burst(50_002)], true));
  }
}
