// The driver of clients: performs core's SignalingClient on WebSockets, one client or thousands of them.
//
// It opens and closes sockets, writes and reads frames, keeps the wake-ups and asks for tokens; when to dial, what to resend
// and when to give up is core's. Core is told one fact at a time; what the application hears of it comes after core has
// returned, so that it may answer at once.

import { ClientEvent, type ClientOutbox } from "../../core/client/client-outbox.ts";
import { ClientState } from "../../core/client/client-table.ts";
import { needsDraw, type ClientPolicy } from "../../core/client/client-policy.ts";
import { SignalingClient } from "../../core/client/signaling-client.ts";
import type { ErrorBody, JoinBody, LeftBody } from "../../core/protocol/bodies.ts";
import { decodeServerFrame, encodeClientFrame } from "../../core/protocol/codec.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import { Kind, Message } from "../../core/protocol/message.ts";
import { clientFrameBytes } from "../../core/protocol/sizes.ts";
import { processClock, type Clock } from "../clock.ts";
import { clientPolicy } from "./client-policy.ts";
import type { ClientSocket, OpenSocket } from "./client-socket.ts";
import { ABNORMAL_CLOSE } from "./client-socket.ts";
import type { MakePeers, PeerConnectionsPort } from "./peers.ts";
import { peerFacts } from "./peers.ts";
import { Repetitions } from "./repetitions.ts";
import { WakeUps } from "./wake-ups.ts";

export type TokenSource = string | (() => string | Promise<string>);
/** Edges to dial, tried in turn from a drawn one on; or a function of the number of dials so far. */
export type UrlSource = readonly string[] | ((dials: number) => string);

/** What one client wants: where, and as whom. */
export interface ClientWish {
  readonly urls: UrlSource;
  readonly room: string;
  /** Asked anew for every join. */
  readonly token: TokenSource;
  readonly name?: string;
  readonly meta?: unknown;
}

/** Who hears what happens to the clients. Called when core is not at work: it may call the driver. */
export interface ClientListener {
  told(client: number, event: ClientEvent): void;
  /** A message came that core has taken in. Repetitions are left out. */
  heard(client: number, message: Message, s: number): void;
  /** A critical message was answered; `error` says why it was refused, when the server said so. */
  settled(
    client: number,
    message: Message,
    isAccepted: boolean,
    error: ErrorBody | undefined,
  ): void;
  /** The token source failed: the client tries again later. */
  tokenFailed?(client: number, cause: unknown): void;
}

export interface ClientDriverParts {
  readonly openSocket: OpenSocket;
  readonly listener: ClientListener;
  readonly policy?: Partial<ClientPolicy>;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Whether this machine knows itself to be offline: a loss is its own then. */
  readonly isOffline?: () => boolean;
  /** Peer connections; without them nothing is offered or answered. */
  readonly makePeers?: MakePeers;
}

interface Line {
  readonly wish: ClientWish;
  readonly repetitions: Repetitions;
  socket: ClientSocket | undefined;
  dials: number;
  firstUrl: number;
  closeCode: number;
}

export class ClientDriver implements ClientOutbox {
  readonly core: SignalingClient;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #isOffline: () => boolean;
  readonly #openSocket: OpenSocket;
  readonly #listener: ClientListener;
  readonly #peers: PeerConnectionsPort | undefined;
  readonly #wakeUps: WakeUps;
  readonly #lines: Line[] = [];
  /** What the application is to hear once core has returned. */
  readonly #owed: (() => void)[] = [];
  #depth = 0;
  #refusal: ErrorBody | undefined = undefined;

  constructor(parts: ClientDriverParts) {
    this.#clock = parts.clock ?? processClock;
    this.#random = parts.random ?? Math.random;
    this.#isOffline = parts.isOffline ?? isBrowserOffline;
    this.#openSocket = parts.openSocket;
    this.#listener = parts.listener;
    const policy = clientPolicy(parts.policy);
    this.core = new SignalingClient(policy, this, (client) => this.#identity(client));
    this.#wakeUps = new WakeUps(this.#clock, (client) => this.#wake(client));
    const facts = peerFacts(this.core, (client, fact) => this.#turn(client, fact));
    this.#peers = parts.makePeers?.(facts);
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  /** One more client, idle. Handles count from 0. */
  add(wish: ClientWish): number {
    this.#lines.push({
      wish,
      repetitions: new Repetitions(),
      socket: undefined,
      dials: 0,
      firstUrl: this.#random(),
      closeCode: 0,
    });
    return this.core.add();
  }

  // ---- what the application asks for ---------------------------------------------------------------

  start(client: number): void {
    this.#turn(client, (nowMs) => this.core.started(client, nowMs));
  }

  /** Something hints that the network is back: who lives asks whether it still does, who waits need not. */
  nudge(client: number): void {
    this.#turn(client, (nowMs) => this.core.nudged(client, nowMs, this.#random()));
  }

  /** The person leaves: the session ends. */
  leave(client: number): void {
    this.#turn(client, () => this.core.left(client));
  }

  isLive(client: number): boolean {
    return this.core.stateOf(client) === ClientState.live;
  }

  /** Sends a message; its id when it is critical and will be settled, else 0. Only while live. */
  offer(client: number, kind: Kind, to: string, key: string, body: object): number {
    let id = 0;
    const bytes = clientFrameBytes(kind, body);
    this.#turn(client, () => {
      id = this.core.offer(client, kind, to, key, bytes, body);
    });
    return id;
  }

  /** The code with which the client's last socket closed, 0 before the first. */
  closeCodeOf(client: number): number {
    return this.#lines[client]!.closeCode;
  }

  socketOf(client: number): ClientSocket | undefined {
    return this.#lines[client]!.socket;
  }

  /** Ends all at once, without a word to anybody: no timer and no socket is left. */
  stop(): void {
    this.#wakeUps.stop();
    for (const line of this.#lines) {
      const { socket } = line;
      if (socket === undefined) continue;
      this.#letGo(line);
      socket.close(CloseCode.normal);
    }
  }

  // ---- turns ----------------------------------------------------------------------------------------

  /** Tells core one fact about a client, then the application what came of it. */
  #turn(client: number, fact: (nowMs: number) => void): void {
    this.#depth++;
    try {
      fact(this.#clock.nowMs());
    } finally {
      this.#depth--;
    }
    this.#wakeUps.at(client, this.core.nextDeadlineMs(client));
    if (this.#depth === 0) this.#payOwed();
  }

  #payOwed(): void {
    this.#depth++;
    try {
      for (let i = 0; i < this.#owed.length; i++) this.#owed[i]!();
    } finally {
      this.#owed.length = 0;
      this.#depth--;
    }
  }

  #wake(client: number): void {
    this.#turn(client, (nowMs) => {
      if (this.core.nextDeadlineMs(client) > nowMs) return;
      this.core.deadlinePassed(client, nowMs, this.#random());
    });
  }

  #identity(client: number): JoinBody {
    const { room, name, meta } = this.#lines[client]!.wish;
    // The token comes when the join is sent.
    return { room, token: "", name: name ?? "", ...(meta === undefined ? {} : { meta }) };
  }

  // ---- orders: the socket ---------------------------------------------------------------------------

  dial(client: number): void {
    const line = this.#lines[client]!;
    this.#letGo(line);
    let socket: ClientSocket;
    try {
      socket = this.#openSocket(this.#urlOf(line), client);
    } catch {
      this.#owed.push(() => this.#closed(client, ABNORMAL_CLOSE));
      return;
    }
    line.socket = socket;
    socket.onopen = () => this.#turn(client, (nowMs) => this.core.opened(client, nowMs));
    socket.onmessage = ({ data }) => {
      if (line.socket === socket && typeof data === "string") this.#received(client, data);
    };
    socket.onclose = ({ code }) => {
      if (line.socket !== socket) return;
      this.#letGo(line);
      this.#closed(client, code);
    };
    socket.onerror = () => {}; // A close follows.
  }

  #urlOf(line: Line): string {
    const { urls, room } = line.wish;
    const dials = line.dials++;
    let url: string;
    if (typeof urls === "function") url = urls(dials);
    else url = urls[(Math.floor(line.firstUrl * urls.length) + dials) % urls.length]!;
    // A hint for an ingress that keeps a room's members together.
    return `${url}${url.includes("?") ? "&" : "?"}room=${encodeURIComponent(room)}`;
  }

  #closed(client: number, code: number): void {
    this.#lines[client]!.closeCode = code;
    const draw = this.#random();
    const isPrivate = this.#isOffline();
    this.#turn(client, (nowMs) => this.core.closed(client, code, isPrivate, nowMs, draw));
  }

  #received(client: number, text: string): void {
    const frame = decodeServerFrame(text, text.length);
    if (frame === undefined) return; // A type of a later version.
    if (frame instanceof FrameError) {
      this.hangUp(client, frame.closeCode ?? CloseCode.badFrame);
      this.#closed(client, CloseCode.internal);
      return;
    }
    const { message, s } = frame;
    const isOld = s > 0 && s !== this.core.table.lastS(client) + 1; // Had before, or a gap: core sees to it.
    this.#refusal = message.kind === Kind.error ? (message.body as ErrorBody) : undefined;
    this.#turn(client, (nowMs) => {
      const draw = needsDraw(message.kind) ? this.#random() : 0;
      this.core.received(client, message, s, nowMs, draw);
      if (!isOld) this.#pass(client, message, s);
    });
    this.#refusal = undefined;
  }

  #pass(client: number, message: Message, s: number): void {
    const { repetitions } = this.#lines[client]!;
    if (message.kind === Kind.participantLeft) repetitions.forget((message.body as LeftBody).id);
    if (repetitions.isRepeated(message)) return;
    this.#owed.push(() => this.#listener.heard(client, message, s));
  }

  send(client: number, message: Message): void {
    const { socket, wish } = this.#lines[client]!;
    if (socket === undefined) return; // It is lost, and core will hear of it.
    if (message.kind !== Kind.join) {
      socket.send(encodeClientFrame(message));
      return;
    }
    if (typeof wish.token === "string") this.#sendJoin(socket, message, wish.token);
    else this.#owed.push(() => this.#askForToken(client, socket, message));
  }

  #askForToken(client: number, socket: ClientSocket, join: Message): void {
    const { wish } = this.#lines[client]!;
    const source = wish.token as () => string | Promise<string>;
    const asked = new Promise<string>((resolve) => resolve(source())); // Whatever it throws is a rejection.
    asked.then(
      (token) => {
        if (this.#lines[client]!.socket === socket) this.#sendJoin(socket, join, token);
      },
      (cause: unknown) => this.#tokenFailed(client, socket, cause),
    );
  }

  #sendJoin(socket: ClientSocket, message: Message, token: string): void {
    const body: JoinBody = { ...(message.body as JoinBody), token };
    const bytes = clientFrameBytes(Kind.join, body);
    socket.send(encodeClientFrame(new Message(Kind.join, 0, "", "", 0, bytes, "", body)));
  }

  #tokenFailed(client: number, socket: ClientSocket, cause: unknown): void {
    const line = this.#lines[client]!;
    if (line.socket !== socket) return;
    this.#listener.tokenFailed?.(client, cause);
    this.hangUp(client, CloseCode.normal);
    this.#closed(client, CloseCode.internal);
  }

  hangUp(client: number, code: CloseCode): void {
    const line = this.#lines[client]!;
    const { socket } = line;
    if (socket === undefined) return;
    this.#letGo(line);
    socket.close(code);
  }

  /** Whatever the socket still does is no concern of its client's. */
  #letGo(line: Line): void {
    const { socket } = line;
    if (socket === undefined) return;
    line.socket = undefined;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = () => {};
  }

  // ---- orders: the application ----------------------------------------------------------------------

  tell(client: number, event: ClientEvent): void {
    this.#owed.push(() => this.#listener.told(client, event));
  }

  offered(): void {
    // The application knows: it has just said it.
  }

  settled(client: number, message: Message, isAccepted: boolean): void {
    const error = isAccepted ? undefined : this.#refusal;
    this.#owed.push(() => this.#listener.settled(client, message, isAccepted, error));
  }

  // ---- orders: peer connections ---------------------------------------------------------------------

  makeOffer(client: number, peer: string, n: number, isRestart: boolean): void {
    this.#owed.push(() => this.#peers?.makeOffer(client, peer, n, isRestart));
  }

  acceptOffer(client: number, offer: Message): void {
    this.#owed.push(() => this.#peers?.acceptOffer(client, offer));
  }

  acceptAnswer(client: number, answer: Message): void {
    this.#owed.push(() => this.#peers?.acceptAnswer(client, answer));
  }

  addCandidates(client: number, candidates: Message): void {
    this.#owed.push(() => this.#peers?.addCandidates(client, candidates));
  }

  dropPeer(client: number, peer: string): void {
    this.#owed.push(() => this.#peers?.dropPeer(client, peer));
  }
}

function isBrowserOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
}
