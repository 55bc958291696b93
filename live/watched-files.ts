// Files that somebody else may replace while we run: certificates, keys.
//
// Two ways to notice, because each fails somewhere: the system's notices on their directories (at once, but none on some network
// mounts, none when a directory is itself replaced, and a limited number of them), and a look every few seconds. Directories,
// not the files: Kubernetes swaps a symbolic link beside them (..data), an editor renames. What counts is what the names lead to
// now (device, inode, size, times), asked once the writing has settled, so that a pair of files is read together.

import { statSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "./operations/log.ts";

export interface WatchOptions {
  /** How often to look where no notice comes, ms. */
  readonly pollMs?: number;
  /** How long it must have been quiet, ms. */
  readonly settleMs?: number;
}

export interface Watch {
  close(): void;
}

/** Assumed: a certificate is replaced days before it expires, a withdrawn key seconds before anybody asks. */
const POLL_MS = 5_000;
/** Assumed: a tool writes certificate and key within this. */
const SETTLE_MS = 100;

/**
 * Calls `changed` whenever a path leads to something else than before. Watch first, then read: what changes in between is told.
 * Keeps no process alive.
 */
export function watchFiles(
  paths: readonly string[],
  log: Log,
  changed: () => void,
  { pollMs = POLL_MS, settleMs = SETTLE_MS }: WatchOptions = {},
): Watch {
  let known = fingerprint(paths);
  let settling: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = fingerprint(paths);
    if (now === known) return;
    known = now;
    changed();
  };
  const noticed = (): void => {
    clearTimeout(settling);
    settling = setTimeout(look, settleMs).unref();
  };
  const poll = setInterval(() => {
    if (fingerprint(paths) !== known) noticed();
  }, pollMs).unref();
  const watchers = [...new Set(paths.map((path) => dirname(path)))]
    .map((directory) => watchDirectory(directory, log, noticed))
    .filter((watcher) => watcher !== undefined);
  return {
    close: () => {
      clearTimeout(settling);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}

function watchDirectory(directory: string, log: Log, noticed: () => void): FSWatcher | undefined {
  const withoutNotices = (error: unknown): void => {
    log.info({ directory, error: error as Error }, "no notices of changes here: looking instead");
  };
  try {
    const watcher = watch(directory, { persistent: false }, noticed);
    watcher.on("error", withoutNotices);
    return watcher;
  } catch (error) {
    withoutNotices(error);
    return undefined;
  }
}

/** What the paths lead to, links followed. */
function fingerprint(paths: readonly string[]): string {
  return paths.map(fingerprintOf).join("|");
}

function fingerprintOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch {
    return "absent"; // For the moment: whoever reads it says so.
  }
}
