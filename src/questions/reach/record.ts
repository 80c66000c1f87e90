// Rings that decide nothing and are noted: a walk with them is the way alone, by routes and gateways, and the list of the
// rings that stand on it.
import type { Rings } from "../../estate/walk/passage.ts";
import type { Host, Interface, LoadBalancer, Subnet } from "../../estate/model.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import type { NetworkAcl } from "../../layers/nacl/model.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import type { Direction } from "../../layers/ports.ts";
import type { Packet } from "../../packet/packet.ts";

export type Stop =
  | {
      readonly kind: "network-acl";
      readonly subnet: Subnet;
      readonly acl: NetworkAcl;
      readonly direction: Direction;
    }
  | {
      readonly kind: "packet-filter";
      readonly subnet: Subnet;
      readonly filter: PacketFilter;
      readonly direction: Direction;
    }
  | { readonly kind: "security-groups"; readonly place: Interface; readonly direction: Direction }
  | { readonly kind: "network-policies"; readonly place: Interface; readonly direction: Direction }
  | {
      readonly kind: "host";
      readonly machine: Host;
      readonly firewall: HostFirewall;
      readonly place: Interface;
      readonly way: "in" | "out" | "forward";
    }
  | { readonly kind: "listening"; readonly balancer: LoadBalancer }
  | { readonly kind: "answers"; readonly machine: Host; readonly place: Interface };

export interface Noted {
  readonly stop: Stop;
  readonly isReply: boolean;
  /** The packet as it stood there, after the rewriting so far. */
  readonly packet: Packet;
}

/** Rings that add to a list. One list for each walk there and back. */
export function recordingRings(noted: Noted[]): Rings {
  const note =
    (stop: Stop) =>
    (passage: Parameters<Rings["listening"]>[0]): void => {
      noted.push({ stop, isReply: passage.walk.isReply, packet: passage.packet });
    };
  return {
    networkAcl: (passage, subnet, acl, direction) =>
      note({ kind: "network-acl", subnet, acl, direction })(passage),
    packetFilter: (passage, subnet, filter, direction) =>
      note({ kind: "packet-filter", subnet, filter, direction })(passage),
    securityGroups: (passage, place, direction) =>
      note({ kind: "security-groups", place, direction })(passage),
    networkPolicies: (passage, place, direction) =>
      note({ kind: "network-policies", place, direction })(passage),
    host: (passage, machine, firewall, place, way) =>
      note({ kind: "host", machine, firewall, place, way })(passage),
    listening: (passage, balancer) => note({ kind: "listening", balancer })(passage),
    answers: (passage, machine, place) => note({ kind: "answers", machine, place })(passage),
  };
}
