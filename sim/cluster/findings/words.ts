// Numbers as findings say them: few digits, a unit, the same text on every machine.

/** "12.4 %", "3.20 %". */
export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio < 0.1 ? 2 : 1)} %`;
}

/** "1,980": whole, thousands apart. */
export function amount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 pod", "51 pods". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${amount(value)} ${value === 1 ? one : many}`;
}

/** "0.3 s", "45 s", "2m 05s", "1h 10m". */
export function span(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** More steps than these are not read, only counted. */
const STEPS_MAX = 14;

/** "8, 10, 12 … 52": a course of replicas, the middle left out when it is long. */
export function course(steps: readonly number[]): string {
  if (steps.length <= STEPS_MAX) return steps.join(", ");
  return `${steps.slice(0, STEPS_MAX - 2).join(", ")} … ${steps.at(-1)} (${steps.length} counts)`;
}
