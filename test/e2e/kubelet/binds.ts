// What a container's root shows of the outside, as lines of the shell script that makes the root in $R.
import { posix } from "node:path";

export interface Bind {
  source: string;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
}

/** The lines that show a file at a path below $R. */
export function bindFile(source: string, target: string): string {
  const path = inRoot(target);
  return `mkdir -p "$R"${quote(posix.dirname(target))}; : > ${path}; mount --bind ${quote(source)} ${path}`;
}

/** The lines that show a folder at a path below $R. */
export function bindFolder({ source, target, readOnly }: Bind): string {
  const path = inRoot(target);
  const bind = `mkdir -p ${path}; mount --bind ${quote(source)} ${path}`;
  return readOnly ? `${bind}; mount -o remount,bind,ro ${path}` : bind;
}

function inRoot(target: string): string {
  return `"$R"${quote(target)}`;
}

/** Quotes a word for the shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
