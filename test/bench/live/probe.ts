// What a server under measurement tells of itself; loaded in front of every one of them by `--import`.
//
// The same for all: CPU time as the process accounts for it, and resident memory after the garbage was taken away.

export interface Usage {
  /** User and system time of all threads so far, µs. */
  readonly cpuUs: number;
  readonly residentBytes: number;
  /** Alive in the JavaScript heap and in buffers, bytes. */
  readonly aliveBytes: number;
}

export interface ProbeAsk {
  readonly ask: number;
  /** Take the garbage away first. */
  readonly isTidy: boolean;
}

const collect = (globalThis as { gc?: () => void }).gc;
/** The second and third find what finalizers let go. */
const COLLECTIONS = 3;

process.on("message", ({ ask, isTidy }: ProbeAsk) => {
  if (isTidy) for (let i = 0; i < COLLECTIONS; i++) collect?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const usage: Usage = {
    cpuUs: user + system,
    residentBytes: rss,
    aliveBytes: heapUsed + external,
  };
  process.send?.({ ask, usage });
});
