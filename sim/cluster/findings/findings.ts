// Sentences that the numbers of one run support, most important first. Each names the numbers it rests on.

import type { Scenario } from "../../../scenarios/schema.ts";
import type { RunResult } from "../../result.ts";
import { traps } from "./traps.ts";
import { percent } from "./words.ts";

export function findings(result: RunResult, scenario: Scenario): string[] {
  const value = (metric: string): number => result.values[`${metric}@run`] ?? 0;
  const said: string[] = [];
  const broken = result.invariants.find((invariant) => !invariant.ok);
  if (broken !== undefined) said.push(`Broken invariant: ${broken.name}, ${broken.detail}.`);
  said.push(...traps(result, scenario));
  said.push(...placement(value, scenario));
  said.push(...pressure(value, scenario));
  said.push(...recovery(value));
  return said;
}

type Value = (metric: string) => number;

function placement(value: Value, scenario: Scenario): string[] {
  const said: string[] = [];
  const { policy } = scenario.cluster.placement;
  const split = value("rooms.split.ever");
  const rooms = value("rooms.live.max");
  if (split > 0) {
    const share = percent(value("rooms.split.ratio.max"));
    const clients = percent(value("clients.split.ratio.max"));
    const why =
      policy === "rendezvous"
        ? "The load filter of plain rendezvous makes a full node look dead to joiners, so rooms go on elsewhere"
        : "Rooms outgrew their node and got a second host";
    said.push(
      `${why}: ${split} of ${rooms} rooms were split over nodes (at the worst moment ${share} of the rooms, ` +
        `with ${clients} of the clients), and ${percent(value("messages.crossnode.ratio"))} of the messages crossed nodes.`,
    );
  } else if (rooms > 0) {
    said.push(`No room was split: all ${rooms} rooms lived on one node each (policy ${policy}).`);
  }
  const refused = value("placement.refused.live");
  if (refused > 0) {
    said.push(`${refused} joins of live rooms found their host full and were sent on.`);
  }
  const spilled = value("rooms.spilled");
  if (spilled > 0) {
    said.push(
      `${spilled} rooms were founded off their first choice, to keep places for rooms that grow.`,
    );
  }
  return said;
}

function pressure(value: Value, scenario: Scenario): string[] {
  const said: string[] = [];
  const edge = value("edge.cpu.ratio.max");
  const node = value("node.cpu.ratio.max");
  const busiest = edge >= node ? "edge" : "node";
  said.push(
    `The busiest ${busiest} used ${percent(Math.max(edge, node))} of its CPU in its busiest interval; ` +
      `${busiest === "edge" ? `nodes stayed at ${percent(node)}` : `edges stayed at ${percent(edge)}`} at most.`,
  );
  const turnedAway = value("join.turnedaway");
  if (turnedAway > 0) {
    said.push(`Admission told clients ${turnedAway} times to come back in a slot of their own.`);
  }
  const fullest = value("load.max.over.mean.max");
  if (value("sessions.active.max") > 0.5 * scenario.clients.total) {
    said.push(`The fullest node had at most ${fullest.toFixed(2)} times the mean load.`);
  }
  return said;
}

function recovery(value: Value): string[] {
  const lost = value("reconnect.offered");
  if (lost === 0) return [];
  const back = value("reconnect.succeeded");
  const attempts = value("reconnect.attempts.mean");
  return [
    `${lost} sessions lost their socket or node and ${back} came back, with ${attempts.toFixed(2)} attempts each.`,
  ];
}
