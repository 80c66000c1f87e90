// What a host knows of addresses and ways: which addresses are its own, of what type an address is to it, and by which
// interface a packet leaves. Main table only: no policy routing, no reverse path filter, no martians.
import {
  addressRange,
  allAddresses,
  hasAddress,
  intersectAddresses,
  isAddress,
  isAddressSubset,
  isEmptyAddresses,
  noAddresses,
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  addressSet,
  type AddressSet,
} from "../../packet/address-set.ts";
import { prefixEnds, type Address, type Family } from "../../packet/address.ts";
import type { AddressValue } from "../../packet/packet.ts";
import type { AddressType } from "../../rules/match.ts";
import type { HostFirewall, HostRoute, LocalAddress } from "./model.ts";

/** Addresses that are the host's own on every host. */
const loopback = addressSet("127.0.0.0/8", "::1/128");
const multicast = addressSet("224.0.0.0/4", "ff00::/8");
const everybody = addressSet("255.255.255.255/32", "0.0.0.0/32");

interface Self {
  /** Whether anything said what the host's own addresses are. */
  readonly known: boolean;
  readonly own: AddressSet;
  /** Delivered to the host as well: broadcast and multicast. */
  readonly shared: AddressSet;
  readonly broadcast: AddressSet;
  /** Longest prefix first, then lowest metric. */
  readonly routes: readonly HostRoute[];
}

const selves = new WeakMap<HostFirewall, Self>();

function selfOf(firewall: HostFirewall): Self {
  let self = selves.get(firewall);
  if (self === undefined) {
    self = describe(firewall);
    selves.set(firewall, self);
  }
  return self;
}

function describe(firewall: HostFirewall): Self {
  const { addresses, routes } = firewall;
  const routed = (type: HostRoute["type"]): AddressSet[] =>
    routes.filter((route) => route.type === type).map((route) => prefixSet(route.destination));
  const own = unionOfAddresses([
    loopback,
    ...addresses.map(({ address }) => singleAddress(address)),
    ...routed("local"),
  ]);
  const broadcast = unionOfAddresses([everybody, ...addresses.map(subnetBroadcast), ...routed("broadcast")]);
  return {
    known: addresses.length > 0 || routed("local").length > 0,
    own,
    shared: unionOfAddresses([broadcast, multicast]),
    broadcast,
    routes: routes
      .filter((route) => route.type !== "local" && route.type !== "broadcast")
      .toSorted((a, b) => b.destination.length - a.destination.length || a.metric - b.metric),
  };
}

/** The last address of an IPv4 subnet, unless it has room for no more than two hosts (RFC 3021). */
function subnetBroadcast({ address, length }: LocalAddress): AddressSet {
  if (address.family === 6 || length >= 31) return { v4: [], v6: [] };
  const { last } = prefixEnds({ ...address, length });
  return singleAddress(last);
}

/** Whether packets to the address are for the host itself; undefined where nobody told. */
export function isForSelf(firewall: HostFirewall, address: AddressValue): boolean | undefined {
  const { known, own, shared } = selfOf(firewall);
  if (isAddress(address)) {
    if (hasAddress(own, address) || hasAddress(shared, address)) return true;
    return known ? false : undefined;
  }
  const both = unionOfAddresses([own, shared]);
  if (isAddressSubset(address, both)) return true;
  return known && isEmptyAddresses(intersectAddresses(address, both)) ? false : undefined;
}

/** The routing type of an address (`-m addrtype`, `fib … type`); with a device, as seen from that interface alone. */
export function addressType(
  firewall: HostFirewall,
  address: Address,
  device: string | undefined,
): AddressType | undefined {
  const { known, own, broadcast } = selfOf(firewall);
  if (hasAddress(multicast, address)) return "multicast";
  if (address.family === 6 && address.value === 0n) return "unspecified";
  if (hasAddress(everybody, address)) return "broadcast";
  if (device !== undefined) {
    if (!known) return undefined;
    const there = firewall.addresses.filter((local) => local.device === device);
    if (there.some((local) => isSame(local.address, address))) return "local";
    if (there.some((local) => hasAddress(subnetBroadcast(local), address))) return "broadcast";
    return device === "lo" && hasAddress(loopback, address) ? "local" : "unicast";
  }
  if (hasAddress(own, address)) return "local";
  if (hasAddress(broadcast, address)) return "broadcast";
  return known ? "unicast" : undefined;
}

/**
 * The addresses for which `addressType` gives one of the types, and those for which it does or can't tell.
 *
 * @param byInterface asked as seen from one interface alone, which it may be any: then only what is so from all is known
 */
export function addressesOfType(
  firewall: HostFirewall,
  types: readonly AddressType[],
  byInterface: boolean,
): { readonly must: AddressSet; readonly may: AddressSet } {
  const { known, own, broadcast } = selfOf(firewall);
  const everywhere: readonly [AddressType, AddressSet][] = [
    ["multicast", multicast],
    ["unspecified", addressSet("::/128")],
    ["broadcast", everybody],
  ];
  const here: readonly [AddressType, AddressSet][] = [
    ["local", own],
    ["broadcast", broadcast],
    ["unicast", known ? allAddresses : noAddresses],
  ];
  // In the order in which `addressType` asks: what one line takes, the next does not see.
  let left = allAddresses;
  const found: AddressSet[] = [];
  for (const [type, set] of byInterface ? everywhere : [...everywhere, ...here]) {
    if (types.includes(type)) found.push(intersectAddresses(left, set));
    left = subtractAddresses(left, set);
  }
  const must = unionOfAddresses(found);
  return { must, may: unionOfAddresses([must, left]) };
}

function isSame(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

export type Way =
  | { readonly kind: "leaves"; readonly device: string | undefined; readonly via?: Address }
  /** The routes are known, and this is what they say. */
  | { readonly kind: "refused"; readonly why: string; readonly route?: HostRoute };

/** Where a packet to the address leaves by. Without any route of its family: by the interface whose subnet it is in. */
export function wayTo(firewall: HostFirewall, address: AddressValue): Way {
  const { routes } = selfOf(firewall);
  const probe = isAddress(address) ? singleAddress(address) : address;
  const family = familyOf(probe);
  for (const route of routes) {
    if (route.destination.family !== family) continue;
    const reach = prefixSet(route.destination);
    if (isEmptyAddresses(intersectAddresses(probe, reach))) continue;
    // Only a part of an open destination goes this way: which interface can't be known.
    if (!isAddressSubset(probe, reach)) return { kind: "leaves", device: undefined };
    if (route.type !== "unicast") return { kind: "refused", why: `its route is ${route.type}`, route };
    return {
      kind: "leaves",
      device:
        route.device ?? (route.via === undefined ? undefined : connected(firewall, singleAddress(route.via))),
      ...(route.via === undefined ? {} : { via: route.via }),
    };
  }
  const device = connected(firewall, probe);
  if (device !== undefined || !routes.some((route) => route.destination.family === family))
    return { kind: "leaves", device };
  return { kind: "refused", why: "the host has no route to it" };
}

function familyOf(set: AddressSet): Family {
  return set.v4.length > 0 ? 4 : 6;
}

function connected(firewall: HostFirewall, probe: AddressSet): string | undefined {
  return firewall.addresses
    .filter(({ address, length }) => isAddressSubset(probe, prefixSet({ ...address, length })))
    .toSorted((a, b) => b.length - a.length)[0]?.device;
}

/**
 * The address that a packet gets that must look as if it came from an interface (MASQUERADE) or is for it (REDIRECT):
 * the first one in the next hop's subnet, else the interface's first, not of link scope where the other end is not.
 * `unknown`: nobody told the interface's addresses. `none`: it has none, and the kernel drops the packet.
 */
export function addressOn(
  firewall: HostFirewall,
  device: string | undefined,
  family: Family,
  towards: AddressValue,
): Address | "unknown" | "none" {
  if (device === undefined || firewall.addresses.length === 0) return "unknown";
  const there = firewall.addresses.filter(
    (local) => local.device === device && local.address.family === family,
  );
  const wide = there.filter((local) => isLinkLocal(local.address) === isLinkLocal(towards));
  const near = wide.find(({ address, length }) =>
    isAddressSubset(isAddress(towards) ? singleAddress(towards) : towards, prefixSet({ ...address, length })),
  );
  return (near ?? wide[0] ?? there[0])?.address ?? "none";
}

const linkLocal = unionOfAddresses([
  addressSet("fe80::/10"),
  addressRange({ family: 4, value: 0xa9fe0000 }, { family: 4, value: 0xa9feffff }),
]);

function isLinkLocal(address: AddressValue): boolean {
  return isAddress(address) ? hasAddress(linkLocal, address) : isAddressSubset(address, linkLocal);
}
