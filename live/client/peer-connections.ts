// Peer connections of a browser: RTCPeerConnection performs what core decides.
//
// Perfect negotiation lives in core: who offers, whose offer holds, which candidates belong to which description. Here
// descriptions are made and set, one after the other for each connection, since every step of WebRTC is a promise and the next
// order may come before the last is carried out.

import type { IceState } from "../../core/ice.ts";
import type { CandidateBody, SdpBody } from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type { PeerConnectionsPort, PeerFacts } from "./peers.ts";

interface Description {
  readonly type: string;
  readonly sdp?: string;
}

/** What is used of an RTCPeerConnection. */
export interface PeerConnection {
  readonly localDescription: { readonly sdp: string } | null;
  readonly iceConnectionState: string;
  createOffer(options?: { iceRestart?: boolean }): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  /** A collision is rolled back by the connection itself, as WebRTC 1.0 asks. */
  setRemoteDescription(description: Description): Promise<void>;
  addIceCandidate(candidate?: object): Promise<void>;
  setConfiguration?(configuration: object): void;
  close(): void;
  onicecandidate: ((event: { candidate: object | null }) => void) | null;
  oniceconnectionstatechange: (() => void) | null;
  onnegotiationneeded: (() => void) | null;
}

export type PeerConnectionClass = new (configuration: object) => PeerConnection;

export interface PeerConnectionsOptions {
  readonly RTCPeerConnection: PeerConnectionClass;
  /** RTCConfiguration of new connections; asked for each. */
  readonly configuration: () => object;
  /** A connection is there: the time to add tracks, channels and listeners, before anything is offered. */
  readonly onPeer: (peer: string, connection: PeerConnection) => void;
  readonly onPeerGone?: (peer: string) => void;
  /** A step of WebRTC failed. */
  readonly onFailure?: (peer: string, cause: unknown) => void;
}

interface Peer {
  readonly connection: PeerConnection;
  /** Number of the local description that candidates belong to. */
  localN: number;
  /** The last step; the next begins after it. */
  last: Promise<void>;
  isGone: boolean;
  /** Descriptions are being set: a change of ours is covered by them, or asked for again afterwards. */
  isOffered: boolean;
}

export class PeerConnections implements PeerConnectionsPort {
  readonly #facts: PeerFacts;
  readonly #options: PeerConnectionsOptions;
  readonly #peers = new Map<string, Peer>();

  constructor(facts: PeerFacts, options: PeerConnectionsOptions) {
    this.#facts = facts;
    this.#options = options;
  }

  /** The connection with a participant or with "sfu". */
  connectionWith(peer: string): PeerConnection | undefined {
    return this.#peers.get(peer)?.connection;
  }

  /** The server gave other ICE servers: for what is gathered from now on. */
  reconfigure(configuration: object): void {
    for (const { connection } of this.#peers.values()) connection.setConfiguration?.(configuration);
  }

  makeOffer(client: number, name: string, n: number, isRestart: boolean): void {
    this.#step(client, name, async (peer) => {
      const offer = await peer.connection.createOffer({ iceRestart: isRestart });
      peer.localN = n;
      peer.isOffered = true;
      await peer.connection.setLocalDescription(offer);
      const sdp = peer.connection.localDescription?.sdp ?? offer.sdp ?? "";
      if (!peer.isGone) this.#facts.offerMade(client, name, n, sdp, isRestart);
    });
  }

  acceptOffer(client: number, offer: Message): void {
    const { from, n } = offer;
    this.#step(client, from, async (peer) => {
      const { sdp } = offer.body as SdpBody;
      await peer.connection.setRemoteDescription({ type: "offer", sdp });
      const answer = await peer.connection.createAnswer();
      peer.localN = n;
      peer.isOffered = true;
      await peer.connection.setLocalDescription(answer);
      const made = peer.connection.localDescription?.sdp ?? answer.sdp ?? "";
      if (!peer.isGone) this.#facts.answerMade(client, from, n, made);
    });
  }

  acceptAnswer(client: number, answer: Message): void {
    this.#step(client, answer.from, async ({ connection }) => {
      const { sdp } = answer.body as SdpBody;
      await connection.setRemoteDescription({ type: "answer", sdp });
    });
  }

  addCandidates(client: number, candidates: Message): void {
    this.#step(client, candidates.from, async ({ connection }) => {
      if (candidates.kind === Kind.endOfCandidates) {
        await connection.addIceCandidate();
        return;
      }
      for (const one of (candidates.body as CandidateBody).list) {
        await connection.addIceCandidate(one);
      }
    });
  }

  dropPeer(_client: number, name: string): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    this.#peers.delete(name);
    peer.isGone = true;
    peer.connection.onicecandidate = null;
    peer.connection.oniceconnectionstatechange = null;
    peer.connection.onnegotiationneeded = null;
    peer.connection.close();
    this.#options.onPeerGone?.(name);
  }

  /** Carries out a step when those before it are done. */
  #step(client: number, name: string, step: (peer: Peer) => Promise<void>): void {
    const peer = this.#peers.get(name) ?? this.#made(client, name);
    peer.last = peer.last.then(async () => {
      if (peer.isGone) return;
      try {
        await step(peer);
      } catch (cause) {
        if (!peer.isGone) this.#options.onFailure?.(name, cause);
      }
    });
  }

  #made(client: number, name: string): Peer {
    const { RTCPeerConnection, configuration, onPeer } = this.#options;
    const connection = new RTCPeerConnection(configuration());
    const peer: Peer = {
      connection,
      localN: 0,
      last: Promise.resolve(),
      isGone: false,
      isOffered: false,
    };
    this.#peers.set(name, peer);
    connection.onicecandidate = ({ candidate }) => {
      if (candidate === null) this.#facts.gathered(client, name, peer.localN, [], true);
      else this.#facts.gathered(client, name, peer.localN, [plain(candidate)], false);
    };
    connection.oniceconnectionstatechange = () => {
      this.#facts.iceChanged(client, name, connection.iceConnectionState as IceState);
    };
    connection.onnegotiationneeded = () => {
      if (peer.isOffered) this.#facts.offerNeeded(client, name); // The first offer comes from core.
    };
    onPeer(name, connection);
    return peer;
  }
}

/** A candidate as JSON: browsers' own have a `toJSON`. */
function plain(candidate: object): object {
  return JSON.parse(JSON.stringify(candidate)) as object;
}
