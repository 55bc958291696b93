// A network of the tests' own: namespaces on a bridge, so that any two of them can be cut from each other.
//
// The cut is a rule of the bridge (nftables, family "bridge"): packets vanish, nobody is told, as when a switch fails. All names carry the id of the
// process that made them; whatever a process left that is no more is removed by the next one. Needs root, iproute2 and nftables.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { hasProgram } from "../parts/process.ts";
import type { Place } from "../parts/nats.ts";

/** Names of interfaces have 15 letters at most: sg, seven digits of a process id, a letter and digits. */
const OURS = /^sg(\d+)[a-z]/;
/** Assumed: nobody's. From 198.18.0.0/15, which is for tests of networks (RFC 2544). */
const SUBNET = "198.19";

function run(program: string, args: readonly string[], input = ""): { ok: boolean; out: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  return { ok: status === 0, out: `${stdout}${stderr}` };
}

function must(program: string, args: readonly string[], input = ""): string {
  const { ok, out } = run(program, args, input);
  if (!ok) throw new Error(`${program} ${args.join(" ")}: ${out}`);
  return out;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Why no network can be made here, or undefined when one can. */
export function whyNoNetwork(): string | undefined {
  if (!isRoot()) return "it needs root";
  if (!hasProgram("ip", "-V")) return "there is no ip (iproute2)";
  if (!hasProgram("nft")) return "there is no nft (nftables)";
  const probe = `sg${process.pid}probe`;
  const { ok, out } = run("ip", ["netns", "add", probe]);
  run("ip", ["netns", "delete", probe]);
  if (!ok) return `no network namespace can be made: ${out.trim()}`;
  const table = `sg${process.pid}probe`;
  const nft = run("nft", ["add", "table", "bridge", table]);
  run("nft", ["delete", "table", "bridge", table]);
  return nft.ok ? undefined : `nftables has no bridge family: ${nft.out.trim()}`;
}

export class Network {
  readonly #name = `sg${process.pid}b`;
  readonly #places = new Map<string, Place>();
  /** Address of the bridge: where this process reaches all of them. */
  readonly #net: string;
  readonly #atExit = (): void => this.close();

  constructor() {
    removeLeftovers();
    this.#net = `${SUBNET}.${process.pid % 256}`;
    process.on("exit", this.#atExit);
    must("ip", ["link", "add", this.#name, "type", "bridge", "stp_state", "0"]);
    must("ip", ["address", "add", `${this.#net}.1/24`, "dev", this.#name]);
    must("ip", ["link", "set", this.#name, "up"]);
    this.heal();
  }

  /** A namespace of that id, made when it is first asked for. */
  place(id: string): Place {
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    const outside = this.#port(id);
    const space = `${this.#name}${id}`;
    const host = `${this.#net}.${this.#places.size + 2}`;
    must("ip", ["netns", "add", space]);
    const inside = ["type", "veth", "peer", "name", "eth0", "netns", space];
    must("ip", ["link", "add", outside, ...inside]);
    must("ip", ["link", "set", outside, "master", this.#name, "up"]);
    must("ip", ["-n", space, "address", "add", `${host}/24`, "dev", "eth0"]);
    must("ip", ["-n", space, "link", "set", "lo", "up"]);
    must("ip", ["-n", space, "link", "set", "eth0", "up"]);
    const place = { host, through: ["ip", "netns", "exec", space] };
    this.#places.set(id, place);
    return place;
  }

  #port(id: string): string {
    return `sg${process.pid}${id}`;
  }

  /** From now on no packet passes between the two of each pair, either way; all others do. */
  cut(pairs: readonly (readonly [string, string])[]): void {
    const rules = pairs.flatMap(([a, b]) => [
      `iifname "${this.#port(a)}" oifname "${this.#port(b)}" drop`,
      `iifname "${this.#port(b)}" oifname "${this.#port(a)}" drop`,
    ]);
    const table = `bridge ${this.#name}`;
    const chain = ["type filter hook forward priority 0; policy accept;", ...rules];
    const lines = [
      `table ${table}`,
      `delete table ${table}`,
      `table ${table} {`,
      "chain forward {",
      ...chain,
      "}",
      "}",
    ];
    must("nft", ["-f", "-"], `${lines.join("\n")}\n`);
  }

  heal(): void {
    this.cut([]);
  }

  /** Nothing is left of it. Whoever runs in it must have ended. */
  close(): void {
    process.off("exit", this.#atExit);
    remove(process.pid);
  }
}

function remove(pid: number): void {
  const isIts = (name: string): boolean => OURS.exec(name)?.[1] === String(pid);
  for (const name of names(run("ip", ["netns", "list"]).out)) {
    if (isIts(name)) run("ip", ["netns", "delete", name]);
  }
  for (const name of linkNames()) if (isIts(name)) run("ip", ["link", "delete", name]);
  run("nft", ["delete", "table", "bridge", `sg${pid}b`]);
}

/** Of processes that were killed before they could. */
function removeLeftovers(): void {
  const all = [...names(run("ip", ["netns", "list"]).out), ...linkNames()];
  const pids = new Set(all.flatMap((name) => OURS.exec(name)?.[1] ?? []));
  for (const pid of pids) if (!existsSync(`/proc/${pid}`)) remove(Number(pid));
}

function names(lines: string): readonly string[] {
  return lines.split("\n").flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
}

function linkNames(): readonly string[] {
  const { ok, out } = run("ip", ["-j", "link", "show"]);
  return ok ? (JSON.parse(out) as { ifname: string }[]).map(({ ifname }) => ifname) : [];
}
