// A real TURN server (coturn) for tests: on the loopback, at a port of its own, with nothing on disk but its pid.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accepts, freePort, hasProgram, type Part, startPart, until } from "./process.ts";

const SERVER = process.env.STORMGLASS_TURNSERVER ?? "turnserver";
/** Coturn's own client. */
const CLIENT = process.env.STORMGLASS_TURN_CLIENT ?? "turnutils_uclient";

export const hasCoturn = hasProgram(SERVER) && hasProgram(CLIENT, "-h");
if (!hasCoturn) {
  console.warn(
    `SKIPPED: ${SERVER} or ${CLIENT} is not installed, so no real TURN server is asked.`,
  );
}

export interface Coturn {
  readonly port: number;
  /** Over UDP. */
  readonly url: string;
  readonly part: Part;
  dispose(): Promise<void>;
}

/** Takes TURN REST credentials made with `secret`. */
export async function startCoturn(secret: string): Promise<Coturn> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "stormglass-turn-"));
  const part = startPart(SERVER, [
    ...["-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", `--listening-port=${port}`],
    ...["--use-auth-secret", `--static-auth-secret=${secret}`, "--realm=test.local"],
    ...["--no-tls", "--no-dtls", "--no-cli", "--fingerprint"],
    ...["--allow-loopback-peers", "--no-multicast-peers"],
    ...["--log-file=stdout", `--pidfile=${join(directory, "pid")}`],
    `--userdb=${join(directory, "turndb")}`,
  ]);
  await until("coturn accepts", async () => {
    if (part.hasEnded) throw new Error(`coturn ended: ${part.output()}`);
    return accepts(port);
  });
  return {
    port,
    url: `turn:127.0.0.1:${port}?transport=udp`,
    part,
    async dispose() {
      await part.end("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Whether coturn's client gets an allocation and its packets through; takes 6 s when it does. */
export async function canAllocate(
  port: number,
  username: string,
  credential: string,
): Promise<boolean> {
  const where = ["-p", String(port), "127.0.0.1"];
  const who = ["-y", "-n", "1", "-m", "1", "-u", username, "-w", credential];
  const client = spawn(CLIENT, [...who, ...where], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  client.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  client.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(client, "close")) as [number | null];
  if (code === 0 && output.includes("Total lost packets 0 ")) return true;
  if (output.includes("Cannot complete Allocation")) return false;
  throw new Error(`coturn's client ended with ${code}: ${output.slice(-2_000)}`);
}
