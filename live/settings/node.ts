// What a node is told: where edges reach it, how much it holds, whom it lets in.

import { count, duration, maybeText, rate, ratio, section, text } from "./field.ts";

export const nodeSection = section("rooms and sessions", {
  maxConnections: count("sessions this node may hold", 2_000, {
    least: 1,
    source: "assumed: the limit that a target of 1,700 sessions per pod leaves headroom under",
  }),
  generation: count("number of the release it runs: new rooms go to the highest first", 0, {
    source: "assumed: nobody counts; a build number makes a rolling update move each room once",
  }),
  softLimitRatio: ratio("share of maxConnections up to which it founds new rooms", 0.9, {
    written: "softLimit",
    least: 0.01,
    source:
      "cited: the placement study's 85 to 90 %; the rest is for rooms that grow past their booking",
  }),
  admission: section("what it lets in", {
    perSec: rate("sessions taken per second", 500, {
      least: 0.01,
      written: "rate",
      source: "assumed: a fifth of one core at the measured cost of a join",
    }),
    resumeRatio: ratio("share of the rate kept for resumes; what is unused is lent", 0.7, {
      least: 0.01,
      most: 0.99,
      source: "assumed: people in a call come before people who begin one",
    }),
    burst: count("tokens the bucket may hold", 500, { source: "assumed: one second", least: 1 }),
    queueMs: duration("longest wait for a token", 2_000, { source: "assumed" }),
  }),
  trunk: section("where edges reach this node; not used when edge and node are one process", {
    host: text("address to listen on", "0.0.0.0"),
    port: count("port to listen on, 0 for any free one", 7_443, {
      most: 65_535,
      source: "assumed: free of well-known services",
    }),
    advertiseUrl: maybeText(
      "how edges dial it; ws:// or wss:// with this host's address and port",
      {
        pattern: /^wss?:\/\/[^\s/]+/,
        expected: "a URL that begins with ws:// or wss://",
      },
    ),
  }),
});
