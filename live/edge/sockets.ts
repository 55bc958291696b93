// The sockets of one edge, by the handles that core gave their connections.
//
// `ws` does the handshake, reads frames and closes; what we write goes to the network socket itself, once per socket and turn
// of the event loop. Nothing here is made per connection but the object: no timer, no closure. A socket that takes no more is
// watched: core is told what it holds, at once and then at every sweep until it holds nothing and core has nothing queued for it.
// What waits in a socket is copied, so that a slow reader holds his own bytes and not the blocks in which they were made.

import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { slotOf } from "../../core/handles.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import { Frames } from "./frames.ts";

/** What sockets tell their edge, outside of any turn of core. */
export interface SocketFacts {
  received(socket: EdgeSocket, frame: Buffer, isBinary: boolean): void;
  /** The client closed, broke the rules of WebSocket, or is unreachable. Not told for what `close` closed. */
  ended(connection: number, code: number): void;
  /** What the socket holds, bytes. Returns whether core still has something queued for it. */
  buffered(connection: number, bytes: number): boolean;
}

/** Two frames or more to one socket in one turn are joined up to this size, bytes. Assumed: they fit a block of Node's pool; see COPIED_BYTES_MAX of frames. */
const JOINED_BYTES_MAX = 4_000;

/**
 * So many sockets are written to before others get their turn of the event loop, the longest waiting first: under load a socket
 * gathers what several slices of fanout bring while it waits, and has it in one write. Assumed: less than a ms of one core.
 */
const WRITES_AT_ONCE = 128;
/** For more to come, what fits one such go is held back so often at most. Assumed: a few ms. */
const HELD_TIMES_MAX = 8;

/** Under a load that never ends the list of those that wait is shortened when so many have been written to. */
const DONE_MAX = 4_096;

/** Codes of the WebSocket layer for what our protocol has its own codes for: RFC 6455 §7.4.1. */
const OUR_CODE: ReadonlyMap<number, CloseCode> = new Map([
  [1007, CloseCode.badFrame],
  [1008, CloseCode.tooLarge], // In too many pieces.
  [1009, CloseCode.tooLarge],
]);

/** After a close frame so much is still read of a peer that goes on, bytes. Assumed: what was under way on a fast path. */
const CLOSING_BYTES_MAX = 256 * 1024;

const REASONS: ReadonlyMap<number, string> = new Map(
  Object.entries(CloseCode).map(([name, code]) => [code, reasonOf(name)]),
);

function reasonOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** One client's socket. Made by `ws` when the handshake succeeded; `Sockets.adopt` gives it its place. */
export class EdgeSocket extends WebSocket {
  /** -1 before core has numbered it, and after it is over. */
  connection = -1;
  /** When it last asked to join or resume, ms. */
  askedAtMs = 0;
  wire: Socket | undefined = undefined;
  sockets: Sockets | undefined = undefined;
  /** What is written at the end of this turn of the event loop. */
  first: Buffer | undefined = undefined;
  rest: Buffer[] | undefined = undefined;
  /** Bytes of both. */
  waitingBytes = 0;
  isStrained = false;

  /** Also called by `ws`, for the peer's close and for broken frames: then it is over for core, too. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN && this.wire !== undefined)
      hearLittleMore(this, this.wire);
    const ours = code === undefined ? undefined : OUR_CODE.get(code);
    if (ours === undefined) super.close(code, reason);
    else super.close(ours, REASONS.get(ours));
    this.sockets?.over(this, ours ?? code ?? 1005);
  }
}

export class Sockets {
  readonly #facts: SocketFacts;
  readonly #softBytes: number;
  readonly #meters: { sentBytes: number };
  readonly #frames = new Frames();
  /** By slot of the connection. */
  readonly #at: (EdgeSocket | undefined)[] = [];
  /** Those that have something to write from `#dirtyFrom` on, in the order in which they got it. */
  readonly #dirty: EdgeSocket[] = [];
  #dirtyFrom = 0;
  /** For these more waits than a socket should hold: they cannot wait for the end of the event loop's turn. */
  #crowded: EdgeSocket[] = [];
  #flushDue: NodeJS.Immediate | undefined;
  #isHeld = false;
  /** How often what waits was held: twice for a slice with answers. */
  #heldTimes = 0;
  /** Has had the upgrade, and waits for its number. */
  #opening: EdgeSocket | undefined;
  /** With the listeners for their draining. */
  readonly #strained = new Map<EdgeSocket, () => void>();
  /** Open sockets. */
  count = 0;

  /** `softBytes`: a socket that holds so much is watched. `meters` counts what sockets were given, headers included. */
  constructor(facts: SocketFacts, softBytes: number, meters: { sentBytes: number }) {
    this.#facts = facts;
    this.#softBytes = softBytes;
    this.#meters = meters;
  }

  /** Sockets that do not take what they are given at once. */
  get strainedCount(): number {
    return this.#strained.size;
  }

  of(connection: number): EdgeSocket | undefined {
    const socket = this.#at[slotOf(connection)];
    return socket !== undefined && socket.connection === connection ? socket : undefined;
  }

  /** A finished upgrade. The first frame that core writes to an unknown connection gives this socket its handle. */
  adopt(socket: EdgeSocket, wire: Socket): void {
    socket.sockets = this;
    socket.wire = wire;
    socket.on("message", received);
    socket.on("close", closed);
    socket.on("error", ignored); // `close` follows, and says all.
    this.#opening = socket;
  }

  #bind(connection: number): EdgeSocket | undefined {
    const socket = this.#opening;
    if (socket === undefined) return undefined;
    this.#opening = undefined;
    socket.connection = connection;
    this.#at[slotOf(connection)] = socket;
    this.count++;
    return socket;
  }

  /** Core has greeted the socket: the greeting leaves at once, with the answer to the upgrade that waits before it. */
  adopted(socket: EdgeSocket): void {
    this.#opening = undefined;
    this.#send(socket);
  }

  write(connection: number, message: Message, s: number): void {
    const socket = this.of(connection) ?? this.#bind(connection);
    if (socket === undefined) return; // It went in this very moment.
    const frame = this.#frames.of(message, s);
    if (socket.first === undefined) {
      socket.first = frame;
      this.#dirty.push(socket);
      this.#flushDue ??= setImmediate(this.flush);
    } else {
      (socket.rest ??= []).push(frame);
    }
    let bytes = frame.length;
    if (s > 0 && this.#frames.isSplit) {
      const { shared } = this.#frames;
      (socket.rest ??= []).push(shared);
      bytes += shared.length;
    }
    const before = socket.waitingBytes;
    socket.waitingBytes = before + bytes;
    if (before < this.#softBytes && before + bytes >= this.#softBytes) this.#crowded.push(socket);
  }

  /** A turn of core is over. */
  settle(): void {
    if (this.#crowded.length === 0) return;
    const crowded = this.#crowded;
    this.#crowded = [];
    for (const socket of crowded) this.#flushOne(socket);
  }

  /** Writes what this turn of the event loop has brought; what is too much for one turn is written in the next ones. */
  readonly flush = (): void => {
    if (this.#isHeld) {
      this.#isHeld = false; // Unless the next slice says so again.
      this.#flushDue = setImmediate(this.flush);
      return;
    }
    this.#heldTimes = 0;
    const dirty = this.#dirty;
    const end = Math.min(dirty.length, this.#dirtyFrom + WRITES_AT_ONCE);
    for (let at = this.#dirtyFrom; at < end; at++) this.#flushOne(dirty[at]!);
    if (end < dirty.length) {
      this.#dirtyFrom = end;
      if (end >= DONE_MAX) this.#forgetDone();
      this.#flushDue = setImmediate(this.flush);
      return;
    }
    dirty.length = 0;
    this.#dirtyFrom = 0;
    this.#flushDue = undefined;
  };

  #forgetDone(): void {
    this.#dirty.splice(0, this.#dirtyFrom);
    this.#dirtyFrom = 0;
  }

  /** A slice of fanout is over, and another one follows at once or not. */
  sliceEnded(isMoreToCome: boolean): void {
    if (this.#flushDue === undefined) return;
    const fits = this.#dirty.length - this.#dirtyFrom < WRITES_AT_ONCE;
    this.#isHeld = isMoreToCome && fits && this.#heldTimes < HELD_TIMES_MAX;
    if (this.#isHeld) {
      this.#heldTimes++;
      return;
    }
    clearImmediate(this.#flushDue); // It would keep the event loop from its sleep once more.
    this.flush();
  }

  #flushOne(socket: EdgeSocket): void {
    this.#send(socket);
    const wire = socket.wire!; // Adopted before it could be written to.
    if (wire.writableLength < this.#softBytes || socket.connection < 0) return;
    if (!socket.isStrained) this.#watch(socket, wire);
  }

  #send(socket: EdgeSocket): void {
    const { first, rest, wire, waitingBytes: bytes } = socket;
    if (first === undefined || wire === undefined) return;
    socket.first = undefined;
    socket.rest = undefined;
    socket.waitingBytes = 0;
    if (socket.readyState !== WebSocket.OPEN) return; // Nothing follows a close frame.
    this.#meters.sentBytes += bytes;
    const isBehind = wire.writableLength > 0 && wire.writableCorked === 0;
    if (rest === undefined && !isBehind) {
      wire.write(first);
      return;
    }
    const parts = rest === undefined ? [first] : [first, ...rest];
    if (isBehind) wire.write(ownCopy(parts, bytes));
    else if (bytes <= JOINED_BYTES_MAX) wire.write(Buffer.concat(parts, bytes));
    else {
      wire.cork();
      for (const part of parts) wire.write(part);
      wire.uncork();
    }
  }

  #watch(socket: EdgeSocket, wire: Socket): void {
    socket.isStrained = true;
    const drained = (): void => this.#tell(socket); // The few that are slow may have a closure.
    this.#strained.set(socket, drained);
    wire.on("drain", drained);
    this.#tell(socket);
  }

  /** Tells core of every strained socket; for a timer, about every 50 ms. */
  sweep(): void {
    for (const socket of this.#strained.keys()) this.#tell(socket);
  }

  #tell(socket: EdgeSocket): void {
    const { connection, wire } = socket;
    if (connection < 0 || wire === undefined || !socket.isStrained) return;
    const bytes = wire.writableLength;
    const isQueued = this.#facts.buffered(connection, bytes);
    if (bytes < this.#softBytes && !isQueued) this.#relax(socket);
  }

  #relax(socket: EdgeSocket): void {
    const drained = this.#strained.get(socket);
    if (drained === undefined) return;
    socket.isStrained = false;
    this.#strained.delete(socket);
    socket.wire?.off("drain", drained);
  }

  /** By order of core: writes what waits, then the close frame. A peer that does not answer it is cut by `ws` after its closeTimeout. */
  close(connection: number, code: CloseCode): void {
    const socket = this.of(connection) ?? this.#bind(connection);
    if (socket === undefined) return;
    this.#send(socket);
    this.#forget(socket);
    socket.close(code, REASONS.get(code));
  }

  /** From the socket: it closes, and core has not ordered it. */
  over(socket: EdgeSocket, code: number): void {
    const { connection } = socket;
    if (connection < 0) return;
    this.#forget(socket);
    this.#facts.ended(connection, code);
  }

  received(socket: EdgeSocket, frame: Buffer, isBinary: boolean): void {
    if (socket.connection >= 0) this.#facts.received(socket, frame, isBinary);
  }

  /** Closes all that is left, as somebody who goes away (1001). */
  endAll(): void {
    for (const socket of this.#at) {
      if (socket === undefined) continue;
      this.#send(socket);
      socket.close(1001, "going_away");
      socket.wire?.end();
    }
  }

  #forget(socket: EdgeSocket): void {
    if (socket.isStrained) this.#relax(socket);
    this.#at[slotOf(socket.connection)] = undefined;
    socket.connection = -1;
    this.count--;
  }
}

/** Who was told to go and goes on talking is cut: what he says would be parsed for nothing. */
function hearLittleMore(socket: EdgeSocket, wire: Socket): void {
  const untilBytes = wire.bytesRead + CLOSING_BYTES_MAX;
  wire.on("data", () => {
    if (wire.bytesRead > untilBytes) socket.terminate();
  });
}

/** Memory of its own, not of the pool. */
function ownCopy(parts: readonly Buffer[], bytes: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const part of parts) at += part.copy(copy, at);
  return copy;
}

// Listeners that all sockets share.

function received(this: WebSocket, frame: WebSocket.RawData, isBinary: boolean): void {
  const socket = this as EdgeSocket;
  socket.sockets?.received(socket, frame as Buffer, isBinary); // A Buffer: binaryType is "nodebuffer".
}

function closed(this: WebSocket, code: number): void {
  const socket = this as EdgeSocket;
  socket.sockets?.over(socket, code);
}

function ignored(): void {}
