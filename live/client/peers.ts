// Between the client's machine and its peer connections: orders one way, facts the other.
//
// Real connections are peer-connections.ts; tests and load generators have their own, that only pretend.

import type { SignalingClient } from "../../core/client/signaling-client.ts";
import type { IceState } from "../../core/ice.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import { clientFrameBytes } from "../../core/protocol/sizes.ts";

/** What core orders of peer connections; `peer` is a participant id or "sfu". */
export interface PeerConnectionsPort {
  makeOffer(client: number, peer: string, n: number, isRestart: boolean): void;
  acceptOffer(client: number, offer: Message): void;
  acceptAnswer(client: number, answer: Message): void;
  /** Remote candidates, or (kind `endOfCandidates`) their end. */
  addCandidates(client: number, candidates: Message): void;
  dropPeer(client: number, peer: string): void;
}

/** What peer connections tell, at once or later. */
export interface PeerFacts {
  offerMade(client: number, peer: string, n: number, sdp: string, isRestart: boolean): void;
  answerMade(client: number, peer: string, n: number, sdp: string): void;
  gathered(
    client: number,
    peer: string,
    n: number,
    candidates: readonly object[],
    isEnd: boolean,
  ): void;
  iceChanged(client: number, peer: string, state: IceState): void;
  /** Something changed that only an offer can tell. */
  offerNeeded(client: number, peer: string): void;
}

export type MakePeers = (facts: PeerFacts) => PeerConnectionsPort;

/** Tells core what peer connections tell; `turn` runs a fact of a client. */
export function peerFacts(
  core: SignalingClient,
  turn: (client: number, fact: (nowMs: number) => void) => void,
): PeerFacts {
  const { media } = core;
  return {
    offerMade(client, peer, n, sdp, isRestart) {
      const body = isRestart ? { sdp, restart: true } : { sdp };
      const bytes = clientFrameBytes(Kind.offer, body);
      turn(client, () => media.offerMade(client, peer, n, bytes, body));
    },
    answerMade(client, peer, n, sdp) {
      const body = { sdp };
      const bytes = clientFrameBytes(Kind.answer, body);
      turn(client, () => media.answerMade(client, peer, n, bytes, body));
    },
    gathered(client, peer, n, candidates, isEnd) {
      const bytes = clientFrameBytes(Kind.candidate, { list: candidates });
      const sized = candidates.length === 0 ? 0 : bytes;
      turn(client, (nowMs) => media.gathered(client, peer, n, sized, candidates, isEnd, nowMs));
    },
    iceChanged(client, peer, state) {
      turn(client, (nowMs) => media.iceChanged(client, peer, state, nowMs));
    },
    offerNeeded(client, peer) {
      turn(client, () => media.mesh.pair(client, peer)?.offer(false));
    },
  };
}
