// Network interfaces: addresses with the public ones that stand for them, groups, and what each is there for. They come
// from describe-network-interfaces, or from inside the instances where only those were exported.
import type { Interface, InterfaceAddress } from "../../estate/model.ts";
import { formatAddress } from "../../packet/address.ts";
import { Problem, originText } from "../../problem.ts";
import type { Inventory } from "./inventory.ts";
import {
  addressAt,
  child,
  children,
  optionalAddress,
  optionalFlag,
  optionalText,
  optionalWhole,
  originOf,
  text,
  type Item,
} from "./item.ts";
import { once, sameMeaning } from "./once.ts";
import { ownerOf, type Owners } from "./owners.ts";
import { placeOf } from "./place.ts";
import { isMadeUp, spokenAddress } from "./planned/marks.ts";

/** An interface as the estate has it, and what only the other readers need to know of it. */
export interface ReadInterface {
  readonly id: string;
  readonly origin: Interface["origin"];
  readonly place: Interface;
  readonly network: string;
  readonly description: string;
  readonly zone: string | undefined;
  /** Its place in its instance: 0 is the primary one. */
  readonly deviceIndex: number;
}

export function readInterfaces(inventory: Inventory, owners: Owners): Map<string, ReadInterface> {
  const own = once(
    "network interface",
    inventory.of("NetworkInterfaces").map((item) => readInterface(item, inventory, owners, undefined)),
  );
  const embedded = once("network interface", insideInstances(inventory, owners));
  for (const [id, inside] of embedded) {
    const known = own.get(id);
    if (known === undefined) own.set(id, inside);
    else if (
      !sameMeaning(known.place.addresses, inside.place.addresses) ||
      !sameMeaning(known.place.securityGroups, inside.place.securityGroups)
    ) {
      inventory.unknown(
        inside.origin,
        `${id} has other addresses or groups here than at ${originText(known.origin)}`,
        `read as ${known.origin.file} has it; export both again at one time`,
      );
    }
  }
  return own;
}

function insideInstances(inventory: Inventory, owners: Owners): ReadInterface[] {
  return instancesOf(inventory).flatMap((instance) =>
    children(instance, "NetworkInterfaces").map((item) =>
      readInterface(item, inventory, owners, text(instance, "InstanceId")),
    ),
  );
}

/** Instances, be they in reservations as describe-instances has them, or in a list of their own. */
export function instancesOf(inventory: Inventory): Item[] {
  return [
    ...inventory.of("Reservations").flatMap((reservation) => children(reservation, "Instances")),
    ...inventory.of("Instances"),
  ];
}

function readInterface(
  item: Item,
  inventory: Inventory,
  owners: Owners,
  instance: string | undefined,
): ReadInterface {
  const id = text(item, "NetworkInterfaceId");
  const attachment = child(item, "Attachment");
  const attachedTo =
    instance ?? (attachment === undefined ? undefined : optionalText(attachment, "InstanceId"));
  notePrefixes(item, id, inventory);
  const place: Interface = {
    ...placeOf(item, id),
    ...ownerOf(item, id, attachedTo, owners),
    subnet: text(item, "SubnetId"),
    addresses: [...ipv4Addresses(item, id, owners), ...ipv6Addresses(item)],
    securityGroups: children(item, "Groups").map((group) => text(group, "GroupId")),
    sourceDestinationCheck: optionalFlag(item, "SourceDestCheck") ?? true,
  };
  return {
    id,
    origin: place.origin,
    place,
    network: optionalText(item, "VpcId") ?? "",
    description: optionalText(item, "Description") ?? "",
    zone: optionalText(item, "AvailabilityZone"),
    deviceIndex: attachment === undefined ? 0 : (optionalWhole(attachment, "DeviceIndex") ?? 0),
  };
}

/** The primary address first, each with the public one that the internet gateway exchanges with it. */
function ipv4Addresses(item: Item, id: string, owners: Owners): InterfaceAddress[] {
  const written = children(item, "PrivateIpAddresses");
  if (written.length === 0) {
    // An IPv6-only interface has none.
    const only = optionalAddress(item, "PrivateIpAddress");
    return only === undefined ? [] : [withPublic(item, id, item, only, owners)];
  }
  const primaryFirst = written.toSorted(
    (a, b) => Number(optionalFlag(b, "Primary") ?? false) - Number(optionalFlag(a, "Primary") ?? false),
  );
  return primaryFirst.map((one) => withPublic(item, id, one, addressAt(one, "PrivateIpAddress"), owners));
}

function withPublic(
  item: Item,
  id: string,
  one: Item,
  address: InterfaceAddress["address"],
  owners: Owners,
): InterfaceAddress {
  const association = child(one, "Association");
  const associated =
    association === undefined
      ? undefined
      : spokenAddress(association, optionalAddress(association, "PublicIp"));
  const elastic = owners.elasticAddress(id, address);
  if (associated !== undefined && elastic !== undefined && !sameMeaning(associated, elastic.address)) {
    throw new Problem(
      "reference",
      `${id} has the public address ${formatAddress(associated)} here and ${formatAddress(elastic.address)} at ${originText(elastic.origin)}`,
      { origin: originOf(item, id), remedy: "keep the newer one of the two exports" },
    );
  }
  const shown = associated ?? elastic?.address;
  return {
    address: spokenAddress(one, address),
    ...(shown === undefined ? {} : { public: shown }),
    ...(isMadeUp(one) ? { synthetic: true } : {}),
  };
}

function ipv6Addresses(item: Item): InterfaceAddress[] {
  return children(item, "Ipv6Addresses").map((one) => ({
    address: spokenAddress(one, addressAt(one, "Ipv6Address")),
    ...(isMadeUp(one) ? { synthetic: true } : {}),
  }));
}

/** Delegated prefixes (for containers) are addresses of the interface too, more than can be listed one by one. */
function notePrefixes(item: Item, id: string, inventory: Inventory): void {
  for (const [list, key] of [
    ["Ipv4Prefixes", "Ipv4Prefix"],
    ["Ipv6Prefixes", "Ipv6Prefix"],
  ] as const) {
    for (const delegated of children(item, list)) {
      inventory.unknown(
        originOf(delegated, id),
        `${id} has the prefix ${optionalText(delegated, key) ?? ""} delegated to it`,
        "not modelled: packets from and to its addresses are not taken for this interface's",
      );
    }
  }
}

/** @throws Problem `reference` where two interfaces of one VPC have one address */
export function refuseSharedAddresses(
  interfaces: ReadonlyMap<string, ReadInterface>,
  networkOfSubnet: (subnet: string) => string | undefined,
): void {
  const taken = new Map<string, ReadInterface>();
  for (const one of interfaces.values()) {
    const network = networkOfSubnet(one.place.subnet) ?? one.network;
    for (const { address } of one.place.addresses) {
      const key = `${network} ${formatAddress(address)}`;
      const before = taken.get(key);
      if (before !== undefined && before.id !== one.id) {
        throw new Problem(
          "reference",
          `${one.id} has the address ${formatAddress(address)} of ${before.id} (${originText(before.origin)}) in the same VPC`,
          {
            origin: one.origin,
            remedy: "the files are of different times or estates: read only one of them",
          },
        );
      }
      taken.set(key, one);
    }
  }
}
