// Who may open one more watch: each is a seat that is free again when its answer ends. Without a bound one user could
// make every change of the fleet as dear as he likes.
import type { ServerResponse } from "node:http";
import type { Limits } from "./limits.ts";
import { StatusError } from "./status.ts";

/** A second would bring back at once those that wait for thousands of others to end. */
const RETRY_SECONDS = 10;

export class WatchSeats {
  readonly #limits: Pick<Limits, "watchesMax" | "watchesOfUserMax">;
  readonly #byUser = new Map<string, number>();
  #taken = 0;

  constructor(limits: Pick<Limits, "watchesMax" | "watchesOfUserMax">) {
    this.#limits = limits;
  }

  /** Takes a seat until the response closes. @throws StatusError when there is none */
  take(user: string, raw: ServerResponse): void {
    const { watchesMax, watchesOfUserMax } = this.#limits;
    const own = this.#byUser.get(user) ?? 0;
    if (this.#taken >= watchesMax) throw full(`there are ${watchesMax} watches already`);
    if (own >= watchesOfUserMax) throw full(`user "${user}" has ${watchesOfUserMax} watches already`);
    this.#taken += 1;
    this.#byUser.set(user, own + 1);
    raw.once("close", () => this.#leave(user));
  }

  #leave(user: string): void {
    this.#taken -= 1;
    const left = (this.#byUser.get(user) ?? 1) - 1;
    if (left > 0) this.#byUser.set(user, left);
    else this.#byUser.delete(user);
  }
}

function full(message: string): StatusError {
  return new StatusError("TooManyRequests", message, { details: { retryAfterSeconds: RETRY_SECONDS } });
}
