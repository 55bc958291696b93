// What the cluster asks to be woken for: a step, and the pod or machine that it is about, as one number.
//
// An alarm cannot be taken back. One about a container names the run of the container, too, so that it means nothing
// once that run is over; one about a pod means nothing once the pod is gone.

import { assert } from "../../../../core/assert.ts";

export const Step = {
  /** A pod's turn at the scheduler. */
  schedule: 0,
  /** A machine has the image that it pulled. */
  pulled: 1,
  /** A container's process serves. */
  serve: 2,
  /** The readiness probe that succeeds. */
  probe: 3,
  /** A pod was ready for long enough. */
  available: 4,
  /** SIGTERM. */
  terminate: 5,
  /** SIGKILL: the grace is over. */
  kill: 6,
  /** The back-off of a container that crashed is over. */
  restart: 7,
  /** A machine that was ordered is there. */
  machineComes: 8,
  /** An eviction is tried again. */
  evict: 9,
  /** Pods of a lost machine are given up. */
  abandon: 10,
} as const;

/** Runs of one container that an alarm tells apart. More than can crash while one alarm waits. */
const RUNS = 32;
/** Alarms are 32-bit numbers in the queue of events. */
const PODS_MAX = 0x8000_0000 / RUNS;

export function containerAlarm(pod: { readonly number: number; readonly run: number }): number {
  assert(pod.number < PODS_MAX, "a simulation has at most 2^26 pods", pod.number);
  return pod.number * RUNS + (pod.run % RUNS);
}

export function podOfAlarm(alarm: number): number {
  return Math.floor(alarm / RUNS);
}
