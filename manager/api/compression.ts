// Answers in fewer bytes for who asks for it. kube-apiserver compresses what it answers itself; what it passes on from us
// it leaves as it is.
import { pipeline, Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";

/** Shorter ones are sent as they are, as kube-apiserver does. */
const BYTES_MIN = 128 * 1024;

export interface Encoded {
  body: string | Readable;
  /** Of the header Content-Encoding; undefined: none. */
  encoding: "gzip" | undefined;
}

/** Compresses a long answer on its way, on another thread, when the Accept-Encoding header allows it. */
export function compress(body: string | Readable, acceptEncoding: string | undefined): Encoded {
  if (!codingsOf(acceptEncoding).has("gzip")) return { body, encoding: undefined };
  // A streamed answer is one of unknown length.
  if (typeof body === "string" && Buffer.byteLength(body) < BYTES_MIN) return { body, encoding: undefined };
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  // What fails, fails the answer: fastify looks after the stream that it is given.
  pipeline(typeof body === "string" ? Readable.from([body]) : body, gzip, () => undefined);
  return { body: gzip, encoding: "gzip" };
}

/** The codings that an Accept-Encoding header names and does not exclude. */
export function codingsOf(header = ""): ReadonlySet<string> {
  const accepted = header.split(",").flatMap((part) => {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [coding];
  });
  return new Set(accepted);
}
