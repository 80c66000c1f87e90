// A Linux host's netfilter as it was exported: tables, their chains and the hooks they stand at; and what the host
// knows of itself: interfaces with their addresses, and routes. Data only.
import type { Address, Prefix } from "../../packet/address.ts";
import type { Origin, Unknown } from "../../problem.ts";
import type { Chain } from "../../rules/rule.ts";

export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** A base chain's place: lower priorities run first. Conntrack sits at −200, destination NAT at −100, filter at 0, source NAT at 100. */
export interface BaseChain {
  readonly chain: string;
  readonly hook: Hook;
  readonly priority: number;
  readonly type: "filter" | "nat" | "route";
}

export interface Table {
  readonly engine: "iptables" | "nftables";
  readonly family: "ip" | "ip6" | "inet";
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly bases: readonly BaseChain[];
  readonly origin: Origin;
}

export interface LocalAddress {
  readonly device: string;
  readonly address: Address;
  readonly length: number;
  readonly origin: Origin;
}

export interface HostRoute {
  readonly destination: Prefix;
  readonly device?: string;
  readonly via?: Address;
  /** What the kernel's table says it is: `unicast` goes on, `local` is this host, the others refuse. */
  readonly type: "unicast" | "local" | "broadcast" | "blackhole" | "unreachable" | "prohibit";
  readonly metric: number;
  readonly origin: Origin;
}

export interface HostFirewall {
  readonly name: string;
  readonly tables: readonly Table[];
  /** Empty where nothing said what the host's addresses are: `ip addr` was not exported. */
  readonly addresses: readonly LocalAddress[];
  readonly routes: readonly HostRoute[];
  readonly unknowns: readonly Unknown[];
  readonly origin: Origin;
}
