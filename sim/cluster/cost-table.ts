// The profile as plain numbers, µs and bytes, ready for the hot path.

import type { CostName, Profile } from "../../scenarios/schema.ts";
import type { HostCosts } from "./host.ts";

export type CostTable = Readonly<Record<CostName, number>> & { readonly host: HostCosts };

export function costTable(profile: Profile): CostTable {
  const table = {} as Record<CostName, number>;
  for (const [name, cost] of Object.entries(profile.costs)) table[name as CostName] = cost.value;
  return {
    ...table,
    host: {
      gcPauseUs: Math.round(table.gcPauseMs * 1_000),
      gcEveryUs: Math.round(table.gcEveryMs * 1_000),
      baseProcessBytes: table.baseProcessBytes,
    },
  };
}
