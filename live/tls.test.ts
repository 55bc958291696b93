import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { connect, createServer, type SecureVersion, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { recordingLog } from "./operations/log.ts";
import { TlsFileSource } from "./tls.ts";

interface Pair {
  readonly cert: string;
  readonly private: string;
}
let one: Pair;
let two: Pair;
let three: Pair;
let directory = "";
let certFile = "";
let keyFile = "";
const closing: (() => unknown)[] = [];

const pairFor = (value: string): Promise<Pair> =>
  generate([{ name: "commonName", value }], { keyType: "ec", algorithm: "sha256" });
beforeAll(async () => {
  [one, two, three] = await Promise.all(["one", "two", "three"].map(pairFor));
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
  certFile = join(directory, "tls.crt");
  keyFile = join(directory, "tls.key");
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true });
});

function write(pair: Pair, into = directory): void {
  writeFileSync(join(into, "tls.crt"), pair.cert);
  writeFileSync(join(into, "tls.key"), pair.private);
}

/** A server with the pair in the files; the look at the files is only taken for those who miss a notice. */
async function serving(pollMs = 60_000) {
  const log = recordingLog();
  const source = new TlsFileSource({ certFile, keyFile }, log, { pollMs, settleMs: 10 });
  closing.push(() => source.close());
  const server = createServer(source.options(), (socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("error", () => {}); // The client went.
    closing.push(() => socket.destroy());
  });
  let changes = 0;
  source.onChange(() => {
    server.setSecureContext(source.options());
    changes++;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { log, port, source, changed: (times: number) => until(() => changes >= times) };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function dial(port: number, maxVersion?: SecureVersion): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const versions = maxVersion === undefined ? {} : { minVersion: maxVersion, maxVersion };
    const ciphers = "DEFAULT:@SECLEVEL=0"; // The client would refuse the old versions itself.
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false, ciphers, ...versions };
    const socket = connect(options, () => resolve(socket));
    socket.once("error", reject);
    closing.push(() => socket.destroy());
  });
}

async function nameServed(port: number): Promise<string> {
  const socket = await dial(port);
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

test("[AU11] new connections get the new certificate, old ones go on", async () => {
  write(one);
  const { port, changed } = await serving();
  const old = await dial(port);
  expect(await nameServed(port)).toBe("one");
  write(two);
  await changed(1);

  expect(await nameServed(port)).toBe("two");
  const echo = new Promise((resolve) => old.once("data", (data) => resolve(String(data))));
  old.write("still here");
  expect(await echo).toBe("still here");
  expect(old.getPeerCertificate().subject.CN).toBe("one");
});

test.each([
  { how: "told by the system", pollMs: 60_000 },
  { how: "seen by looking", pollMs: 20 },
])("[AU11] a swapped link, as Kubernetes does it, is $how", async ({ pollMs }) => {
  const version = (name: string, pair: Pair): void => {
    mkdirSync(join(directory, name));
    write(pair, join(directory, name));
    symlinkSync(name, join(directory, "..data_tmp"));
    renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  };
  version("..2026_01", one);
  symlinkSync("..data/tls.crt", certFile);
  symlinkSync("..data/tls.key", keyFile);
  const { port, changed } = await serving(pollMs);
  for (const [i, pair] of [two, three].entries()) {
    version(`..2026_0${i + 2}`, pair);
    await changed(i + 1);
    expect(await nameServed(port)).toBe(["two", "three"][i]);
  }
});

test("[AU12] a pair that does not fit, half a file or none leaves the one in force", async () => {
  write(one);
  const { log, port, changed } = await serving(20);
  const breaks: readonly (() => void)[] = [
    () => writeFileSync(certFile, two.cert), // The key of another.
    () => writeFileSync(certFile, two.cert.slice(0, 100)),
    () => rmSync(keyFile),
  ];
  for (const [i, spoil] of breaks.entries()) {
    spoil();
    await until(() => log.lines.length === i + 1);
    expect(log.lines[i]).toMatchObject({ level: "error" });
    expect(await nameServed(port)).toBe("one");
  }
  write(three);
  await changed(1);
  expect(await nameServed(port)).toBe("three");
});

test("[AU12] at the start a pair that does not fit is refused, with its files", () => {
  const open = (): unknown => new TlsFileSource({ certFile, keyFile }, recordingLog());

  expect(open).toThrow(certFile);
  write({ cert: one.cert, private: two.private });
  expect(open).toThrow(keyFile);
  write(one);
  expect(
    () => new TlsFileSource({ certFile, keyFile, caFile: `${certFile}.ca` }, recordingLog()),
  ).toThrow("ENOENT");
});

test("[AU11] TLS 1.2 and 1.3 are spoken, 1.1 is refused", async () => {
  write(one);
  const { port, source } = await serving();

  expect((await dial(port, "TLSv1.3")).getProtocol()).toBe("TLSv1.3");
  expect((await dial(port, "TLSv1.2")).getProtocol()).toBe("TLSv1.2");
  await expect(dial(port, "TLSv1.1")).rejects.toThrow(/version|protocol/i);
  expect(source.options().minVersion).toBe("TLSv1.2"); // Whatever Node's own flags say.
});
