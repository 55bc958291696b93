// Every setting of `serve` with all its names: in a file, as a variable, in the program.

import { isSection, type Properties, type Section, type Setting } from "../live/settings/field.ts";
import { settingsSchema } from "../live/settings-schema.ts";
import { writtenName } from "../scenarios/schema/written-name.ts";

export interface Key {
  /** As a file says it: cluster.sessions.presenceGrace. */
  readonly path: string;
  /** As the program says it: cluster, sessions, presenceGraceMs. */
  readonly steps: readonly string[];
  /** STORMGLASS_CLUSTER_SESSIONS_PRESENCE_GRACE. */
  readonly variable: string;
  readonly setting: Setting<unknown>;
}

export const VARIABLE_PREFIX = "STORMGLASS_";

/** The declared settings, in their order. */
export function serveKeys(): readonly Key[] {
  return keysOf(settingsSchema, [], []);
}

function keysOf(
  declared: Section<Properties>,
  steps: readonly string[],
  written: readonly string[],
): readonly Key[] {
  return Object.entries(declared.properties).flatMap(([name, part]) => {
    const named = [...written, writtenName(name, isSection(part) ? {} : part)];
    if (isSection(part)) return keysOf(part, [...steps, name], named);
    const path = named.join(".");
    return [{ path, steps: [...steps, name], variable: variableOf(path), setting: part }];
  });
}

/** edge.tls.certFile → STORMGLASS_EDGE_TLS_CERT_FILE. */
function variableOf(path: string): string {
  const words = path.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll(".", "_");
  return VARIABLE_PREFIX + words.toUpperCase();
}
