// The address by which limits know a client.
//
// Behind proxies it is what the nearest trusted one wrote: each adds the address it was called from at the end of X-Forwarded-For, so
// the entry as many places from the end as there are proxies is the first that no client can make up. An IPv6 client owns at
// least a /64 and changes the rest at will, so that is what counts.

import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";

/** The IPv4 address, the first half of the IPv6 address, or "" when the socket is gone already. */
export function clientAddress(request: IncomingMessage, trustProxyHops: number): string {
  return subscriberOf(forwardedFor(request, trustProxyHops) ?? request.socket.remoteAddress ?? "");
}

function forwardedFor(request: IncomingMessage, hops: number): string | undefined {
  if (hops === 0) return undefined;
  const header = request.headers["x-forwarded-for"];
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  const list = text.split(",").map((entry) => entry.trim());
  const entry = list[Math.max(0, list.length - hops)];
  return entry === undefined || entry === "" ? undefined : entry;
}

/** What one subscriber of a network has for sure. */
export function subscriberOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const bare = address.replace(/%.*$/, "");
  if (!isIPv6(bare)) return bare;
  const [head = "", tail] = bare.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + behind < 8) groups.push("0");
    if (behind > 0) groups.push(...tail.split(":"));
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
