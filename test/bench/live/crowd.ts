// A crowd of clients on one server: how they get in, what they say, and what they count.
//
// All loads are closed loops but one: the next message of a room or a pair is sent when the one before has reached everybody
// whom it should reach, so that nothing is lost unseen. The open loop (`roundTrips`) sends at instants of a Poisson process,
// whether the server keeps up or not.

import { mintToken } from "../../../live/auth/mint-token.ts";
import { ACK_EVERY, type Dialect, Heard } from "./dialects.ts";
import { Wire, type WireListener } from "./wire.ts";

const HEARTBEAT_MS = 15_000;
const BEAT_TICKS = 100;
const TOKEN_TTL_MS = 24 * 3_600_000;
/** Loopback addresses that the clients come from. */
const ADDRESSES = 16;

export interface CrowdOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly secret: string;
  readonly count: number;
  readonly roomSize: number;
  /** Joins under way at once. */
  readonly concurrency: number;
  /** In front of rooms and names. */
  readonly prefix: string;
  /** The last byte of the first address. */
  readonly firstAddress: number;
}

/** One client. */
class Player {
  wire: Wire | undefined = undefined;
  readonly index: number;
  readonly room: Party;
  readonly name: string;
  joinFrame: Buffer;
  lastId = 1;
  /** The last number it has, and the last that it acknowledged. */
  s = 0;
  ackedS = 0;
  isIn = false;
  /** When what is under way was sent, ms; 0 for nothing. */
  sentAtMs = 0;
  partner: Player | undefined = undefined;
  isAsking = false;

  constructor(index: number, room: Party, name: string, joinFrame: Buffer) {
    this.index = index;
    this.room = room;
    this.name = name;
    this.joinFrame = joinFrame;
  }
}

/** One room. */
class Party {
  readonly players: Player[] = [];
  speaker = 0;
  /** Frames that are still to come until the next message is said: of one message, or as many of several. */
  missing = 0;
}

export type Load = "none" | "messages" | "states" | "relay" | "acknowledged relay" | "round trips";

export class Crowd implements WireListener {
  readonly #options: CrowdOptions;
  readonly #players: Player[] = [];
  readonly #parties: Party[] = [];
  readonly #playerOf = new Map<Wire, Player>();
  #dialled = 0;
  #joined = 0;
  #entered = 0;
  #endedCount = 0;
  #load: Load = "none";
  #counted = 0;
  #underWay = 0;
  #endsAtMs = 0;
  #isDone: () => void = () => {};
  #idle: Player[] = [];
  #trips: number[] = [];
  #beats: NodeJS.Timeout | undefined;
  #beat = 0;
  #failure: string | undefined;
  #isClosing = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const { count, roomSize, prefix, dialect, secret } = options;
    for (let index = 0; index < count; index++) {
      if (index % roomSize === 0) this.#parties.push(new Party());
      const party = this.#parties[this.#parties.length - 1]!;
      const room = `${prefix}r${this.#parties.length - 1}`;
      const name = `${prefix}p${index}`;
      const request = { participantId: name, roomId: room, nowMs: Date.now(), ttlMs: TOKEN_TTL_MS };
      const token = mintToken(Buffer.from(secret), request);
      const player = new Player(index, party, name, dialect.join(room, name, token));
      party.players.push(player);
      this.#players.push(player);
    }
  }

  /** Everybody connects and joins. Resolves with the seconds until all are in and know each other. */
  async enter(): Promise<number> {
    const beganMs = performance.now();
    const { concurrency, count } = this.#options;
    await new Promise<void>((resolve) => {
      this.#isDone = resolve;
      for (let i = 0; i < Math.min(concurrency, count); i++) this.#dial();
    });
    this.#check();
    this.#beats = setInterval(() => this.#heartbeats(), HEARTBEAT_MS / BEAT_TICKS);
    return (performance.now() - beganMs) / 1_000;
  }

  #dial(): void {
    const { port, dialect, firstAddress } = this.#options;
    const player = this.#players[this.#dialled++];
    if (player === undefined) return;
    const wire = new Wire({
      port,
      from: `127.0.0.${firstAddress + (player.index % ADDRESSES)}`,
      path: dialect.path,
      subprotocol: dialect.subprotocol,
      listener: this,
    });
    player.wire = wire;
    this.#playerOf.set(wire, player);
  }

  /** Clients that are in. */
  get heldCount(): number {
    return this.#joined - this.#endedCount;
  }

  close(): void {
    this.#isClosing = true;
    clearInterval(this.#beats);
    for (const { wire } of this.#players) wire?.close();
  }

  #heartbeats(): void {
    const { dialect } = this.#options;
    if (dialect.greeting !== undefined) return; // There the server asks.
    const tick = this.#beat++ % BEAT_TICKS;
    for (let at = tick; at < this.#players.length; at += BEAT_TICKS) {
      const { wire, s } = this.#players[at]!;
      wire!.send(dialect.ping(s));
    }
  }

  // ---- loads -------------------------------------------------------------------------------------

  /** Talks for so long, `depth` messages under way in every room; returns what was counted: deliveries, relayed messages, or round trips in ms. */
  async play(
    load: Load,
    seconds: number,
    perSec = 0,
    depth = 1,
  ): Promise<{ count: number; tripsMs: number[] }> {
    this.#load = load;
    this.#counted = 0;
    this.#trips = [];
    const beganMs = performance.now();
    this.#endsAtMs = beganMs + seconds * 1_000;
    const done = new Promise<void>((resolve) => (this.#isDone = resolve));
    if (load === "messages" || load === "states") {
      for (const party of this.#parties) party.missing = this.#framesOf(party);
      for (let i = 0; i < depth; i++) for (const party of this.#parties) this.#speak(party);
    } else {
      this.#pair();
      if (load === "round trips") this.#pace(beganMs, 1_000 / perSec);
      else for (const player of this.#idle) this.#relay(player);
    }
    await done;
    this.#load = "none";
    this.#check();
    return { count: this.#counted, tripsMs: this.#trips };
  }

  #check(): void {
    if (this.#failure !== undefined) throw new Error(this.#failure);
  }

  #isOver(): boolean {
    return this.#failure !== undefined || performance.now() >= this.#endsAtMs;
  }

  #speak(party: Party): void {
    if (this.#isOver()) {
      if (this.#underWay === 0) this.#isDone();
      return;
    }
    const { players } = party;
    const speaker = players[party.speaker++ % players.length]!;
    this.#underWay++;
    const { dialect } = this.#options;
    const isAnswered = this.#load === "messages";
    speaker.wire!.send(isAnswered ? dialect.message(++speaker.lastId) : dialect.state());
  }

  #arrived(party: Party): void {
    if (--party.missing > 0) return;
    party.missing = this.#framesOf(party);
    this.#underWay--;
    this.#speak(party);
  }

  /** What one message leads to: a frame for everybody else, and an answer if it is answered. */
  #framesOf({ players }: Party): number {
    return players.length - 1 + (this.#load === "messages" ? 1 : 0);
  }

  /** Neighbours of a room, by twos; the first of each asks. */
  #pair(): void {
    this.#idle = [];
    for (const { players } of this.#parties) {
      for (let i = 0; i + 1 < players.length; i += 2) {
        players[i]!.partner = players[i + 1];
        players[i + 1]!.partner = players[i];
        players[i]!.isAsking = true;
        players[i + 1]!.isAsking = false;
        this.#idle.push(players[i]!);
      }
    }
  }

  /** One message from this player to its partner. */
  #relay(player: Player): void {
    if (this.#isOver()) {
      if (this.#underWay === 0) this.#isDone();
      return;
    }
    this.#underWay++;
    player.sentAtMs = this.#load === "relay" ? 1 : 2;
    this.#candidate(player, this.#load === "acknowledged relay");
  }

  #candidate(player: Player, isAnswered: boolean): void {
    const id = isAnswered ? ++player.lastId : 0;
    player.wire!.send(this.#options.dialect.candidate(player.partner!.name, id));
  }

  /** Asks at the instants of a Poisson process; who comes late keeps the instant at which it should have been sent. */
  #pace(beganMs: number, meanMs: number): void {
    let nextMs = beganMs;
    const step = (): void => {
      const nowMs = performance.now();
      while (nextMs <= nowMs && nextMs < this.#endsAtMs) {
        const player = this.#idle.pop();
        if (player === undefined) break; // All wait: the next one that is back asks, late.
        player.sentAtMs = nextMs;
        this.#underWay++;
        this.#candidate(player, false);
        nextMs -= Math.log(1 - Math.random()) * meanMs;
      }
      if (nextMs >= this.#endsAtMs && this.#underWay === 0) this.#isDone();
      else if (this.#failure !== undefined) this.#isDone();
      else setImmediate(step);
    };
    step();
  }

  // ---- what comes -----------------------------------------------------------------------------------

  upgraded(wire: Wire): void {
    const { greeting } = this.#options.dialect;
    if (greeting !== undefined) wire.send(greeting);
  }

  text(wire: Wire, bytes: Buffer, from: number, to: number): void {
    const player = this.#playerOf.get(wire)!;
    const { dialect } = this.#options;
    const heard = dialect.hear(bytes, from, to);
    const s = dialect.numberOf(bytes, from);
    if (s > 0) player.s = s;
    if (s >= player.ackedS + ACK_EVERY) {
      player.ackedS = s;
      wire.send(dialect.ack(s));
    }
    switch (heard) {
      case Heard.said:
        this.#said(player);
        break;
      case Heard.ok:
        this.#served(player);
        break;
      case Heard.entered:
        this.#entered++;
        this.#someoneIn();
        break;
      case Heard.hello:
        wire.send(player.joinFrame);
        player.joinFrame = NOTHING;
        break;
      case Heard.joined:
        player.isIn = true;
        this.#joined++;
        this.#dial();
        this.#someoneIn();
        break;
      case Heard.ping:
        wire.send(dialect.ping(0));
        break;
      case Heard.error:
        this.#fail(`the server said ${bytes.toString("utf8", from, to)}`);
        break;
      default:
    }
  }

  #someoneIn(): void {
    const { count, roomSize } = this.#options;
    const rest = count % roomSize;
    const pairsOf = (size: number): number => (size * (size - 1)) / 2;
    const pairs = Math.floor(count / roomSize) * pairsOf(roomSize) + pairsOf(rest);
    if (this.#joined === count && this.#entered >= pairs && this.#load === "none") this.#isDone();
  }

  #said(player: Player): void {
    switch (this.#load) {
      case "messages":
      case "states":
        this.#counted++;
        this.#arrived(player.room);
        break;
      case "relay":
      case "acknowledged relay":
        this.#counted++;
        this.#half(player.partner!);
        break;
      case "round trips":
        this.#tripped(player);
        break;
      default:
    }
  }

  #served(player: Player): void {
    if (this.#load === "messages") this.#arrived(player.room);
    else if (this.#load === "acknowledged relay") this.#half(player);
  }

  /** A relayed message is over when it arrived and, where that is asked for, was answered. */
  #half(player: Player): void {
    if (--player.sentAtMs > 0) return;
    this.#underWay--;
    this.#relay(player);
  }

  #tripped(player: Player): void {
    if (!player.isAsking) {
      this.#candidate(player, false);
      return;
    }
    this.#counted++;
    this.#trips.push(performance.now() - player.sentAtMs);
    this.#underWay--;
    this.#idle.push(player);
  }

  ended(_wire: Wire, why: string): void {
    this.#endedCount++;
    if (!this.#isClosing) this.#fail(`a connection ended: ${why}`);
  }

  #fail(why: string): void {
    this.#failure ??= why;
    this.#isDone();
  }
}

const NOTHING = Buffer.alloc(0);
