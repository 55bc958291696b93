import { expect, test } from "vitest";
import { Kind, Message } from "../../core/protocol/message.ts";
import { builtinScenario } from "../../test/scenarios.ts";
import { Simulation } from "../engine/simulation.ts";
import { EventKind, socketClient } from "./kinds.ts";
import { Links } from "./links.ts";

const EDGE = 1;
const CONNECTION = 5;

function frame(kind: Kind, bytes = 100): Message {
  return new Message(kind, 0, "", "", 0, bytes, "", undefined);
}

interface Arrival {
  readonly kind: number;
  readonly client: number;
  readonly b: number;
  readonly atMs: number;
}

/** Client 0 with an open socket on edge 1, and a note of what arrives. */
function connected(settings: readonly string[] = []): {
  sim: Simulation;
  links: Links;
  play: (ms: number) => Arrival[];
} {
  const scenario = builtinScenario("join-storm-100k", ["clients.total=10", ...settings]);
  const sim = new Simulation();
  const links = new Links(scenario, 1, sim);
  const arrivals: Arrival[] = [];
  const play = (ms: number): Arrival[] => {
    arrivals.length = 0;
    sim.run(ms * 1_000, {
      handle(kind, a, b) {
        if (kind === EventKind.slowPipe) links.pipes.passed(a);
        else if (kind === EventKind.edgeDialed) links.isWaiting(a);
        else arrivals.push({ kind, client: socketClient(a), b, atMs: sim.nowMs });
      },
    });
    return [...arrivals];
  };
  links.dial(0, EDGE);
  play(2_000);
  links.toClient(EDGE, CONNECTION, frame(Kind.hello), 0, sim.nowUs);
  play(4_000);
  return { sim, links, play };
}

test("[WD10] a socket keeps its order although frames are delayed and lost", () => {
  const { sim, links, play } = connected(["network.loss=30%"]);
  for (let s = 1; s <= 200; s++) {
    links.toClient(EDGE, CONNECTION, frame(Kind.message), s, sim.nowUs + s * 10);
  }
  const received = play(20_000);
  expect(received.map(({ b }) => b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
});

test("[WD10] what was sent on a socket that is gone reaches nobody", () => {
  const { sim, links, play } = connected();
  links.toClient(EDGE, CONNECTION, frame(Kind.message), 1, sim.nowUs);
  const [late] = play(8_000).filter(({ kind }) => kind === EventKind.clientReceives);
  expect(late).toMatchObject({ client: 0, b: 1 });
  links.hangUp(0);
  links.toClient(EDGE, CONNECTION, frame(Kind.message), 2, sim.nowUs); // The edge does not know yet.
  links.fromClient(0, frame(Kind.ping));
  expect(play(9_000).map(({ kind }) => kind)).toEqual([EventKind.edgeClosed]);
});

test("[WD10] a slow client reads at its bandwidth, its edge sees the backlog, and recovery releases it", () => {
  const { sim, links, play } = connected(["network.loss=0%"]);
  links.limit(0, 1_000);
  for (let s = 1; s <= 4; s++) {
    links.toClient(EDGE, CONNECTION, frame(Kind.message, 1_000), s, sim.nowUs);
  }
  expect(links.backlogBytes(EDGE, CONNECTION)).toBe(4_000);
  const pathMs = links.pathUs(0) / 1_000;
  const early = play(6_500);
  expect(early.map(({ b }) => b)).toEqual([1, 2]);
  expect(early[0]!.atMs).toBeGreaterThanOrEqual(5_000 + pathMs);
  expect(early[0]!.atMs).toBeLessThan(5_000 + 1.2 * pathMs);
  expect(links.backlogBytes(EDGE, CONNECTION)).toBe(2_000);
  links.limit(0, Infinity);
  expect(play(7_000).map(({ b }) => b)).toEqual([3, 4]);
  expect(links.hasSlow).toBe(false);
});
