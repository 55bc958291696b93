// What both ends of a trunk between processes share: a WebSocket that carries pieces, notices silence, and ends once.
//
// Greeting, then open, then ended. Frames that are written before it is open wait. A turn of the event loop leaves in one message. Silence is counted
// in beats of a timer, not by the clock: after this process itself was stopped, the other end has all its time again.

import type { WebSocket } from "ws";
import type { TrunkMeters } from "../operations/tally.ts";
import { FrameBatch } from "./frame-batch.ts";
import { FrameReader, framesIn } from "./frame-reader.ts";
import { writeRare } from "./trunk-frames.ts";
import { TrunkClose, type TrunkLimits } from "./trunk-limits.ts";

export interface LinkListener {
  /** A frame of the handshake. */
  greeted(type: number, text: string): void;
  /** A piece of frames. Returns why the trunk must end, undefined when all is well. */
  received(piece: Buffer): string | undefined;
  /** Not by us. Told once, and never after `close`. */
  ended(reason: string, wasOpen: boolean): void;
}

type State = "greeting" | "open" | "ended";

/** Bytes of the reason in a close frame (RFC 6455 §5.5: 125 with the code). */
const CLOSE_REASON_MAX = 123;
const SEND_OPTIONS = { binary: true, compress: false };

export class TrunkLink {
  /** Where frames are written; then `owe`. */
  readonly batch: FrameBatch;
  readonly #ws: WebSocket;
  readonly #limits: TrunkLimits;
  readonly #meters: TrunkMeters | undefined;
  readonly #listener: LinkListener;
  readonly #deadline: NodeJS.Timeout;
  #state: State = "greeting";
  #waiting: [piece: Buffer, frames: number][] = [];
  #waitingBytes = 0;
  #owing: NodeJS.Immediate | undefined;
  #isDoomed = false;
  #silentBeats = 0;

  constructor(
    ws: WebSocket,
    limits: TrunkLimits,
    meters: TrunkMeters | undefined,
    listener: LinkListener,
  ) {
    this.#ws = ws;
    this.#limits = limits;
    this.#meters = meters;
    this.#listener = listener;
    this.batch = new FrameBatch((piece, frames) => this.#send(piece, frames));
    this.#deadline = setTimeout(
      () => this.fail("The handshake took too long.", TrunkClose.handshakeTimeout),
      limits.handshakeTimeoutMs,
    ).unref();
    ws.on("message", (data, isBinary) => this.#received(data as Buffer, isBinary));
    ws.on("ping", this.#heard);
    ws.on("pong", this.#heard);
    ws.on("error", (error) => this.#over(`It broke: ${error.message}.`));
    ws.on("close", (code, reason) => {
      const words = reason.length > 0 ? ` (${reason.toString()})` : "";
      this.#over(`The other end closed it with ${code}${words}.`);
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isEnded(): boolean {
    return this.#state === "ended";
  }

  get bufferedBytes(): number {
    return this.batch.pendingBytes + this.#waitingBytes + this.#ws.bufferedAmount;
  }

  /** A frame of the handshake, at once. */
  greet(type: number, said: object): void {
    const greeting = new FrameBatch((piece) => this.#ws.send(piece, SEND_OPTIONS));
    writeRare(greeting, type, 0, JSON.stringify(said));
    greeting.flush();
  }

  /** The handshake is done. */
  open(): void {
    clearTimeout(this.#deadline);
    this.#state = "open";
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const [piece, frames] of waiting) this.#send(piece, frames);
  }

  /** Something was written: it leaves at the end of this turn of the event loop. */
  owe(): void {
    this.#owing ??= setImmediate(this.#pay);
  }

  /** What was written leaves now. */
  flush(): void {
    if (this.#owing === undefined) return;
    clearImmediate(this.#owing); // It would keep the event loop from its sleep once more.
    this.#pay();
  }

  readonly #pay = (): void => {
    this.#owing = undefined;
    this.batch.flush();
  };

  /** By us: what was written still leaves, and nothing is told. */
  close(): void {
    if (this.#state === "ended") return;
    this.batch.flush();
    this.#endAs(TrunkClose.normal, "");
  }

  /** It cannot go on. Never from within an order: the listener is told at once. Without a code it is cut, not closed. */
  fail(reason: string, code?: TrunkClose): void {
    if (this.#state === "ended") return;
    const wasOpen = this.isOpen;
    this.#endAs(code, reason);
    this.#listener.ended(reason, wasOpen);
  }

  /** A beat of the timer that counts silence, `beatMs` after the last. */
  beat(beatMs: number): void {
    if (this.#state !== "open") return;
    const silentMs = ++this.#silentBeats * beatMs;
    if (silentMs > this.#limits.lostAfterMs) this.fail(`Nothing was heard for ${silentMs} ms.`);
    else if (this.#silentBeats % BEATS_PER_PING === 0) this.#ws.ping();
  }

  #endAs(code: TrunkClose | undefined, reason: string): void {
    clearTimeout(this.#deadline);
    this.#state = "ended";
    this.#waiting = [];
    this.#waitingBytes = 0;
    const isUp = this.#ws.readyState === this.#ws.OPEN;
    if (code === undefined || !isUp) this.#ws.terminate();
    else this.#ws.close(code, reason.slice(0, CLOSE_REASON_MAX));
  }

  /** The WebSocket says so itself, and closes itself. */
  #over(reason: string): void {
    if (this.#state === "ended") return;
    clearTimeout(this.#deadline);
    const wasOpen = this.isOpen;
    this.#state = "ended";
    this.#listener.ended(reason, wasOpen);
  }

  readonly #heard = (): void => {
    this.#silentBeats = 0;
  };

  #received(data: Buffer, isBinary: boolean): void {
    this.#silentBeats = 0;
    if (this.#state === "ended") return;
    if (!isBinary) {
      this.fail("A message was not binary.", TrunkClose.badFrame);
    } else if (this.#state === "greeting") {
      const reader = new FrameReader(data);
      if (reader.next() && reader.left >= 4) {
        reader.int32();
        this.#listener.greeted(reader.type, reader.rest());
      } else {
        this.fail("A greeting was cut short.", TrunkClose.badFrame);
      }
    } else {
      this.#meters?.received(data.length, framesIn(data));
      const fault = this.#listener.received(data);
      if (fault !== undefined) this.fail(fault, TrunkClose.badFrame);
    }
  }

  #send(piece: Buffer, frames: number): void {
    if (this.#state === "ended" || this.#isDoomed) return;
    const { pieceBytesMax, waitingBytesMax, bufferedBytesMax } = this.#limits;
    if (piece.length > pieceBytesMax) {
      this.#doom(`A frame of ${piece.length} bytes is more than it carries.`);
    } else if (this.#state === "greeting") {
      this.#waiting.push([piece, frames]);
      this.#waitingBytes += piece.length;
      if (this.#waitingBytes > waitingBytesMax) this.#doom("Too much waited for it to open.");
    } else {
      this.#meters?.sent(piece.length, frames);
      this.#ws.send(piece, SEND_OPTIONS);
      if (this.#ws.bufferedAmount > bufferedBytesMax) this.#doom("Too much waited to be sent.");
    }
  }

  /** From within an order: told when the order is over. */
  #doom(reason: string): void {
    this.#isDoomed = true;
    setImmediate(() => this.fail(reason, TrunkClose.tooMuch));
  }
}

/**
 * Beats in the time until a ping. Assumed: fine enough that all the edges of a node that stopped notice it well within the time that they
 * have to declare its members (core/edge/orphans.ts: a quarter of a second).
 */
const BEATS_PER_PING = 10;

/** One timer for the silence of many links. */
export class SilenceTimer {
  readonly #links = new Set<TrunkLink>();
  readonly #beatMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor({ pingAfterMs }: TrunkLimits) {
    this.#beatMs = pingAfterMs / BEATS_PER_PING;
    this.#timer = setInterval(this.#beat, this.#beatMs).unref();
  }

  watch(link: TrunkLink): void {
    this.#links.add(link);
  }

  get links(): readonly TrunkLink[] {
    return [...this.#links];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  readonly #beat = (): void => {
    for (const link of this.#links) {
      if (link.isEnded) this.#links.delete(link);
      else link.beat(this.#beatMs);
    }
  };
}
