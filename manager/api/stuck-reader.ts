// A watch may be silent for as long as nothing happens, but its reader may not: what is written to it has to be taken.
import type { ServerResponse } from "node:http";

/**
 * Keeps the server from ending a connection on which nothing happens, except when there is something that the client does
 * not take. The server's own time for a silent connection says how long that may last.
 */
export function cutWhenStuck(raw: ServerResponse): void {
  raw.on("timeout", () => {
    if (raw.writableLength > 0) raw.destroy();
  });
}
