// For formats that describe AWS resources in other words (Terraform, CloudFormation): they write what they mean as the
// items of AWS's own exports, and this room reads those. Here stand such an item, and the keys it may have besides AWS's.
import type { InterfaceAddress, InterfaceKind } from "../../estate/model.ts";
import type { Address } from "../../packet/address.ts";
import type { Origin } from "../../problem.ts";
import type { Json } from "../json.ts";
import { addressAt, child, optionalAddress, optionalText, text, type Item } from "./item.ts";

/** Beside an address that nobody can know yet: it is made up, and its value here is the name that people see instead. */
export const madeUpKey = "RingwallMadeUp";

/** On an interface whose owner is known for certain: `{ Kind, Id }`, where an export would hint at it in a description. */
export const ownerKey = "RingwallOwner";

/**
 * An item that stands for a resource of another format.
 *
 * @param origin of the resource; what stands inside it has the same one
 * @param places of parts that were written elsewhere, such as a rule that is a resource of its own: their ids are kept
 * @example inventory.add("Vpcs", [translated({ VpcId: "aws_vpc.main", CidrBlock: "10.0.0.0/16" }, origin)])
 */
export function translated(
  value: Item["value"],
  origin: Origin,
  places: ReadonlyMap<object, Origin> = new Map(),
): Item {
  return {
    value,
    path: origin.id ?? "",
    document: {
      value: { ...value },
      originOf: (part, id) => {
        const own = typeof part === "object" && part !== null ? places.get(part) : undefined;
        const named = own?.id ?? id;
        return { ...(own ?? origin), ...(named === undefined ? {} : { id: named }) };
      },
    },
  };
}

/** The fields that make an address in an item a made-up one. */
export function madeUp(name: string): Record<string, Json> {
  return { [madeUpKey]: name };
}

/** A public address, with a name where it is made up: answers then show that. */
export function publicAddress(item: Item, key: string): Address | undefined {
  const address = optionalAddress(item, key);
  const name = optionalText(item, madeUpKey);
  return address === undefined || name === undefined ? address : { ...address, name };
}

/** An address of an interface, marked where it is made up. */
export function ownAddress(item: Item, key: string): InterfaceAddress {
  const address = addressAt(item, key);
  return optionalText(item, madeUpKey) === undefined ? { address } : { address, synthetic: true };
}

const ownerKinds = {
  instance: "instance",
  "load-balancer": "load-balancer",
  database: "database",
  "nat-gateway": "nat-gateway",
  "vpc-endpoint": "vpc-endpoint",
} as const satisfies Record<string, InterfaceKind>;

/** Whose an interface is for certain, where its item says so. */
export function statedOwner(
  item: Item,
): { readonly kind: InterfaceKind; readonly owner: string } | undefined {
  const stated = child(item, ownerKey);
  if (stated === undefined) return undefined;
  const kind = text(stated, "Kind");
  const known = Object.entries(ownerKinds).find(([name]) => name === kind)?.[1];
  return { kind: known ?? "other", owner: text(stated, "Id") };
}
