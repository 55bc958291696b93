// Half a TLS handshake, and other doors that are kept open with a foot: cut in time, while those with a certificate's trust come and go.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectSecurely } from "node:tls";
import { generate } from "selfsigned";
import { expect, test } from "vitest";
import { RawClient } from "../parts/raw-client.ts";
import { until } from "../parts/process.ts";
import { guarded, SECRET } from "./guarded.ts";

/** The beginning of a ClientHello: a record of 512 bytes, of which these come. */
const HALF_HELLO = Buffer.from("1603010200010001fc0303", "hex");

test("[ED14] [ED16] TLS handshakes that stop half way are cut, and the others are served meanwhile", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-tls-"));
  try {
    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }]);
    const [certFile, keyFile] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const at = await guarded({ edge: { tls: { certFile, keyFile }, handshakeTimeoutMs: 400 } });
    const port = at.server.edge!.port;
    const halves: Socket[] = [];
    const beginnings = [
      "",
      HALF_HELLO,
      "GET / HTTP/1.1\r\n\r\n",
      "\x16\x03",
      Buffer.alloc(2_000, 0x16),
    ];
    for (let i = 0; i < 200; i++) {
      const socket = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.66" });
      socket.on("error", () => {});
      socket.resume();
      socket.write(beginnings[i % beginnings.length]!);
      halves.push(socket);
    }
    const silent = connectSecurely({ host: "127.0.0.1", port, rejectUnauthorized: false });
    silent.on("error", () => {});
    silent.resume();
    await once(silent, "secureConnect"); // TLS is done; no request ever comes.
    let served = 0;
    do {
      const pair = await Promise.all(
        [1, 2].map(() => RawClient.dial(at.url, { rejectUnauthorized: false })),
      );
      for (const [i, client] of pair.entries()) {
        expect((await client.join("den", `p${i}`, SECRET)).t).toBe("joined");
      }
      pair[0]!.send({ t: "message", id: 2, to: "p1", d: { x: 1 } });
      await pair[1]!.heard(({ t }) => t === "message");
      for (const client of pair) client.close();
      served++;
    } while (halves.some((socket) => !socket.destroyed) && served < 500);
    await until("the silent one is cut", () => silent.destroyed);
    expect(served).toBeGreaterThan(0);
    expect(halves.every((socket) => socket.destroyed)).toBe(true);
    const old = connectSecurely({
      host: "127.0.0.1",
      port,
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
    });
    await expect(once(old, "secureConnect")).rejects.toThrow();
    expect(at.logText()).not.toContain("PRIVATE KEY");
    expect(at.logText()).not.toMatch(/"level":"error"/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
