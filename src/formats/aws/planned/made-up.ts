// Addresses for what has none yet: a resource that a template or plan will create gets one that lies where its own will
// lie. They go by their owner's name and are never shown as numbers.
import { formatAddress, formatPrefix, prefixEnds, type Prefix } from "../../../packet/address.ts";

/**
 * Blocks that stand for public addresses: global by the IANA special-purpose registries and of no user (6to4 relays, AMT
 * and AS112: RFC 7526, 7450, 7534, 7535), so that no rule names one of them.
 */
const publicBlocks = [0xc0586300, 0xc034c100, 0xc01fc400, 0xc0af3000] as const;

/** Hands out addresses, each once. EC2 keeps the first four and the last of a subnet for itself (VPC guide, "Subnet sizing"). */
export class MadeUpAddresses {
  readonly #taken = new Map<string, Set<string>>();
  #publics = 0;
  #blocks = 0;

  /** Keeps an address that is written out from being handed out in the subnet. */
  take(subnet: string, address: string): void {
    this.#in(subnet).add(address);
  }

  /** A free address of the subnet's prefix, from its end, where people seldom write one down; none where it is full. */
  inside(subnet: string, prefix: Prefix): string | undefined {
    const taken = this.#in(subnet);
    const { first, last } = prefixEnds(prefix);
    for (let step = 1n; step <= 4096n; step += 1n) {
      const value = BigInt(last.value) - step;
      if (value < BigInt(first.value) + 4n) return undefined;
      const written = formatAddress(
        prefix.family === 4 ? { family: 4, value: Number(value) } : { family: 6, value },
      );
      if (taken.has(written)) continue;
      taken.add(written);
      return written;
    }
    return undefined;
  }

  /** A public IPv4 address; none once the blocks are used up. */
  public(): string | undefined {
    const block = publicBlocks[Math.floor(this.#publics / 254)];
    if (block === undefined) return undefined;
    const value = block + 1 + (this.#publics % 254);
    this.#publics += 1;
    return formatAddress({ family: 4, value });
  }

  /** A /56 for a VPC that gets one of Amazon's, out of the documentation block. */
  ipv6Block(): string {
    const value = 0x2001_0db8_ff00_0000_0000_0000_0000_0000n + (BigInt(this.#blocks) << 72n);
    this.#blocks += 1;
    return formatPrefix({ family: 6, value, length: 56 });
  }

  #in(subnet: string): Set<string> {
    const taken = this.#taken.get(subnet) ?? new Set();
    this.#taken.set(subnet, taken);
    return taken;
  }
}
