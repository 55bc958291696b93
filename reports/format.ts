// Numbers for people: few digits, a unit, the same text on every machine (no locale).

export type NumberUnit = "ms" | "count" | "bytes" | "ratio";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `value` in its unit: 2,510 ms is "2.51 s", 0.9996 of a ratio is "99.96 %". */
export function formatValue(value: number, unit: NumberUnit): string {
  if (!Number.isFinite(value)) return value > 0 ? "unlimited" : String(value);
  switch (unit) {
    case "ms":
      return formatMs(value);
    case "bytes":
      return formatBytes(value);
    case "ratio":
      return formatPercent(value);
    case "count":
      return formatCount(value);
  }
}

/** Three digits below a minute: "0.42 ms", "312 ms", "2.51 s"; above it "3m 20s", "1h 05m". */
export function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 0.0005) return `${threeDigits(ms * 1_000_000)} ns`;
  if (size < 999.5) return `${threeDigits(ms)} ms`;
  if (size < 59_950) return `${threeDigits(ms / 1_000)} s`;
  const sign = ms < 0 ? "−" : "";
  const seconds = Math.round(size / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `${sign}${hours}h ${String(minutes).padStart(2, "0")}m`;
  return `${sign}${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
}

export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1_023.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1_024;
    unit++;
  }
  return `${unit === 0 ? Math.round(amount) : threeDigits(amount)} ${BYTE_UNITS[unit]}`;
}

/** Never rounds what is not all to "100 %", nor what is something to "0 %". */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  for (let decimals = Math.abs(percent) < 1 ? 2 : 1; decimals <= 6; decimals++) {
    const text = plain(percent.toFixed(decimals));
    if (text !== "100" && text !== "0" && text !== "−0") return `${text} %`;
  }
  return percent > 50 ? "almost 100 %" : "almost 0 %";
}

/** Whole numbers with thousands separated; others with three digits. */
export function formatCount(value: number): string {
  if (!Number.isInteger(value) && Math.abs(value) < 1_000) return threeDigits(value);
  const digits = String(Math.abs(Math.round(value)));
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? `−${grouped}` : grouped;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3;
  return plain(value.toFixed(decimals));
}

/** Without zeros at the end, with a real minus sign. */
function plain(fixed: string): string {
  const short = fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  return short.replace("-", "−");
}
