// Past proposals, and what the windows make of the newest one.
//
// A window is a maximum or a minimum over what was proposed lately, not a pause after a change. The list holds raw
// proposals, never stabilized or limited ones, and reuses its last slot that is too old: the order of slots is not the
// order of time, and it decides what is overwritten next. The two paths differ at their edges: without behaviour an
// entry exactly as old as the window is in it, with behaviour it is out and yet not reusable.

export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}

export interface Stabilized {
  readonly replicas: number;
  /** Least proposal of the scale-up window, the raw one included; undefined without behaviour. */
  readonly low: number | undefined;
  /** Greatest proposal of the scale-down window, the raw one included. */
  readonly high: number;
  /** With the raw proposal. */
  readonly history: readonly Recommendation[];
}

/** Without behaviour: only the way down is held. */
export function stabilizedDown(
  history: readonly Recommendation[],
  raw: number,
  windowMs: number,
  nowMs: number,
): Stabilized {
  const isOld = ({ atMs }: Recommendation): boolean => atMs < nowMs - windowMs;
  const recent = history.filter((entry) => !isOld(entry));
  const high = Math.max(raw, ...recent.map(({ replicas }) => replicas));
  return { replicas: high, low: undefined, high, history: recorded(history, raw, nowMs, isOld) };
}

export interface Windows {
  readonly upMs: number;
  readonly downMs: number;
}

/** With behaviour: both directions are held, and the count stays where it is between the two bounds. */
export function stabilizedBothWays(
  history: readonly Recommendation[],
  { raw, specReplicas }: { readonly raw: number; readonly specReplicas: number },
  { upMs, downMs }: Windows,
  nowMs: number,
): Stabilized {
  const youngerThan = (windowMs: number): readonly number[] =>
    history.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ replicas }) => replicas);
  const low = Math.min(raw, ...youngerThan(upMs));
  const high = Math.max(raw, ...youngerThan(downMs));
  const replicas = Math.min(Math.max(specReplicas, low), high);
  const isOld = ({ atMs }: Recommendation): boolean => atMs < nowMs - Math.max(upMs, downMs);
  return { replicas, low, high, history: recorded(history, raw, nowMs, isOld) };
}

function recorded(
  history: readonly Recommendation[],
  replicas: number,
  nowMs: number,
  isOld: (entry: Recommendation) => boolean,
): readonly Recommendation[] {
  const slot = history.findLastIndex(isOld);
  const entry = { replicas, atMs: nowMs };
  return slot < 0 ? [...history, entry] : history.with(slot, entry);
}
