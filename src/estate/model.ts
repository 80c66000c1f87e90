// The estate: everything that was read, as places and the ways between them. Vendor-neutral data; readers build it,
// questions read it. Ids are unique in an estate; a reader makes them so.
import type { HostFirewall } from "../layers/host/model.ts";
import type { NetworkAcl } from "../layers/nacl/model.ts";
import type { NetworkPolicy } from "../layers/network-policy/model.ts";
import type { PacketFilter } from "../layers/packet-filter/model.ts";
import type { SecurityGroup } from "../layers/security-group/model.ts";
import type { Address, Prefix } from "../packet/address.ts";
import type { AddressSet } from "../packet/address-set.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Origin, Unknown } from "../problem.ts";
import type { EstateSettings } from "./settings.ts";

export type Tags = Readonly<Record<string, string>>;

/** What every place has: an id (the vendor's), a name for people, tags, and where it was written. */
export interface Place {
  readonly id: string;
  /** The `Name` tag or the name in the file; the id where there is none. */
  readonly name: string;
  readonly tags: Tags;
  readonly origin: Origin;
}

/** A VPC, a Kubernetes cluster's pod network, a hand-drawn network. */
export interface Network extends Place {
  readonly kind: "vpc" | "cluster" | "network";
  readonly prefixes: readonly Prefix[];
  readonly account?: string;
  readonly region?: string;
}

export interface Subnet extends Place {
  readonly network: string;
  readonly prefixes: readonly Prefix[];
  /** Absent: only the network's own addresses are reachable, which is a finding of its own. */
  readonly routeTable?: string;
  readonly networkAcl?: string;
  /** Packet filters at the subnet's edge, outermost first. */
  readonly packetFilters: readonly string[];
  readonly zone?: string;
}

/** Why an interface is there. `other`: something of the vendor's that Ringwall does not model further. */
export type InterfaceKind =
  | "instance"
  | "pod"
  | "load-balancer"
  | "database"
  | "nat-gateway"
  | "vpc-endpoint"
  | "transit-gateway"
  | "other";

export interface InterfaceAddress {
  readonly address: Address;
  /** The public IPv4 address that the internet gateway exchanges with it, one to one. IPv6 addresses are their own. */
  readonly public?: Address;
  /** Made up by the reader, since the input has none (a Deployment's pods): never shown to people. */
  readonly synthetic?: boolean;
}

export interface Interface extends Place {
  readonly kind: InterfaceKind;
  readonly subnet: string;
  /** The first is the primary one. */
  readonly addresses: readonly InterfaceAddress[];
  readonly securityGroups: readonly string[];
  /** Whether it refuses packets that are not its own (AWS source/destination check). */
  readonly sourceDestinationCheck: boolean;
  /** The host, load balancer, gateway … that owns it. */
  readonly owner?: string;
  /** Its name inside the host: `eth0`. */
  readonly device?: string;
}

/** A machine: an instance, a server, a pod's node. */
export interface Host extends Place {
  readonly kind: "instance" | "database" | "host" | "pod";
  readonly interfaces: readonly string[];
  readonly firewall?: HostFirewall;
  /** Which ephemeral ports its clients use. */
  readonly system?: "linux" | "windows";
  /** False where the export says that it is stopped: nothing answers there. */
  readonly running: boolean;
  /** Ports that something listens on, where that is known (loopback only: `local`). */
  readonly listens?: readonly Listener[];
}

export interface Listener {
  readonly protocol: number;
  readonly port: number;
  readonly local: boolean;
  readonly origin: Origin;
}

export type RouteTarget =
  /** Straight to the address inside the network. */
  | { readonly kind: "local" }
  | { readonly kind: "gateway"; readonly id: string }
  /** A machine that forwards: NAT instance, appliance. */
  | { readonly kind: "interface"; readonly id: string }
  | { readonly kind: "blackhole" }
  /** A target that Ringwall does not know or that was not exported. */
  | { readonly kind: "unknown"; readonly what: string };

export interface Route {
  readonly destination: AddressSet;
  /** Longest prefix wins; a prefix list's routes count with each prefix's own length. */
  readonly prefixes: readonly Prefix[];
  readonly target: RouteTarget;
  /** Learnt (BGP, TGW propagation): loses to a static route of the same length. */
  readonly propagated: boolean;
  readonly origin: Origin;
  readonly text: string;
}

export interface RouteTable extends Place {
  readonly network: string;
  readonly routes: readonly Route[];
  readonly main: boolean;
}

export type Gateway =
  | (Place & { readonly kind: "internet"; readonly networks: readonly string[] })
  | (Place & { readonly kind: "egress-only"; readonly networks: readonly string[] })
  | (Place & {
      readonly kind: "nat";
      readonly subnet: string;
      readonly interface?: string;
      readonly privateAddress?: Address;
      /** Absent: a private NAT gateway, which keeps to private networks. */
      readonly publicAddress?: Address;
    })
  | (Place & {
      readonly kind: "peering";
      readonly requester: string;
      readonly accepter: string;
      readonly active: boolean;
    })
  | (Place & {
      readonly kind: "transit";
      readonly attachments: readonly TransitAttachment[];
      readonly routeTables: readonly TransitRouteTable[];
    })
  /** A gateway endpoint (S3, DynamoDB) or an interface endpoint's service. */
  | (Place & {
      readonly kind: "vpc-endpoint";
      readonly network: string;
      readonly service: string;
      readonly prefixes: AddressSet;
    })
  /** VPN, Direct Connect, customer network: packets leave what was read. */
  | (Place & { readonly kind: "private"; readonly networks: readonly string[] });

export interface TransitAttachment extends Place {
  /** A VPC (network id) with the subnets that its interfaces stand in; or something else, named. */
  readonly network?: string;
  readonly subnets: readonly string[];
  readonly routeTable?: string;
}

export interface TransitRouteTable extends Place {
  readonly routes: readonly {
    readonly prefix: Prefix;
    readonly attachment?: string;
    readonly blackhole: boolean;
    /** Whether the route is there, or for these addresses, can't be told from what was read: in words, why. */
    readonly uncertain?: string;
    readonly propagated: boolean;
    readonly origin: Origin;
    readonly text: string;
  }[];
}

export interface LoadBalancer extends Place {
  readonly kind: "application" | "network" | "gateway" | "classic" | "service";
  readonly interfaces: readonly string[];
  readonly internetFacing: boolean;
  readonly listeners: readonly LoadBalancerListener[];
  /** Network load balancers may keep the client's address; the others connect from their own. */
  readonly preservesClient: boolean;
}

export interface LoadBalancerListener {
  readonly protocol: number;
  readonly ports: NumberSet;
  readonly targets: readonly {
    readonly interface?: string;
    readonly address?: Address;
    readonly port?: number;
    readonly healthy?: boolean;
    /** Where targets may differ in it (AWS target groups): counts before the balancer's own `preservesClient`. */
    readonly preservesClient?: boolean;
  }[];
  /** Whether the listener is there, or what stands behind it, can't be told from what was read: in words, why. */
  readonly uncertain?: string;
  readonly origin: Origin;
  readonly text: string;
}

export interface PrefixList extends Place {
  readonly set: AddressSet;
}

/** A name that a person gave to addresses: `office`, `partner`. */
export interface NamedAddresses extends Place {
  readonly set: AddressSet;
}

export interface Estate {
  readonly name: string;
  readonly networks: ReadonlyMap<string, Network>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly interfaces: ReadonlyMap<string, Interface>;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
  readonly networkAcls: ReadonlyMap<string, NetworkAcl>;
  readonly packetFilters: ReadonlyMap<string, PacketFilter>;
  readonly routeTables: ReadonlyMap<string, RouteTable>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly loadBalancers: ReadonlyMap<string, LoadBalancer>;
  readonly prefixLists: ReadonlyMap<string, PrefixList>;
  readonly names: ReadonlyMap<string, NamedAddresses>;
  readonly policies: readonly NetworkPolicy[];
  /** Tiers and how to lint: from `ringwall.yaml`. */
  readonly settings?: EstateSettings;
  readonly unknowns: readonly Unknown[];
  /** The files that it was read from. */
  readonly sources: readonly string[];
}

/** What a reader hands over: any part of an estate; parts of several readers are merged in merge.ts. */
export type EstatePart = Partial<Omit<Estate, "name">>;
