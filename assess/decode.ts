// Bytes to text: UTF-8, and UTF-16 where a byte order mark says so, as PowerShell writes it.
import { isUtf8 } from "node:buffer";
import { InputError } from "./trouble.ts";
import type { Place } from "./trouble.ts";

/**
 * Decodes a text and drops its byte order mark.
 * @throws InputError saying where it is not UTF-8
 */
export function decode(bytes: Uint8Array): string {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) return new TextDecoder(utf16).decode(bytes);
  const text = new TextDecoder().decode(bytes);
  if (isUtf8(bytes)) return text;
  throw new InputError("It is not UTF-8", placeOf(bytes));
}

function utf16Of([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** The place of the first byte that is wrong: decoded and encoded again, it is another one. */
function placeOf(bytes: Uint8Array): Place {
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(decoded);
  const wrong = bytes.findIndex((byte, index) => byte !== again[index]);
  const before = new TextDecoder().decode(bytes.subarray(0, Math.max(wrong, 0)));
  const lines = before.split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
