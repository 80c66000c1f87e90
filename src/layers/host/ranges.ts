// What a rule's translation asks for, as the range of addresses and ports that a connection is bound to: DNAT, SNAT,
// MASQUERADE, REDIRECT and NETMAP in the place where they stand. Addresses that nobody told are left open.
import { allIpv4, allIpv6, isAddress } from "../../packet/address-set.ts";
import { addressBits, makeAddress, type Address, type Family } from "../../packet/address.ts";
import type { AddressValue, Packet } from "../../packet/packet.ts";
import { addressesBetween, type Range, type Side } from "../../rules/connections/translate.ts";
import type { Translation } from "../../rules/rule.ts";
import type { HostFirewall, Hook } from "./model.ts";
import { addressOn, wayTo } from "./routing.ts";

export type Asked =
  | { readonly kind: "range"; readonly range: Range }
  /** The interface has no address to give: the kernel drops the packet. */
  | { readonly kind: "impossible"; readonly why: string };

export interface Place {
  readonly firewall: HostFirewall;
  readonly hook: Hook;
  readonly inDevice: string | undefined;
  readonly outDevice: string | undefined;
}

/** The side that a hook translates: the destination before routing, the source after it. */
export function sideOf(hook: Hook): Side {
  return hook === "prerouting" || hook === "output" ? "destination" : "source";
}

/** The range that a translation asks for, for this packet at this place. */
export function rangeOf(translation: Translation, packet: Packet, place: Place): Asked {
  switch (translation.kind) {
    case "dnat":
    case "snat": {
      const { first, last, ports } = translation;
      return range(first === undefined ? undefined : addressesBetween(first, last ?? first), ports);
    }
    case "masquerade": {
      const { firewall, outDevice } = place;
      const way = wayTo(firewall, packet.destination);
      // IPv4 goes by the next hop (nf_nat_masquerade_ipv4), IPv6 by the destination (nf_nat_masquerade_ipv6).
      const via = way.kind === "leaves" && packet.family === 4 ? way.via : undefined;
      const next = via ?? packet.destination;
      return own(
        addressOn(firewall, outDevice, packet.family, next),
        packet.family,
        outDevice,
        translation.ports,
      );
    }
    case "redirect": {
      if (place.hook === "output") return range(loopbackOf(packet.family), translation.ports);
      const address = addressOn(place.firewall, place.inDevice, packet.family, packet.destination);
      return own(address, packet.family, place.inDevice, translation.ports);
    }
    case "netmap": {
      const from = translation.side === "source" ? packet.source : packet.destination;
      return isAddress(from) && from.family === translation.to.family
        ? range(exchanged(from, translation.to, translation.length), undefined)
        : unknownAddress(packet.family, undefined);
    }
  }
}

function range(addresses: AddressValue | undefined, ports: readonly [number, number] | undefined): Asked {
  return {
    kind: "range",
    range: {
      ...(addresses === undefined ? {} : { addresses }),
      ...(ports === undefined ? {} : { ports }),
    },
  };
}

function own(
  address: Address | "unknown" | "none",
  family: Family,
  device: string | undefined,
  ports: readonly [number, number] | undefined,
): Asked {
  if (address === "none")
    return { kind: "impossible", why: `${device ?? "the interface"} has no IPv${family} address to give it` };
  return address === "unknown" ? unknownAddress(family, ports) : range(address, ports);
}

/** Any address of the family, since nobody told which: rules that ask about it can't be decided. */
function unknownAddress(family: Family, ports: readonly [number, number] | undefined): Asked {
  const addresses = family === 4 ? allIpv4 : allIpv6;
  return {
    kind: "range",
    range: { addresses, isUnknown: true, ...(ports === undefined ? {} : { ports }) },
  };
}

function loopbackOf(family: Family): Address {
  return family === 4 ? { family, value: 0x7f000001 } : { family, value: 1n };
}

/** The address with its first bits exchanged (NETMAP). */
function exchanged(address: Address, to: Address, length: number): Address {
  const bits = BigInt(addressBits(address.family));
  const host = (1n << (bits - BigInt(length))) - 1n;
  return makeAddress(address.family, (BigInt(to.value) & ~host) | (BigInt(address.value) & host));
}
