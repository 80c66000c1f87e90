// Tests of one field as sets of packets: exact where the space has the field, unknown where it has not.
import type { AddressSet } from "../../packet/address-set.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { AddressField, Match, NumberField } from "../match.ts";
import { exactly, perhaps, type Bounds } from "./bounds.ts";

/** Packets that may have a connection: the others' tests on one are false. */
export function tracked(space: Space): PacketSet {
  return space.state(["new", "established", "related"]);
}

/** Where an address lies in a set. The connection's own addresses are not in the space. */
export function addressSets(space: Space, field: AddressField, set: AddressSet): Bounds {
  return field === "source" || field === "destination"
    ? exactly(space.address(field, set))
    : perhaps(space, tracked(space));
}

export function addressBitsSets(space: Space, match: Extract<Match, { kind: "address-bits" }>): Bounds {
  const { field, family, mask, value } = match;
  return field === "source" || field === "destination"
    ? exactly(space.addressBits(field, family, mask, value))
    : perhaps(space, space.and(space.family(family), tracked(space)));
}

/** Where a number lies in a set. A packet's length, its time to live and its connection are not in the space. */
export function numberSets(space: Space, field: NumberField, set: NumberSet): Bounds {
  switch (field) {
    case "protocol":
    case "source-port":
    case "destination-port":
    case "icmp-type":
    case "icmp-code":
      return exactly(space.number(field, set));
    case "length":
    case "ttl":
    case "dscp":
      return perhaps(space, space.all);
    case "original-protocol":
    case "original-source-port":
    case "original-destination-port":
      return perhaps(space, tracked(space));
  }
}
