// Network interfaces of everything that has one. They are collected first, so that made-up addresses keep clear of the
// written ones, and written out at the end.
import { madeUpKey } from "../../aws/planned/marks.ts";
import type { Written } from "../../aws/planned/draft.ts";
import type { Json } from "../../json.ts";
import { formatAddress, parseAddress, type Family } from "../../../packet/address.ts";
import type { Origin } from "../../../problem.ts";
import type { Plan, PlannedSubnet } from "../plan.ts";

export interface PublicAddress {
  readonly address: string;
  /** What it goes by, since nobody has it yet. */
  readonly name: string;
}

export interface PlannedInterface {
  readonly id: string;
  readonly origin: Origin;
  readonly subnet: PlannedSubnet;
  readonly groups: readonly string[];
  /** What its addresses go by where they are made up. */
  readonly name: string;
  /** Each written address, and undefined for each that AWS will choose; the first is the primary one. */
  readonly ipv4: readonly (string | undefined)[];
  readonly ipv6: readonly (string | undefined)[];
  /** Stands for the first IPv4 address outside. */
  readonly public: PublicAddress | undefined;
  readonly description: string;
  readonly check: boolean;
  readonly instance?: string;
  readonly deviceIndex?: number;
  readonly tags?: Json;
  /** Is told the IPv4 addresses once they are chosen. */
  readonly settled?: (addresses: readonly string[]) => void;
}

export class PlannedInterfaces {
  readonly #plan: Plan;
  readonly #all: PlannedInterface[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  add(planned: PlannedInterface): void {
    for (const written of [...planned.ipv4, ...planned.ipv6]) {
      const address = written === undefined ? undefined : parseAddress(written);
      if (address !== undefined) this.#plan.addresses.take(planned.subnet.id, formatAddress(address));
    }
    this.#all.push(planned);
  }

  /** A made-up public address; none, and noted, where there are too many. */
  publicAddress(name: string, origin: Origin): PublicAddress | undefined {
    const address = this.#plan.addresses.public();
    if (address !== undefined) return { address, name };
    this.#plan.unknown(origin, name, "there are too many to make up: it is left out");
    return undefined;
  }

  write(): void {
    for (const planned of this.#all) {
      const ipv4 = this.#addresses(planned, planned.ipv4, 4);
      const ipv6 = this.#addresses(planned, planned.ipv6, 6);
      const [first] = ipv4;
      this.#plan.draft.add(
        "NetworkInterfaces",
        {
          NetworkInterfaceId: planned.id,
          SubnetId: planned.subnet.id,
          VpcId: planned.subnet.network,
          Description: planned.description,
          Groups: planned.groups.map((group) => ({ GroupId: group })),
          SourceDestCheck: planned.check,
          PrivateIpAddresses: ipv4.map((written, at) => ({
            PrivateIpAddress: written.address,
            Primary: at === 0,
            ...written.mark,
            ...(written === first ? association(planned.public) : {}),
          })),
          Ipv6Addresses: ipv6.map((written) => ({ Ipv6Address: written.address, ...written.mark })),
          ...(planned.instance === undefined
            ? {}
            : { Attachment: { InstanceId: planned.instance, DeviceIndex: planned.deviceIndex ?? 0 } }),
          Tags: planned.tags ?? [],
        },
        { ...planned.origin, id: planned.id },
      );
      planned.settled?.(ipv4.map((written) => written.address));
    }
  }

  #addresses(
    planned: PlannedInterface,
    wanted: readonly (string | undefined)[],
    family: Family,
  ): { readonly address: string; readonly mark: Written }[] {
    const prefix = planned.subnet.prefixes.find((one) => one.family === family);
    return wanted.flatMap((written) => {
      if (written !== undefined) return [{ address: written, mark: {} }];
      const address =
        prefix === undefined ? undefined : this.#plan.addresses.inside(planned.subnet.id, prefix);
      return address === undefined ? [] : [{ address, mark: { [madeUpKey]: planned.name } }];
    });
  }
}

function association(shown: PublicAddress | undefined): Written {
  return shown === undefined ? {} : { Association: { PublicIp: shown.address, [madeUpKey]: shown.name } };
}
