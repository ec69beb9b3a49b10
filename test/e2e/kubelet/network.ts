// Addresses for pods: every address of 127.0.0.0/8 answers on Linux without set-up, so each pod gets one of its own.
// A kubelet takes a block of them that no other kubelet of this machine has: several stacks may run side by side.
import { once } from "node:events";
import { createServer } from "node:net";

/** A kubelet shows that a block is its own by listening here, on the block's last address. The kernel lets go of it. */
const CLAIM_PORT = 10_250;
const BLOCKS = 255;
const LAST_ADDRESS = 255;

export interface AddressPool {
  take(): string;
  give(address: string): void;
  /** Lets others have the block. */
  release(): void;
}

/** Claims the addresses 127.1.BLOCK.1 to 254, in a block that is free; `random` says where to look first. */
export async function claimAddresses(random: () => number = Math.random): Promise<AddressPool> {
  const first = Math.floor(random() * BLOCKS);
  for (let tries = 0; tries < BLOCKS; tries += 1) {
    const block = `127.1.${(first + tries) % BLOCKS}`;
    const release = await claim(`${block}.${LAST_ADDRESS}`);
    if (release) return { ...buildAddressPool(block), release };
  }
  throw new Error(`No free block of addresses below 127.1: each of the ${BLOCKS} has a kubelet on this machine`);
}

/** Gives out the addresses of a block in turn, so that one given back rests as long as possible. */
export function buildAddressPool(block: string): Pick<AddressPool, "take" | "give"> {
  const taken = new Set<string>();
  let last = 0;
  return {
    take() {
      for (let tries = 1; tries < LAST_ADDRESS; tries += 1) {
        last = (last % (LAST_ADDRESS - 1)) + 1;
        const address = `${block}.${last}`;
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
      throw new Error(`No free address in ${block}.0/24: ${taken.size} pods run`);
    },
    give: (address) => void taken.delete(address),
  };
}

/** Listens on the address until it is released; undefined when somebody else does. */
async function claim(host: string): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port: CLAIM_PORT, exclusive: true });
  // A claim must not keep a process alive that is done.
  server.unref();
  try {
    await once(server, "listening");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") return undefined;
    throw cause;
  }
  return () => void server.close();
}
