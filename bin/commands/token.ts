// stormglass token: a join token for development and tests, as an application's server would make one.
//
// The secret never comes from the command line, where every process of the machine could read it, and never goes out.

import { InvalidArgumentError, Option, type Command } from "commander";
import { PARTICIPANT_ID_PATTERN, ROOM_ID_PATTERN } from "../../core/protocol/limits.ts";
import { DEV_SECRET } from "../../live/auth/dev-secret.ts";
import { mintToken } from "../../live/auth/mint-token.ts";
import { secretsIn } from "../../live/auth/secret.ts";
import { TOKEN_BYTES_MAX } from "../../live/auth/token-claims.ts";
import { processClock } from "../../live/clock.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import { NOTATION, parseQuantity } from "../../scenarios/quantities.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { wholeFrom } from "../option-values.ts";

interface TokenOptions {
  readonly room: string;
  readonly sub: string;
  readonly ttl: number;
  readonly secretFile?: string;
  readonly dev?: true;
  readonly maxRoom?: number;
  readonly expectedSize?: number;
  readonly iss?: string;
  readonly aud?: string;
  readonly json?: true;
}

const SECRET = "STORMGLASS_JWT_SECRET";
const SECRET_FILE = "STORMGLASS_JWT_SECRET_FILE";
/** Assumed: one for a laptop's whole life; beyond, somebody mistook the unit. */
const TTL_MAX_DAYS = 3_650;
const DAY_MS = 86_400_000;

const EXAMPLES = `Examples:
  stormglass token --dev --room standup --sub alice
  stormglass token --secret-file jwt.secret --room standup --sub bob --ttl 15m --max-room 12
`;

export function addToken(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("token")
    .summary("make a join token for development")
    .description(
      "Makes an HS256 join token and prints it. The secret is that of --dev or --secret-file, " +
        `or ${SECRET} or ${SECRET_FILE} in the environment.`,
    )
    .requiredOption("--room <id>", "the room that it opens", identity(ROOM_ID_PATTERN, "._:-"))
    .requiredOption("--sub <id>", "who joins with it", identity(PARTICIPANT_ID_PATTERN, "._:@-"))
    .addOption(
      new Option("--ttl <duration>", "how long it is good for")
        .argParser(parseTtl)
        .default(3_600_000, "1h"),
    )
    .option("--dev", "with the secret of `serve --dev`, which everybody knows")
    .option("--secret-file <file>", "with the secret in this file; of several lines, the first")
    .option("--max-room <n>", "the room takes at most so many participants", wholeFrom(1))
    .option("--expected-size <n>", "the meeting was booked for so many", wholeFrom(0))
    .option("--iss <text>", "issuer, where the server asks for one")
    .option("--aud <text>", "audience, where the server asks for one")
    .option("--json", "print the token with what it says, as JSON")
    .addHelpText("before", EXAMPLES)
    .action((options: TokenOptions) => {
      mint(outside, options);
      finish(ExitCode.ok);
    });
}

function mint(outside: Outside, options: TokenOptions): void {
  const { room, sub, ttl, maxRoom, expectedSize, iss, aud } = options;
  const nowMs = processClock.nowMs();
  const token = mintToken(secretOf(outside, options), {
    participantId: sub,
    roomId: room,
    nowMs,
    ttlMs: ttl,
    roomMax: maxRoom,
    expectedSize,
    issuer: iss,
    audience: aud,
  });
  if (token.length > TOKEN_BYTES_MAX) {
    const message = `must be shorter: servers take tokens of ${TOKEN_BYTES_MAX} bytes, got ${token.length}`;
    throw problem("--iss, --aud", message);
  }
  const expiresAt = new Date(nowMs + ttl).toISOString();
  const told = { token, room, sub, expiresAt, maxRoom, expectedSize, iss, aud };
  outside.stdout.write(options.json === true ? canonicalJson(present(told)) : `${token}\n`);
  outside.stderr.write(`Until ${expiresAt}, whoever shows it joins room ${room} as ${sub}.\n`);
  if (options.dev === true) {
    outside.stderr.write("Only `stormglass serve --dev` takes it: everybody knows its secret.\n");
  }
}

function present(told: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

/** Flags win over the environment. Throws `InputError` when there is none, or it can be guessed. */
function secretOf(outside: Outside, { dev, secretFile }: TokenOptions): Uint8Array {
  if (dev === true && secretFile !== undefined) {
    throw problem("--dev, --secret-file", "must not be given both: which secret shall it be?");
  }
  const { [SECRET]: value, [SECRET_FILE]: file } = outside.env;
  if (dev === true) return firstOf("--dev", DEV_SECRET);
  if (secretFile !== undefined) return firstOf(secretFile, textOf(outside, secretFile));
  if (value !== undefined) return firstOf(SECRET, value);
  if (file !== undefined) return firstOf(file, textOf(outside, file));
  throw problem("secret", `must be given: --secret-file <file>, ${SECRET}, or --dev on a laptop`);
}

function textOf(outside: Outside, file: string): string {
  const text = outside.readFile(file);
  if (text === undefined) throw problem(file, "must be a file that can be read");
  return text;
}

function firstOf(where: string, text: string): Uint8Array {
  try {
    const [first] = secretsIn(text);
    if (first !== undefined) return first;
  } catch (error) {
    throw problem(where, (error as Error).message);
  }
  throw problem(where, "must hold a secret, but is empty");
}

function problem(file: string, message: string): InputError {
  return new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}

function identity(pattern: RegExp, marks: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`It must be 1 to 128 letters, digits or any of ${marks}`);
  };
}

function parseTtl(text: string): number {
  const ttlMs = parseQuantity("duration", text);
  if (ttlMs === undefined)
    throw new InvalidArgumentError(`It must be ${NOTATION.duration.expected}.`);
  if (ttlMs >= 1_000 && ttlMs <= TTL_MAX_DAYS * DAY_MS) return ttlMs;
  throw new InvalidArgumentError(`It must be from 1s to ${TTL_MAX_DAYS}d.`);
}
