// The sockets of slow clients: frames that an edge has written and the client has not read.
//
// One frame after the other goes through, at the client's bandwidth; what waits is the backlog that the edge's socket
// reports. When the client is quick again, everything that waits goes at once. Other clients have no pipe.

import type { Message } from "../../core/protocol/message.ts";
import type { Simulation } from "../engine/simulation.ts";
import { EventKind } from "./kinds.ts";

interface Frame {
  readonly message: Message;
  readonly s: number;
  /** The socket it was written to. */
  readonly socket: number;
}

interface Pipe {
  bytesPerUs: number;
  readonly frames: Frame[];
  bytes: number;
  /** When the frame in front is through, µs; an event of another time is out of date. */
  throughAtUs: number;
}

export class SlowPipes {
  readonly #sim: Simulation;
  readonly #pipes = new Map<number, Pipe>();
  /** Sends a frame on its way to the client, now. */
  readonly #release: (client: number, socket: number, message: Message, s: number) => void;

  constructor(
    sim: Simulation,
    release: (client: number, socket: number, message: Message, s: number) => void,
  ) {
    this.#sim = sim;
    this.#release = release;
  }

  get size(): number {
    return this.#pipes.size;
  }

  has(client: number): boolean {
    return this.#pipes.has(client);
  }

  backlogBytes(client: number): number {
    return this.#pipes.get(client)?.bytes ?? 0;
  }

  /** From now on the client reads at most this much; Infinity for no limit. */
  limit(client: number, bytesPerSec: number): void {
    const pipe = this.#pipes.get(client);
    if (bytesPerSec < Infinity) {
      if (pipe !== undefined) pipe.bytesPerUs = bytesPerSec / 1e6;
      else this.#pipes.set(client, emptyPipe(bytesPerSec / 1e6));
      return;
    }
    this.#pipes.delete(client);
    for (const { socket, message, s } of pipe?.frames ?? [])
      this.#release(client, socket, message, s);
  }

  write(client: number, socket: number, message: Message, s: number): void {
    const pipe = this.#pipes.get(client)!;
    pipe.frames.push({ message, s, socket });
    pipe.bytes += message.bytes;
    if (pipe.frames.length === 1) this.#begin(client, pipe);
  }

  /** The frame in front is through. */
  passed(client: number): void {
    const pipe = this.#pipes.get(client);
    if (pipe === undefined || pipe.throughAtUs !== this.#sim.nowUs) return;
    const frame = pipe.frames.shift()!;
    pipe.bytes -= frame.message.bytes;
    this.#release(client, frame.socket, frame.message, frame.s);
    if (pipe.frames.length > 0) this.#begin(client, pipe);
  }

  /** The socket is gone, and what it held. */
  clear(client: number): void {
    const pipe = this.#pipes.get(client);
    if (pipe !== undefined) this.#pipes.set(client, emptyPipe(pipe.bytesPerUs));
  }

  #begin(client: number, pipe: Pipe): void {
    const us = Math.ceil(pipe.frames[0]!.message.bytes / pipe.bytesPerUs);
    pipe.throughAtUs = this.#sim.nowUs + us;
    this.#sim.at(pipe.throughAtUs, EventKind.slowPipe, client, 0);
  }
}

function emptyPipe(bytesPerUs: number): Pipe {
  return { bytesPerUs, frames: [], bytes: 0, throughAtUs: -1 };
}
