// What the readers of single resource types share: the resources by type and id, the draft that they write into, the
// VPCs and subnets that are there or stand in for others, and the notes of what is not known.
import { Draft } from "../aws/planned/draft.ts";
import type { MadeUpAddresses } from "../aws/planned/made-up.ts";
import type { Json } from "../json.ts";
import type { Origin } from "../../problem.ts";
import type { Prefix } from "../../packet/address.ts";
import { Fields, known } from "./fields.ts";
import type { Resource } from "./scope.ts";
import { isNotKnown, type NotKnown } from "./values.ts";

/** A VPC as later readers need it. */
export interface PlannedNetwork {
  readonly id: string;
  readonly prefixes: string[];
  readonly origin: Origin;
  /** Whether a template makes it: then its defaults are known. */
  readonly own: boolean;
}

export interface PlannedSubnet {
  readonly id: string;
  readonly network: string;
  readonly prefixes: readonly Prefix[];
  readonly origin: Origin;
  /** Whether what starts in it gets a public IPv4 address unless it says otherwise. */
  readonly public: boolean;
  /** Whether it gets an IPv6 address. */
  readonly ipv6: boolean;
  readonly zone: string | undefined;
}

export class Plan {
  readonly draft = new Draft();
  readonly addresses: MadeUpAddresses;
  readonly networks = new Map<string, PlannedNetwork>();
  readonly subnets = new Map<string, PlannedSubnet>();
  readonly #byType: ReadonlyMap<string, readonly Resource[]>;
  readonly #byId: ReadonlyMap<string, Resource>;
  readonly #told = new Set<string>();
  readonly #standIns = new Set<string>();

  constructor(resources: readonly Resource[], addresses: MadeUpAddresses) {
    this.addresses = addresses;
    this.#byType = Map.groupBy(resources, (resource) => resource.type);
    this.#byId = new Map(resources.map((resource) => [resource.id, resource]));
  }

  of(type: string): readonly Resource[] {
    return this.#byType.get(type) ?? [];
  }

  /** The resource of an id, where the templates make one of that type. */
  at(id: string, type: string): Resource | undefined {
    const found = this.#byId.get(id);
    return found?.type === type ? found : undefined;
  }

  any(id: string): Resource | undefined {
    return this.#byId.get(id);
  }

  /** Writes a stand-in for a security group once. */
  standInGroup(id: string, write: () => void): void {
    if (this.#standIns.has(id)) return;
    this.#standIns.add(id);
    write();
  }

  unknown(origin: Origin, what: string, effect: string): void {
    this.draft.inventory.unknown(origin, what, effect);
  }

  /** As `unknown`, once for each subject. */
  unknownOnce(subject: string, origin: Origin, what: string, effect: string): void {
    if (this.#told.has(subject)) return;
    this.#told.add(subject);
    this.unknown(origin, what, effect);
  }

  /** The id of the VPC that a property names; one that no template makes is kept as a stand-in. */
  network(given: string | NotKnown | undefined, origin: Origin): string {
    const id = given === undefined ? "DefaultVPC" : nameOf(given);
    if (this.networks.has(id)) return id;
    this.networks.set(id, { id, prefixes: [], origin: { ...origin, id }, own: false });
    const why = given === undefined ? "the default VPC" : isNotKnown(given) ? given.why : `the VPC ${id}`;
    this.unknown(
      origin,
      isNotKnown(given) ? why : `${why} is in no template that was read`,
      `a VPC ${id} stands in for it: its prefixes, its other subnets and its defaults are not known`,
    );
    return id;
  }

  /** The subnet that a property names; one that no template makes is kept as a stand-in without prefixes. */
  subnet(given: string | NotKnown, network: string | undefined, origin: Origin): PlannedSubnet {
    const id = nameOf(given);
    const found = this.subnets.get(id);
    if (found !== undefined) return found;
    const standIn: PlannedSubnet = {
      id,
      network: network ?? this.network(undefined, origin),
      prefixes: [],
      origin: { ...origin, id },
      public: false,
      ipv6: false,
      zone: undefined,
    };
    this.subnets.set(id, standIn);
    this.unknown(
      origin,
      isNotKnown(given) ? given.why : `the subnet ${id} is in no template that was read`,
      `a subnet ${id} stands in for it: its prefixes, routes and network ACL are not known`,
    );
    return standIn;
  }
}

export function fieldsOf(resource: Resource): Fields {
  return new Fields(resource.properties, resource.id, resource.origin);
}

export function nameOf(given: string | NotKnown): string {
  return isNotKnown(given) ? given.name.replaceAll(/\s+/g, " ") : given;
}

/** What an id may be: itself, or each branch of a condition that is not settled, with why. */
export function idsOf(given: string | NotKnown): readonly { readonly id: string; readonly why?: string }[] {
  if (!isNotKnown(given)) return [{ id: given }];
  const ids = given.may.flatMap((one) => (one.kind === "text" ? [one.text] : []));
  return (ids.length === 0 ? [nameOf(given)] : ids).map((id) => ({ id, why: given.why }));
}

/** Resources by what they belong to; where that is open, with each that it may be, and uncertain. */
export function byOwner(
  resources: readonly Resource[],
  owner: (fields: Fields) => string | NotKnown,
): Map<string, Resource[]> {
  const found = new Map<string, Resource[]>();
  for (const resource of resources) {
    for (const { id, why } of idsOf(owner(fieldsOf(resource)))) {
      const one =
        why === undefined || resource.uncertain !== undefined ? resource : { ...resource, uncertain: why };
      found.set(id, [...(found.get(id) ?? []), one]);
    }
  }
  return found;
}

/** Tags as AWS's exports have them; a value that is not known is left out. */
export function tagsOf(fields: Fields): Json {
  return fields.maps("Tags").flatMap((tag) => {
    if (isNotKnown(tag)) return [];
    const key = known(tag.text("Key"));
    return key === undefined ? [] : [{ Key: key, Value: known(tag.text("Value")) ?? "" }];
  });
}

/** The first reason why one of several things is not known. */
export function whyOpen(...parts: readonly unknown[]): string | undefined {
  return parts.find((part) => isNotKnown(part))?.why;
}
