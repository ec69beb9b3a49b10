// Copies the texts that are kept. A part of a parsed document keeps the whole document in memory (V8 slices strings),
// and a record has a bound in bytes: both are settled here.

/** Copies a text, cut to at most `bytes` of UTF-8 between two characters. */
export function keepText(text: string, bytes: number): string {
  const encoded = Buffer.from(text.slice(0, bytes), "utf8");
  if (encoded.length <= bytes) return encoded.toString("utf8");
  let end = bytes;
  while (isContinuation(encoded[end])) end -= 1;
  return encoded.toString("utf8", 0, end);
}

/** Copies a text for people: one line, without control characters. */
export function keepMessage(text: string, bytes: number): string {
  // Cut before and after: the first keeps the work small, the second holds whatever came of the replacement.
  return keepText(keepText(text, 4 * bytes).replaceAll(/\p{Cc}+/gu, " "), bytes);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** The hash at the end of a ControllerRevision's name: "checkout-7d9f6c5b8" gives "7d9f6c5b8". */
export function revisionHash(revision: string | undefined): string {
  return revision === undefined ? "" : keepText(revision.slice(revision.lastIndexOf("-") + 1), 253);
}
