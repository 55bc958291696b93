// What the cluster needs of the world: its clock, and the processes that run in its pods.

/** What a pod's process is to the cluster: the world's node. */
export interface PodProcesses {
  /** The container's process of this slot serves from now on: it registers with the cluster by its first beat. */
  serve(slot: number): void;
  /** SIGTERM: it drains, and calls processEnded(slot) when nobody is left. */
  terminate(slot: number): void;
  /** SIGKILL, at the end of the grace or because its machine died. */
  kill(slot: number): void;
  /** Sessions that it has now; 0 when no process runs. */
  load(slot: number): number;
}

export interface Timers {
  nowMs(): number;
  /** `fired(step, arg)` of the cluster is called `ms` later; from 0 on. */
  after(ms: number, step: number, arg: number): void;
}
