// The token bucket, admission, the outbound queue and the fanout scheduler against their theory.
//
// All of these are the machines of core, as they run in production; the engine brings the arrivals.

import { ADMISSION_LIMITS, Admission } from "../../core/admission.ts";
import { FanoutScheduler } from "../../core/budgets/fanout-scheduler.ts";
import { OUTBOUND_LIMITS, OutboundQueue } from "../../core/budgets/outbound-queue.ts";
import { TokenBucket, bucketShape } from "../../core/budgets/token-bucket.ts";
import { DeliveryClass, Kind, Message } from "../../core/protocol/message.ts";
import { compile } from "../../sim/engine/distributions.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { type Measured, type Target, numbersOf, parameterOf } from "./target.ts";

const MS_US = 1_000;
const SECOND_MS = 1_000;

/** Tries as often as it can, ten times per millisecond and again after each success. */
export function burstBound(target: Target): Measured {
  const shape = bucketShape(parameterOf(target, "r_per_s"), parameterOf(target, "b"), 0);
  const bucket = new TokenBucket(shape);
  const endMs = parameterOf(target, "t_s") * SECOND_MS;
  let accepted = 0;
  for (let tenth = 0; tenth <= endMs * 10; tenth++) {
    while (bucket.tryTake(1, tenth / 10)) accepted++;
  }
  return { values: { max_accepted: accepted }, by: "computation" };
}

/** `count` arrivals of a Poisson stream, played on the engine. */
function poissonArrivals(
  perSec: number,
  count: number,
  seed: number,
  arrive: (nowMs: number) => void,
): void {
  const sim = new Simulation();
  const gapUs = compile({ dist: "exponential", mean: (SECOND_MS * MS_US) / perSec });
  const stream = randomStream(seed, "gap");
  let left = count;
  const handler: EventHandler = {
    handle() {
      arrive(sim.nowMs);
      if (--left > 0) sim.schedule(Math.round(gapUs(stream)), 1, 0, 0);
    },
  };
  sim.schedule(Math.round(gapUs(stream)), 1, 0, 0);
  sim.run(TIME_US_MAX, handler);
}

/** Messages per second that the bucket refills by; any would do, since only the ratio matters. */
const REFILL_PER_SEC = 10;

export function poissonDrop(target: Target): Measured {
  const count = 2_000_000;
  const bucket = new TokenBucket(bucketShape(REFILL_PER_SEC, parameterOf(target, "b"), 0));
  let dropped = 0;
  poissonArrivals(REFILL_PER_SEC * parameterOf(target, "a"), count, 31, (nowMs) => {
    if (!bucket.tryTake(1, nowMs)) dropped++;
  });
  return { values: { drop_probability: dropped / count }, by: "simulation" };
}

/** Everybody asks an admission gate in one instant; the queue then leaves at the gate's rate. */
export function shapingDelay(target: Target): Measured {
  const people = parameterOf(target, "n");
  const perSec = parameterOf(target, "r_per_s");
  const gate = new Admission({
    ...ADMISSION_LIMITS,
    admitPerSec: perSec,
    resumeRatio: 0.5, // Equal shares: every token falls on a whole millisecond.
    burstMs: (parameterOf(target, "b") * SECOND_MS) / perSec,
    queueMs: Infinity,
    queueMax: people,
  });
  for (let ticket = 0; ticket < people; ticket++) gate.request("join", ticket, 0, Infinity);
  const queueMax = gate.waitingCount;

  const sim = new Simulation();
  let lastAdmittedSec = 0;
  const wake = (): void => {
    const atMs = gate.nextDeadlineMs();
    if (atMs < Infinity) sim.at(Math.ceil(atMs * MS_US - 1e-3), 1, 0, 0);
  };
  const handler: EventHandler = {
    handle() {
      const admit = (): void => void (lastAdmittedSec = sim.nowMs / SECOND_MS);
      gate.release(sim.nowMs, admit, () => void (lastAdmittedSec = NaN));
      wake();
    },
  };
  wake();
  sim.run(TIME_US_MAX, handler);
  return { values: { last_departure_s: lastAdmittedSec, max_queue: queueMax }, by: "computation" };
}

/** One sender's mute state for a client whose socket has something left to write at all times. */
export function lastValueWins(target: Target): Measured {
  const perSec = parameterOf(target, "lambda_per_s");
  const slotMs = parameterOf(target, "slot_s") * SECOND_MS;
  const count = 2_000_000;
  const limits = { ...OUTBOUND_LIMITS, flushEveryMs: [slotMs, slotMs, slotMs] as const };
  const outbound = new OutboundQueue(limits, 0);
  const update = new Message(Kind.state, 0, "p_a", "", 0, 100, "mute", undefined);
  let written = 0;
  let endMs = 0;
  // The slot of a waiting update comes up before the next arrival or not until then: nothing happens
  // between arrivals but that.
  poissonArrivals(perSec, count, 32, (nowMs) => {
    const slotAtMs = outbound.nextDeadlineMs();
    if (slotAtMs <= nowMs) {
      outbound.flush(slotAtMs, () => written++);
      outbound.buffered(1, slotAtMs);
    }
    outbound.offer(update, 0, nowMs);
    endMs = nowMs;
  });
  const outputPerSec = (written * SECOND_MS) / endMs;
  return {
    values: { output_rate: outputPerSec, reduction: 1 - written / count },
    by: "simulation",
  };
}

/** Three rooms that always have something to say; what they spend by weight. */
export function roundRobinShares(target: Target): Measured {
  const quanta = numbersOf(target, "quanta");
  const costs = numbersOf(target, "packet");
  const fanout = new FanoutScheduler<object>({
    quantumDeliveries: quanta[0],
    backlogMax: Infinity,
  });
  const spent = quanta.map(() => 0);
  quanta.forEach((quantum, room) => {
    fanout.setWeight(room, quantum / quanta[0]);
    for (let n = 0; n < 3; n++) fanout.enqueue(room, DeliveryClass.droppable, costs[room], "", {});
  });
  for (let slice = 0; slice < 20_000; slice++) {
    fanout.serve(1_000, (room, item, cost) => {
      spent[room] += cost;
      fanout.enqueue(room, DeliveryClass.droppable, cost, "", item);
    });
  }
  const sum = spent.reduce((a, b) => a + b);
  return { values: { share: spent.map((part) => part / sum) }, by: "computation" };
}
