// The edge's ends of trunks: dials nodes over WebSockets, and believes a node that can prove itself.
//
// What an end is asked to carry before it is open waits; if it never opens, it is lost, and core asks elsewhere. A node that has begun
// another life than the one that was dialled is lost too: its beats tell of the new one.

import { WebSocket } from "ws";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachRequest, OrphanRoom } from "../../core/trunk.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../operations/log.ts";
import type { TrunkMeters } from "../operations/tally.ts";
import type { TlsSource } from "../tls.ts";
import { readAtEdge } from "./frame-reader.ts";
import { type Challenge, freshNonce, readChallenge, readWelcome, TrunkKeys } from "./handshake.ts";
import type { TrunkDialer, TrunkToNode, TrunkToNodeFacts } from "./trunk.ts";
import * as frames from "./trunk-frames.ts";
import { TRUNK_LIMITS, TRUNK_PROTOCOL, TrunkClose, type TrunkLimits } from "./trunk-limits.ts";
import { SilenceTimer, TrunkLink } from "./trunk-link.ts";

export interface WsTrunkDialerOptions {
  readonly edgeId: string;
  /** Of the edge: grows with every start. */
  readonly incarnation: number;
  /** The first speaks. Empty only with mutual TLS. */
  readonly secrets: readonly string[];
  /** The edge's certificate, and the authority that nodes' certificates must be of. */
  readonly tls?: TlsSource | undefined;
  /** The name in nodes' certificates, where they are dialled by address. */
  readonly servername?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters?: TrunkMeters;
  readonly limits?: Partial<TrunkLimits>;
}

/** A closing handshake that is not answered, ms. Assumed. */
const CLOSE_TIMEOUT_MS = 2_000;

export class WsTrunkDialer implements TrunkDialer {
  readonly #options: WsTrunkDialerOptions;
  readonly #limits: TrunkLimits;
  readonly #keys: TrunkKeys;
  readonly #silence: SilenceTimer;

  /** Throws when nothing would prove who a node is. */
  constructor(options: WsTrunkDialerOptions) {
    this.#options = options;
    this.#limits = { ...TRUNK_LIMITS, ...options.limits };
    this.#keys = new TrunkKeys(options.secrets);
    if (this.#keys.isEmpty && options.tls === undefined) {
      throw new Error("Trunks need a shared secret, or TLS with certificates of both ends.");
    }
    this.#silence = new SilenceTimer(this.#limits);
  }

  dial(
    nodeId: string,
    incarnation: number,
    trunkUrl: string,
    facts: TrunkToNodeFacts,
  ): TrunkToNode {
    const { clock } = this.#options;
    const end = new NodeTrunk(nodeId, incarnation, facts, clock);
    end.link = this.#link(end, this.#socket(trunkUrl));
    this.#silence.watch(end.link);
    return end;
  }

  /** Closes all trunks; nothing more is told. */
  close(): void {
    for (const link of this.#silence.links) link.close();
    this.#silence.stop();
  }

  #socket(trunkUrl: string): WebSocket {
    const { tls, servername } = this.#options;
    return new WebSocket(dialable(trunkUrl), TRUNK_PROTOCOL, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: this.#limits.pieceBytesMax,
      handshakeTimeout: this.#limits.handshakeTimeoutMs,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // Masks keep browsers from fooling proxies (RFC 6455 §10.3). A mask of zeros changes nothing and costs nothing.
      generateMask: (mask: Buffer) => void mask.fill(0),
      ...tls?.options(),
      ...(servername === undefined ? {} : { servername }),
    } as ConstructorParameters<typeof WebSocket>[2]);
  }

  #link(end: NodeTrunk, ws: WebSocket): TrunkLink {
    const nonce = freshNonce();
    let challenge: Challenge | undefined;
    const link: TrunkLink = new TrunkLink(ws, this.#limits, this.#options.meters, {
      greeted: (type, text) => {
        if (challenge === undefined) challenge = this.#challenged(type, text, nonce, end);
        else this.#welcomed(type, text, challenge, nonce, end);
      },
      received: (piece) => end.received(piece),
      ended: (reason, wasOpen) => {
        const { nodeId } = end;
        if (!wasOpen) this.#options.log.debug({ node: nodeId, reason }, "A trunk was not opened.");
        end.facts.lost(end, reason);
      },
    });
    return link;
  }

  /** Answers a challenge of the life that was dialled. Otherwise the link has failed. */
  #challenged(type: number, text: string, nonce: string, end: NodeTrunk): Challenge | undefined {
    const challenge = type === frames.FrameType.challenge ? readChallenge(text) : undefined;
    if (challenge === undefined) {
      end.link.fail("That is no challenge.", TrunkClose.badFrame);
    } else if (challenge.nodeId !== end.nodeId || challenge.incarnation !== end.incarnation) {
      end.link.fail("That life of the node is over.", TrunkClose.otherLife);
    } else {
      const { edgeId, incarnation } = this.#options;
      const said = { edgeId, incarnation, nonce };
      const mac = this.#keys.prove("edge", [challenge, said]);
      end.link.greet(frames.FrameType.proof, { ...said, mac });
    }
    return challenge;
  }

  #welcomed(type: number, text: string, challenge: Challenge, nonce: string, end: NodeTrunk): void {
    const welcome = type === frames.FrameType.welcome ? readWelcome(text) : undefined;
    const { edgeId, incarnation, log } = this.#options;
    if (welcome === undefined) {
      end.link.fail("That is no welcome.", TrunkClose.badFrame);
      return;
    }
    const said = { edgeId, incarnation, nonce };
    if (!this.#keys.isEmpty && this.#keys.proven("node", [challenge, said], welcome.mac) < 0) {
      log.warn({ node: end.nodeId }, "A node does not know the secret.");
      end.link.fail("The proof is wrong.", TrunkClose.wrongProof);
      return;
    }
    end.link.open();
    end.facts.opened(end);
  }
}

/** `url`, or one that no dial succeeds with: a node's beat may say anything. */
function dialable(url: string): string {
  return /^wss?:\/\//.test(url) && URL.canParse(url) ? url : "ws://invalid.invalid";
}

/** The edge's end of one trunk. */
class NodeTrunk implements TrunkToNode {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly facts: TrunkToNodeFacts;
  readonly #clock: Clock;
  link!: TrunkLink;

  constructor(nodeId: string, incarnation: number, facts: TrunkToNodeFacts, clock: Clock) {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
    this.facts = facts;
    this.#clock = clock;
  }

  received(piece: Buffer): string | undefined {
    return readAtEdge(piece, this, this.facts, this.#isOpen);
  }

  readonly #isOpen = (): boolean => this.link.isOpen;

  get bufferedBytes(): number {
    return this.link.bufferedBytes;
  }

  attach(connection: number, request: AttachRequest): void {
    frames.writeAttach(this.link.batch, connection, request, this.#clock.nowMs());
    this.link.owe();
  }

  relay(session: number, message: Message): void {
    frames.writeRelay(this.link.batch, session, message);
    this.link.owe();
  }

  acknowledge(session: number, s: number): void {
    frames.writeAcknowledge(this.link.batch, session, s);
    this.link.owe();
  }

  detach(session: number, attachment: number, isFinal: boolean): void {
    frames.writeDetach(this.link.batch, session, attachment, isFinal);
    this.link.owe();
  }

  declareOrphans(rooms: readonly OrphanRoom[]): void {
    frames.writeOrphans(this.link.batch, rooms);
    this.link.owe();
  }

  close(): void {
    this.link.close();
  }
}
