// A connection that is built when it is first needed, and again until that succeeds: the klusterlet may write the hub
// kubeconfig after the agent has started.
import { ApiError } from "../shared/kube/errors.ts";
import type { Kube } from "../shared/kube/types.ts";

/** Wraps a connection that may not be there yet: until it is, every request fails as one without an answer. */
export function lateKube(name: string, build: () => Promise<Kube>): Kube {
  let built: Kube | undefined;
  let building: Promise<Kube> | undefined;
  const connect = async (): Promise<Kube> => {
    if (built !== undefined) return built;
    building ??= build();
    try {
      built = await building;
      return built;
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(`No connection to the ${name}: ${problem}`, { status: 0, reason: "NotConnected", cause });
    } finally {
      building = undefined;
    }
  };
  return {
    request: async (request) => (await connect()).request(request),
    open: async function* (request) {
      yield* (await connect()).open(request);
    },
    close: () => built?.close(),
    expiry: () => built?.expiry?.(),
  };
}
