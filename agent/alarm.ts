// One waiter that can be woken before its time: the agent's loops sleep on it, changes wake it.

export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Ends the wait under way, or the next one at once. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits until rung, or `ms` milliseconds, or the signal aborts; never rejects. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = (): void => resolve();
      const timer = setTimeout(done, Math.ceil(ms));
      signal.addEventListener("abort", done);
      this.#wake = done;
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
