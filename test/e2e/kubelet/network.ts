// Addresses for pods: every address of 127.0.0.0/8 answers on Linux without set-up, so each pod gets one of its own.

/** Gives out addresses below 127.1; `random` makes clashes between kubelets on one machine unlikely. */
export function buildAddressPool(random: () => number): { take(): string; give(address: string): void } {
  const taken = new Set<string>();
  const octet = (): number => 1 + Math.floor(random() * 254);
  return {
    take() {
      for (;;) {
        const address = `127.1.${octet()}.${octet()}`;
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
    },
    give: (address) => void taken.delete(address),
  };
}
