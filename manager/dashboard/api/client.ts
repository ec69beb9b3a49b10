// Requests to the Kubernetes API that the page was served by: JSON answers, watch lines, and refusals as errors that say the
// server's own sentence.
import { linesOf } from "./lines.ts";

/** A refusal, or an answer that cannot be read. `code` is 0 where the server was not reached. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, code: number, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
export const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const OBJECTS = "application/json";

export interface Ask {
  path: string;
  query?: Readonly<Record<string, string>>;
  accept?: string;
  signal: AbortSignal;
}

/** What the page needs of a server; a test has one of its own. */
export interface Client {
  /** GETs JSON; rejects with an ApiProblem. */
  get<T>(ask: Ask): Promise<T>;
  /** Opens a stream of lines; rejects with an ApiProblem. */
  open(ask: Ask): Promise<AsyncIterable<string>>;
}

export const client: Client = {
  get: async <T>(ask: Ask) => (await (await send(ask)).json()) as T,
  open: async (ask) => {
    const { body } = await send(ask);
    if (body === null) throw new ApiProblem("the server's answer to a watch was empty", 0);
    return linesOf(body);
  },
};

async function send({ path, query = {}, accept = OBJECTS, signal }: Ask): Promise<Response> {
  const parameters = new URLSearchParams(query).toString();
  let answer: Response;
  try {
    answer = await fetch(parameters === "" ? path : `${path}?${parameters}`, { headers: { accept }, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiProblem("the server cannot be reached: is kubectl proxy still running?", 0);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  throw new ApiProblem(sentenceOf(text, answer), answer.status, Number.isNaN(seconds) ? undefined : seconds * 1000);
}

/** The message of a Status, or the beginning of what came instead. */
function sentenceOf(text: string, { status, statusText }: Response): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not JSON: a proxy's own words.
  }
  return text.trim().slice(0, 300) || `the server answered ${status} ${statusText}`;
}
