// A tiny cluster in one process: some clients, edges and nodes, wired so that the orders of one are the facts of another.
//
// For tests of what the machines promise together. Links keep their order and take the time that `delayMs` says; what is
// under way to something that died is lost. After every order the wiring checks that it names a connection or session
// that its giver still has: an order to somebody who is gone would reach a stranger one day.

import { assert } from "../assert.ts";
import type { EdgePolicy } from "../edge/edge-policy.ts";
import type { NodePolicy } from "../node/node-context.ts";
import type { BusMessage } from "../trunk.ts";
import { ClientPort } from "./client-port.ts";
import { EdgePort } from "./edge-port.ts";
import { NodePort } from "./node-port.ts";

export interface LoopbackOptions {
  readonly nodes: number;
  readonly edges: number;
  readonly clients: number;
  /** Time one frame takes, ms; asked for each. */
  readonly delayMs: () => number;
  /** In [0, 1); asked for each draw of a client. */
  readonly draw: () => number;
  readonly node?: Partial<NodePolicy>;
  readonly edge?: Partial<EdgePolicy>;
  /** Whether the bus loses this message on its way to that machine. */
  readonly loses?: (message: BusMessage, to: string) => boolean;
}

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** More steps in one instant than this is a machine that goes round in a circle. */
const STEPS_MAX = 10_000;

export class Loopback {
  nowMs = 0;
  readonly options: LoopbackOptions;
  readonly nodes: (NodePort | undefined)[] = [];
  readonly edges: (EdgePort | undefined)[] = [];
  readonly clients: ClientPort;
  readonly #pending: Pending[] = [];
  readonly #lastMs = new Map<string, number>();
  /** How often each link broke: what was sent before does not arrive. */
  readonly #breaks = new Map<string, number>();
  readonly #isBroken = new Set<string>();
  #isBusUp = true;
  /** Facts that wait for a machine that is stopped (as by SIGSTOP), in order. */
  readonly #held = new Map<NodePort | EdgePort, (() => void)[]>();
  #orders = 0;
  #incarnations = 0;

  constructor(options: LoopbackOptions) {
    this.options = options;
    for (let i = 0; i < options.nodes; i++) this.startNode(i);
    for (let i = 0; i < options.edges; i++) this.startEdge(i);
    this.clients = new ClientPort(this);
    for (let i = 0; i < options.clients; i++) this.clients.core.add();
  }

  startNode(at: number): void {
    this.nodes[at] = new NodePort(this, at, ++this.#incarnations);
  }

  startEdge(at: number): void {
    this.edges[at] = new EdgePort(this, at, ++this.#incarnations);
  }

  killNode(at: number): void {
    const dead = this.nodes[at];
    if (dead === undefined) return;
    this.nodes[at] = undefined;
    for (const edge of this.edges) {
      if (edge !== undefined)
        this.after(
          `trunk n${at}`,
          () => edge.core.trunkLost(dead.name, this.nowMs, dead.incarnation),
          edge,
        );
    }
  }

  killEdge(at: number): void {
    const dead = this.edges[at];
    if (dead === undefined) return;
    this.edges[at] = undefined;
    for (const node of this.nodes) {
      if (node !== undefined)
        this.after(`e${at} n${node.at}`, () => node.core.edgeLost(at, this.nowMs), node);
    }
    for (const client of dead.clientOf.values()) this.clients.lose(client, dead);
  }

  /** The process stands still: its facts wait, its deadlines do not pass. */
  pause(port: NodePort | EdgePort | undefined): void {
    if (port !== undefined && !this.#held.has(port)) this.#held.set(port, []);
  }

  /** It goes on: what is overdue first, then what waited. */
  unpause(port: NodePort | EdgePort | undefined): void {
    const held = port === undefined ? undefined : this.#held.get(port);
    if (port === undefined || held === undefined) return;
    this.#held.delete(port);
    if (port.core.nextDeadlineMs() <= this.nowMs) port.core.deadlinePassed(this.nowMs);
    for (const happen of held) if (this.isUp(port)) happen();
  }

  /** One side gave the trunk up: the other learns of it, and nothing more comes through it. */
  trunkDropped(edge: EdgePort, node: NodePort): void {
    this.breakTrunk(edge, node);
  }

  /** What is under way on it is lost, and both sides learn of it. */
  breakTrunk(edge: EdgePort | undefined, node: NodePort | undefined): void {
    if (edge === undefined || node === undefined) return;
    const links = [`${edge.name} ${node.name}`, `${node.name} ${edge.name}`];
    for (const link of links) this.#breaks.set(link, (this.#breaks.get(link) ?? 0) + 1);
    this.#isBroken.add(links[0]!);
    this.after(links[0]!, () => node.core.edgeLost(edge.at, this.nowMs), node);
    this.after(links[1]!, () => edge.core.trunkLost(node.name, this.nowMs, node.incarnation), edge);
  }

  mendTrunk(edge: EdgePort | undefined, node: NodePort | undefined): void {
    if (edge === undefined || node === undefined) return;
    if (!this.#isBroken.delete(`${edge.name} ${node.name}`)) return;
    this.after(
      `${node.name} ${edge.name}`,
      () => edge.core.trunkOpened(node.name, node.incarnation, this.nowMs),
      edge,
    );
  }

  /** The bus goes down, or comes back, and everybody is told. */
  setBus(isUp: boolean): void {
    this.#isBusUp = isUp;
    for (const port of [...this.nodes, ...this.edges]) {
      if (port === undefined) continue;
      const told = isUp
        ? () => port.core.busRestored(this.nowMs)
        : () => port.core.busLost(this.nowMs);
      this.after(`bus state ${port.name}`, told, port);
    }
  }

  /** A life that is over makes room for the next. */
  stepDown(at: number): void {
    this.at(this.nowMs, () => {
      this.killNode(at);
      this.startNode(at);
    });
  }

  /** `happen` after the delay of a frame, behind whatever is under way on that link; unless `to` died meanwhile. */
  after(link: string, happen: () => void, to?: NodePort | EdgePort): void {
    const atMs = Math.max(this.nowMs + this.options.delayMs(), this.#lastMs.get(link) ?? 0);
    this.#lastMs.set(link, atMs);
    const breaks = this.#breaks.get(link);
    this.at(atMs, () => {
      if (this.#breaks.get(link) !== breaks) return;
      const held = to === undefined ? undefined : this.#held.get(to);
      if (held !== undefined) held.push(happen);
      else if (to === undefined || this.isUp(to)) happen();
    });
  }

  at(atMs: number, happen: () => void): void {
    const pending: Pending = { atMs, order: this.#orders++, happen };
    let place = this.#pending.length;
    while (place > 0 && this.#pending[place - 1].atMs > atMs) place--;
    this.#pending.splice(place, 0, pending);
  }

  isUp(port: NodePort | EdgePort): boolean {
    return this.nodes.includes(port as NodePort) || this.edges.includes(port as EdgePort);
  }

  publish(from: string, subject: string, message: BusMessage): void {
    if (!this.#isBusUp) return;
    for (const port of [...this.nodes, ...this.edges]) {
      if (port === undefined || port.name === from) continue;
      if (subject !== "cluster" && subject !== `node.${port.name}`) continue;
      if (this.options.loses?.(message, port.name) === true) continue;
      this.after(`bus ${from} ${port.name}`, () => port.core.heard(message, this.nowMs), port);
    }
  }

  /** Lets everything happen that is due until then. */
  run(untilMs: number): void {
    let steps = 0;
    for (;;) {
      const dueMs = this.#nextMs();
      if (dueMs > untilMs) break;
      steps = dueMs > this.nowMs ? 0 : steps + 1;
      assert(steps < STEPS_MAX, "a deadline that passed has an effect", dueMs);
      this.nowMs = Math.max(this.nowMs, dueMs);
      if (this.#pending.length > 0 && this.#pending[0].atMs <= this.nowMs) {
        this.#pending.shift()!.happen();
      } else {
        this.#passDeadlines();
      }
    }
    this.nowMs = untilMs;
  }

  #nextMs(): number {
    let nextMs = this.#pending.length === 0 ? Infinity : this.#pending[0].atMs;
    for (const port of [...this.nodes, ...this.edges]) {
      if (port !== undefined && !this.#held.has(port))
        nextMs = Math.min(nextMs, port.core.nextDeadlineMs());
    }
    return Math.min(nextMs, this.clients.nextDeadlineMs());
  }

  #passDeadlines(): void {
    for (const port of [...this.nodes, ...this.edges]) {
      if (port === undefined || this.#held.has(port)) continue;
      if (port.core.nextDeadlineMs() <= this.nowMs) port.core.deadlinePassed(this.nowMs);
    }
    this.clients.passDeadlines();
  }
}
