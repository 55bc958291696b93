// A real browser, and a page with the SDK as it was built.
//
// Debian's Chromium with a false camera. It may reach this machine only, and finds peers on the loopback.

import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { chromium, type Browser } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

export const hasChromium = existsSync(CHROMIUM);

export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--allow-loopback-in-peer-connection",
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    ],
  });
}

const DIST = new URL("../../dist/", import.meta.url);
const SCRIPT = new URL("../browser/page.js", import.meta.url);
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>A call</title><script type="module" src="/page.js"></script>';

/** Serves the page of the tests at /, and what was built under /dist/. */
export async function servePage(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(PAGE);
      return;
    }
    const isScript = pathname === "/page.js";
    const file = isScript ? SCRIPT : new URL(pathname.replace(/^\/dist\//, ""), DIST);
    const isInside = isScript || (file.href.startsWith(DIST.href) && pathname.endsWith(".js"));
    const isOurs = isInside && existsSync(file);
    if (!isOurs) response.writeHead(404).end();
    else response.setHeader("content-type", "text/javascript").end(readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}/`, server };
}
