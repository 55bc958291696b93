// The client SDK: one person in one room.
//
//   const room = connect({ url: "wss://…/v1/signal", room: "standup", token: fetchToken, name: "Ada" });
//   room.on("joined", (who) => …); room.on("message", ({ from, body }) => …);
//   await room.send({ text: "hello" });
//
// It comes back by itself whenever the connection is lost, and tells the application only what people would notice. What was
// sent is settled once, however many sockets that takes. Works wherever there is a WebSocket.

import { ClientEvent } from "../../core/client/client-outbox.ts";
import type { ClientPolicy } from "../../core/client/client-policy.ts";
import type {
  ErrorBody,
  JoinedBody,
  LeftBody,
  PongBody,
  ResumedBody,
} from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import { ClientDriver, type TokenSource } from "./client-driver.ts";
import { socketOpener, type ClientSocketClass } from "./client-socket.ts";
import { Emitter } from "./emitter.ts";
import { onHints } from "./hints.ts";
import {
  PeerConnections,
  type PeerConnection,
  type PeerConnectionClass,
} from "./peer-connections.ts";
import { Roster, type Participant, type RosterChange } from "./roster.ts";

export type { Participant } from "./roster.ts";
export type { PeerConnection } from "./peer-connections.ts";

export interface ConnectOptions {
  /** Where the edges are; several are tried in turn. */
  readonly url: string | readonly string[];
  /** A token for the room, or how to get one: asked anew for every join. */
  readonly token: TokenSource;
  readonly room: string;
  readonly name?: string;
  readonly meta?: unknown;
  /** Where the platform has none: that of the ws package, for example. */
  readonly WebSocket?: ClientSocketClass;
  /** Given, the client negotiates peer connections and emits "peer" for each. */
  readonly RTCPeerConnection?: PeerConnectionClass;
  /** RTCConfiguration besides the ICE servers, which the server gives. */
  readonly rtcConfiguration?: object;
  readonly policy?: Partial<ClientPolicy>;
  readonly random?: () => number;
}

export interface ReceivedMessage {
  readonly from: string;
  readonly body: unknown;
}

/** Why there will be no more events: `leave()` was called, or the server will not have this client. */
export interface Ending {
  readonly reason: "left" | "refused" | "gave-up";
  readonly closeCode: number;
  readonly error: ErrorBody | undefined;
}

export interface ClientEvents {
  /** In the room, with a new session. */
  readonly entered: { readonly you: string; readonly node: string };
  /** Somebody came. */
  readonly joined: Participant;
  /** Somebody went; "absent": while this client was away. */
  readonly left: {
    readonly participant: Participant;
    readonly reason: LeftBody["reason"] | "absent";
  };
  /** The room after any change of it. */
  readonly participants: ReadonlyMap<string, Participant>;
  readonly message: ReceivedMessage;
  readonly state: {
    readonly participant: Participant;
    readonly key: string;
    readonly value: unknown;
  };
  /** The loudest who speak now. */
  readonly speakers: readonly { readonly id: string; readonly level: number }[];
  /** Data for which only now matters: quality, cursor, volatile. */
  readonly volatile: ReceivedMessage & { readonly kind: "quality" | "cursor" | "app-volatile" };
  /** The connection is lost; it may come back. */
  readonly disrupted: undefined;
  /** Back in the session; "replay" missed nothing. */
  readonly resumed: { readonly mode: "replay" | "snapshot" };
  /** The session is gone: unanswered messages are sent again in the next one. */
  readonly lost: undefined;
  readonly ended: Ending;
  readonly peer: { readonly id: string; readonly connection: PeerConnection };
  readonly peerGone: { readonly id: string };
  /** Something failed that is tried again, or that concerns one peer only. */
  readonly failure: unknown;
}

/** A message that was not accepted. */
export class RefusedMessage extends Error {
  readonly code: ErrorBody["code"] | "ended";
  readonly retryAfterMs: number | undefined;

  constructor(error: ErrorBody | undefined) {
    super(error?.message ?? "The session ended before the message was accepted.");
    this.code = error?.code ?? "ended";
    this.retryAfterMs = error?.retryAfterMs;
  }
}

interface Unsent {
  readonly to: string;
  readonly body: object;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Messages that wait for the room to be entered or entered again. Assumed: twice a burst of the connection's budget. */
const UNSENT_MAX = 128;

export function connect(options: ConnectOptions): StormglassClient {
  return new StormglassClient(options);
}

export class StormglassClient extends Emitter<ClientEvents> {
  readonly #driver: ClientDriver;
  readonly #client: number;
  readonly #roster = new Roster();
  readonly #unsettled = new Map<number, Unsent>();
  #unsent: Unsent[] = [];
  #peers: PeerConnections | undefined = undefined;
  #ice: object = {};
  #lastError: ErrorBody | undefined = undefined;
  #hasEnded = false;
  readonly #unhint: () => void;
  #graceTimer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: ConnectOptions) {
    super();
    this.#driver = new ClientDriver({
      openSocket: socketOpener(options.WebSocket),
      listener: {
        told: (_client, event) => this.#told(event),
        heard: (_client, message) => this.#heard(message),
        settled: (_client, message, isAccepted, error) => this.#settled(message, isAccepted, error),
        tokenFailed: (_client, cause) => this.emit("failure", cause),
      },
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.random === undefined ? {} : { random: options.random }),
      ...this.#media(options),
    });
    const { url, token, room, name, meta } = options;
    this.#client = this.#driver.add({
      urls: typeof url === "string" ? [url] : url,
      token,
      room,
      ...(name === undefined ? {} : { name }),
      ...(meta === undefined ? {} : { meta }),
    });
    this.#unhint = onHints(() => this.#driver.nudge(this.#client));
    this.#driver.start(this.#client);
  }

  #media({ RTCPeerConnection, rtcConfiguration }: ConnectOptions) {
    if (RTCPeerConnection === undefined) return {};
    return {
      makePeers: (facts: ConstructorParameters<typeof PeerConnections>[0]) => {
        this.#peers = new PeerConnections(facts, {
          RTCPeerConnection,
          configuration: () => ({ ...rtcConfiguration, ...this.#ice }),
          onPeer: (id, connection) => this.emit("peer", { id, connection }),
          onPeerGone: (id) => this.emit("peerGone", { id }),
          onFailure: (_peer, cause) => this.emit("failure", cause),
        });
        return this.#peers;
      },
    };
  }

  /** Own participant id; "" before the room is entered. */
  get you(): string {
    return this.#roster.you;
  }

  /** Everybody else in the room, by id. */
  get participants(): ReadonlyMap<string, Participant> {
    return this.#roster.participants;
  }

  /** Whether messages go out at once. */
  get isLive(): boolean {
    return this.#driver.isLive(this.#client);
  }

  /** Resolves when the room is entered, rejects when that will never be. */
  entered(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isLive) resolve();
      else if (this.#hasEnded) reject(new RefusedMessage(this.#lastError));
      this.on("entered", () => resolve());
      this.on("ended", ({ error }) => reject(new RefusedMessage(error)));
    });
  }

  /**
   * Sends a message to the room, or to one in it. Resolves when it is in the room's log and on its way to everybody; rejects with
   * a `RefusedMessage`. While the connection is lost it waits.
   */
  send(body: object, { to = "" }: { readonly to?: string } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const unsent = { to, body, resolve, reject };
      if (this.#hasEnded) reject(new RefusedMessage(undefined));
      else if (this.isLive && this.#unsent.length === 0) this.#offer(unsent);
      else if (this.#unsent.length < UNSENT_MAX) this.#unsent.push(unsent);
      else reject(new RefusedMessage(TOO_MANY));
    });
  }

  /** Sets one of one's own values that all others see, now and later: the last one counts. False while not in the room. */
  setState(key: string, value: unknown): boolean {
    return this.#say(Kind.state, key, { [key]: value });
  }

  /** Whether one speaks, and how loud, 0 to 1. */
  speaking(on: boolean, level?: number): boolean {
    return this.#say(Kind.speaking, "", level === undefined ? { on } : { on, level });
  }

  /** Something that is worth nothing a moment later. */
  sendVolatile(kind: "quality" | "cursor" | "app-volatile", body: object): boolean {
    return this.#say(VOLATILE[kind], "", body);
  }

  /** Leaves the room for good. */
  leave(): void {
    this.#driver.leave(this.#client);
  }

  #say(kind: Kind, key: string, body: object): boolean {
    if (!this.isLive) return false;
    this.#driver.offer(this.#client, kind, "", key, body);
    return true;
  }

  #offer(unsent: Unsent): void {
    const id = this.#driver.offer(this.#client, Kind.message, unsent.to, "", unsent.body);
    this.#unsettled.set(id, unsent);
  }

  // ---- what happens ---------------------------------------------------------------------------------

  #told(event: ClientEvent): void {
    switch (event) {
      case ClientEvent.disrupted:
        this.emit("disrupted", undefined);
        break;
      case ClientEvent.sessionLost:
        this.emit("lost", undefined);
        break;
      case ClientEvent.left:
        this.#end("left");
        break;
      case ClientEvent.refused:
        this.#end("refused");
        break;
      case ClientEvent.gaveUp:
        this.#end("gave-up");
        break;
      default: // Entering and resuming are told when their message is taken in.
    }
  }

  #heard(message: Message): void {
    this.#changed(this.#roster.heard(message));
    switch (message.kind) {
      case Kind.joined: {
        const { you, node, ice } = message.body as JoinedBody;
        this.#useIce(ice);
        this.emit("entered", { you, node });
        this.#flush();
        break;
      }
      case Kind.resumed: {
        const { mode, reason, ice, resume } = message.body as ResumedBody;
        this.#useIce(ice);
        if (reason === "moved") this.#awaitMissing(resume.graceMs);
        this.emit("resumed", { mode });
        this.#flush();
        break;
      }
      case Kind.pong:
        this.#useIce((message.body as PongBody | undefined)?.ice);
        break;
      case Kind.message:
        this.emit("message", { from: message.from, body: message.body });
        break;
      case Kind.speakers:
        this.emit("speakers", (message.body as { list: ClientEvents["speakers"] }).list);
        break;
      case Kind.quality:
      case Kind.cursor:
      case Kind.appVolatile:
        this.emit("volatile", {
          kind: VOLATILE_NAMES.get(message.kind)!,
          from: message.from,
          body: message.body,
        });
        break;
      case Kind.error:
        if (message.id === 0) this.#lastError = message.body as ErrorBody;
        break;
      default:
    }
  }

  #changed(changes: readonly RosterChange[]): void {
    for (const change of changes) {
      if (change.what === "joined") this.emit("joined", change.participant);
      else if (change.what === "left") this.emit("left", change);
      else if (change.what === "state") this.emit("state", change);
    }
    if (changes.length > 0) this.emit("participants", this.participants);
  }

  /** Whoever was not back before us in a room that moved has this long to follow. */
  #awaitMissing(graceMs: number): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => this.#changed(this.#roster.missingLeft()), graceMs);
  }

  #useIce(ice: unknown): void {
    const servers = (ice as { servers?: readonly object[] } | undefined)?.servers;
    if (servers === undefined) return;
    this.#ice = { iceServers: servers };
    this.#peers?.reconfigure(this.#ice);
  }

  #flush(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const one of unsent) {
      if (this.isLive) this.#offer(one);
      else this.#unsent.push(one);
    }
  }

  #settled(message: Message, isAccepted: boolean, error: ErrorBody | undefined): void {
    const waiting = this.#unsettled.get(message.id);
    if (waiting === undefined) return; // Of a negotiation.
    this.#unsettled.delete(message.id);
    if (isAccepted) waiting.resolve();
    else waiting.reject(new RefusedMessage(error));
  }

  #end(reason: Ending["reason"]): void {
    this.#hasEnded = true;
    clearTimeout(this.#graceTimer);
    this.#unhint();
    for (const { reject } of this.#unsent) reject(new RefusedMessage(undefined));
    this.#unsent = [];
    this.#driver.stop();
    this.emit("ended", {
      reason,
      closeCode: this.#driver.closeCodeOf(this.#client),
      error: reason === "left" ? undefined : this.#lastError,
    });
  }
}

const VOLATILE = {
  quality: Kind.quality,
  cursor: Kind.cursor,
  "app-volatile": Kind.appVolatile,
} as const;
const VOLATILE_NAMES = new Map<Kind, keyof typeof VOLATILE>([
  [Kind.quality, "quality"],
  [Kind.cursor, "cursor"],
  [Kind.appVolatile, "app-volatile"],
]);
const TOO_MANY: ErrorBody = {
  code: "rate_limited",
  message: "too many messages wait for the connection",
  retry: true,
};
