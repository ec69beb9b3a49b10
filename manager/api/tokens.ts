// Who a bearer token belongs to: the hub says so, by a TokenReview. A token is kept by its hash alone, and only what could
// be one is asked about.
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../shared/runtime/clock.ts";
import { askedOnce } from "./asked-once.ts";
import type { Identity } from "./authentication.ts";

/** The hub's word for a token; undefined: it is nobody's. */
export type ReviewToken = (token: string) => Promise<TokenUser | undefined>;
export type TokenUser = Omit<Identity, "via">;

const GOOD_MS = 30_000;
const BAD_MS = 10_000;
const TOKEN_LENGTH_MAX = 16 * 1024;
/** Whoever makes tokens up must not make the hub work on all of them at once. */
const REVIEWS_AT_ONCE = 100;
const EVERYBODY_KNOWN = "system:authenticated";

/** The token that a request shows; undefined when there is none that could be one. */
export function bearerTokenOf({ headersDistinct }: Pick<IncomingMessage, "headersDistinct">): string | undefined {
  const [header = "", ...more] = headersDistinct["authorization"] ?? [];
  // Of two, another reader might take the other one.
  if (more.length > 0) return undefined;
  const [, token = ""] = /^Bearer +([\x21-\x7e]+)$/i.exec(header) ?? [];
  return token === "" || token.length > TOKEN_LENGTH_MAX ? undefined : token;
}

/** Builds the function that finds the user of a request's token. What the hub cannot answer is a 503, never a yes. */
export function buildIdentifyByToken(
  review: ReviewToken,
  clock: Clock,
): (request: Pick<IncomingMessage, "headersDistinct">) => Promise<Identity | undefined> {
  const ask = askedOnce({
    ask: async (token: string): Promise<Identity | "nobody"> => identityOf(await review(token)) ?? "nobody",
    textOf: (token) => token,
    keepMs: (answer) => (answer === "nobody" ? BAD_MS : GOOD_MS),
    clock,
    trouble: "the hub could not be asked whose token this is",
    underWayMax: REVIEWS_AT_ONCE,
  });
  return async (request) => {
    const token = bearerTokenOf(request);
    if (token === undefined) return undefined;
    const answer = await ask(token);
    return answer === "nobody" ? undefined : answer;
  };
}

function identityOf(user: TokenUser | undefined): Identity | undefined {
  if (user === undefined || user.user === "") return undefined;
  const groups = user.groups.includes(EVERYBODY_KNOWN) ? user.groups : [...user.groups, EVERYBODY_KNOWN];
  return { ...user, groups, via: "Token" };
}
