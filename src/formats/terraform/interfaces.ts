// Interfaces of everything that has them: each kind of resource says here what its interfaces will be like, and once all
// have spoken they are written, with made-up addresses for those that AWS gives out only when they are made.
import { parsePrefix } from "../../packet/address.ts";
import type { Origin } from "../../problem.ts";
import { defaultGroupId } from "../aws/planned/defaults.ts";
import type { Written } from "../aws/planned/draft.ts";
import { madeUpKey } from "../aws/planned/marks.ts";
import type { Networks, PlannedSubnet } from "./networks.ts";
import type { MeantList, Plan } from "./plan.ts";
import { given } from "./written.ts";

/** A public IPv4 address that is sure to be there, be it known yet or not. */
export interface PublicAddress {
  readonly known: string | undefined;
}

/** An interface that will be. */
export interface PlannedInterface {
  readonly id: string;
  /** What its made-up addresses go by. */
  readonly name: string;
  readonly subnet: string;
  /** Undefined: the kind has none (NAT gateways). Where none is named, the VPC's own group. */
  readonly groups: MeantList | undefined;
  /** The addresses that are known, the primary one first; none: one is made up. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** How many IPv6 addresses it gets that are not known. */
  readonly moreIpv6: number;
  /** A public IPv4 address: known, sure to be there and not known, or none. */
  readonly public: PublicAddress | undefined;
  readonly description?: string;
  readonly instance?: { readonly id: string; readonly index: number };
  readonly sourceDestinationCheck: boolean;
  readonly tags: Written;
  readonly origin: Origin;
}

export class Interfaces {
  readonly #planned = new Map<string, PlannedInterface>();
  readonly #byInstance = new Map<string, Set<string>>();
  readonly #extraGroups = new Map<string, string[]>();
  readonly #publics = new Map<string, { readonly address: PublicAddress; readonly inside?: string }>();
  readonly #addresses = new Map<string, string>();
  readonly #shown = new Map<string, Written>();

  add(one: PlannedInterface): void {
    this.#planned.set(one.id, one);
    if (one.instance !== undefined) this.#note(one.instance.id, one.id);
  }

  #note(instance: string, id: string): void {
    const own = this.#byInstance.get(instance);
    if (own === undefined) this.#byInstance.set(instance, new Set([id]));
    else own.add(id);
  }

  has(id: string): boolean {
    return this.#planned.has(id);
  }

  /** The first interface of an instance, whatever resource made it. */
  ofInstance(instance: string): string | undefined {
    return [...(this.#byInstance.get(instance) ?? [])]
      .flatMap((id) => this.#planned.get(id) ?? [])
      .toSorted((a, b) => (a.instance?.index ?? 0) - (b.instance?.index ?? 0))[0]?.id;
  }

  attach(id: string, instance: string, index: number): void {
    const one = this.#planned.get(id);
    if (one === undefined) return;
    this.#planned.set(id, { ...one, instance: { id: instance, index } });
    this.#note(instance, id);
  }

  addGroup(id: string, group: string): void {
    this.#extraGroups.set(id, [...(this.#extraGroups.get(id) ?? []), group]);
  }

  /** An elastic address stands before whatever public address there was. */
  publish(id: string, address: PublicAddress, inside?: string): void {
    this.#publics.set(id, { address, ...(inside === undefined ? {} : { inside }) });
  }

  /** The first address of an interface, once they are written. */
  addressOf(id: string): string | undefined {
    return this.#addresses.get(id);
  }

  /** The public address that stands for an interface, as exports write it, once they are written. */
  shownOf(id: string): Written | undefined {
    return this.#shown.get(id);
  }

  /** Writes all of them down; called once, when every kind has spoken. */
  write(plan: Plan, networks: Networks): void {
    for (const one of this.#planned.values()) {
      for (const address of [...one.ipv4, ...one.ipv6]) plan.madeUp.take(one.subnet, address);
    }
    for (const one of this.#planned.values()) {
      const subnet = networks.subnets.get(one.subnet);
      const ipv4 = this.#ipv4(plan, one, subnet);
      const ipv6 = ipv6Of(plan, one, subnet);
      plan.draft.add(
        "NetworkInterfaces",
        {
          NetworkInterfaceId: one.id,
          SubnetId: one.subnet,
          ...given("VpcId", subnet?.vpc),
          ...given("AvailabilityZone", subnet?.zone),
          ...given("Description", one.description),
          ...one.tags,
          Groups: this.#groups(plan, one, subnet).map((GroupId) => ({ GroupId })),
          PrivateIpAddresses: ipv4,
          Ipv6Addresses: ipv6,
          SourceDestCheck: one.sourceDestinationCheck,
          ...given(
            "Attachment",
            one.instance === undefined
              ? undefined
              : { InstanceId: one.instance.id, DeviceIndex: one.instance.index },
          ),
        },
        { ...one.origin, id: one.id },
      );
    }
  }

  #groups(plan: Plan, one: PlannedInterface, subnet: PlannedSubnet | undefined): string[] {
    const extra = this.#extraGroups.get(one.id) ?? [];
    if (one.groups === undefined) return extra;
    const { ids, open, written } = one.groups;
    if (open !== undefined) {
      plan.unknown(
        one.origin,
        open,
        "what it may send and receive is not known: further groups may let more pass",
      );
    }
    const named = [...new Set([...ids, ...extra])];
    if (open !== undefined) return [...named, `groups of ${one.name} that are not known`];
    if (named.length > 0 || written) return named;
    return subnet?.vpc === undefined ? [] : [plan.known(defaultGroupId(subnet.vpc), ["group"])];
  }

  #ipv4(plan: Plan, one: PlannedInterface, subnet: PlannedSubnet | undefined): Written[] {
    const elastic = this.#publics.get(one.id);
    const own = elastic?.address ?? one.public;
    const known = one.ipv4.map((PrivateIpAddress): Written => ({ PrivateIpAddress }));
    const addresses = known.length > 0 ? known : madeUpIn(plan, one, subnet?.prefix, "PrivateIpAddress");
    const [first] = addresses;
    if (first === undefined) return [];
    const { PrivateIpAddress: primary } = first;
    if (typeof primary === "string") this.#addresses.set(one.id, primary);
    const holder = addresses.find((address) => address["PrivateIpAddress"] === elastic?.inside) ?? first;
    const association = own === undefined ? undefined : associationOf(plan, one, own);
    if (association !== undefined) this.#shown.set(one.id, association);
    return addresses.map((address) => ({
      ...address,
      Primary: address === first,
      ...(address === holder ? given("Association", association) : {}),
    }));
  }
}

function associationOf(plan: Plan, one: PlannedInterface, own: PublicAddress): Written | undefined {
  if (own.known !== undefined) return { PublicIp: own.known };
  const PublicIp = plan.madeUp.public();
  if (PublicIp !== undefined) return { PublicIp, [madeUpKey]: `${one.name}'s public address` };
  plan.unknown(
    one.origin,
    `${one.name} gets a public address that is not known, one of more than can be stood for`,
    "read without it: from the internet it is not reached here",
  );
  return undefined;
}

function madeUpIn(
  plan: Plan,
  one: PlannedInterface,
  prefix: string | undefined,
  key: "PrivateIpAddress" | "Ipv6Address",
): Written[] {
  const parsed = prefix === undefined ? undefined : parsePrefix(prefix);
  const address = parsed === undefined ? undefined : plan.madeUp.inside(one.subnet, parsed);
  return address === undefined ? [] : [{ [key]: address, [madeUpKey]: one.name }];
}

function ipv6Of(plan: Plan, one: PlannedInterface, subnet: PlannedSubnet | undefined): Written[] {
  const known = one.ipv6.map((Ipv6Address): Written => ({ Ipv6Address }));
  const more = Array.from({ length: Math.min(one.moreIpv6, 8) }, () =>
    madeUpIn(plan, one, subnet?.ipv6, "Ipv6Address"),
  );
  return [...known, ...more.flat()];
}
