// “Who reaches whom with this service, through this firewall?”: parts all addresses into classes that the firewall treats
// alike, and says between which of them the service is let through.
import type { HookChain } from "../layers/host/hooks.ts";
import type { HostFirewall, Hook } from "../layers/host/model.ts";
import { lowestAddress } from "../packet/address-set.ts";
import { ACK, FIN, RST, SYN } from "../packet/packet.ts";
import { TCP } from "../packet/protocol.ts";
import type { Bounds } from "../rules/symbolic/bounds.ts";
import type { Field, PacketSet, Space } from "../space/space.ts";
import { assigned, filterChains, knownAt, passing, spaceFor } from "./matrix/passing.ts";
import { partition } from "./matrix/partition.ts";
import type { AddressClass, Assignment, MatrixEdge, Service, ServiceMatrix } from "./matrix/model.ts";

export type * from "./matrix/model.ts";

/** What a matrix does not tell apart. */
const otherFields: readonly Field[] = [
  "protocol",
  "source-port",
  "destination-port",
  "icmp-type",
  "icmp-code",
  "tcp-flags",
  "fragment",
  "state",
  "in-interface",
  "out-interface",
  "mark",
  "connection-mark",
  "source-endpoint",
  "destination-endpoint",
];

/**
 * One matrix for each service, by the filtering chains of a hook. Marks and, but for the assignment, interfaces may be
 * anything: an edge is `allowed` where the packet gets through whichever they are. Services of one family share a walk.
 *
 * @param assignment which addresses come by which interface; absent: any by any
 * @throws Problem `limit` where the sets outgrow their bound
 * @example serviceMatrices(firewall, "forward", [{ family: 4, protocol: TCP, destinationPort: 22 }])
 */
export function serviceMatrices(
  firewall: HostFirewall,
  hook: Hook,
  services: readonly Service[],
  assignment: Assignment = [],
): readonly ServiceMatrix[] {
  const made = new Map<Service, ServiceMatrix>();
  for (const family of [4, 6] as const) {
    const asked = services.filter((service) => service.family === family);
    if (asked.length === 0) continue;
    const filters = filterChains(firewall, hook, family);
    for (const [service, matrix] of matricesOf(firewall, filters, asked, assignment))
      made.set(service, matrix);
  }
  return services.flatMap((service) => made.get(service) ?? []);
}

function matricesOf(
  firewall: HostFirewall,
  filters: readonly HookChain[],
  services: readonly Service[],
  assignment: Assignment,
): readonly (readonly [Service, ServiceMatrix])[] {
  const space = spaceFor(`service matrix of ${firewall.name}`, filters, assignment);
  const consistent = assigned(space, assignment);
  const asked = services.map((service) => space.and(consistent, serviceSet(space, service)));
  const through = passing(space, filters, space.unionOf(asked), knownAt(firewall));
  return services.map((service, at) => [service, matrixOf(space, service, asked[at] ?? space.none, through)]);
}

/** The packets of a service, in every view. */
export function serviceSet(space: Space, service: Service): PacketSet {
  const { family, protocol, sourcePort, destinationPort, state = "new" } = service;
  const parts = [
    space.family(family),
    space.number("protocol", [protocol, protocol]),
    space.fragment(["whole"]),
    space.state([state]),
  ];
  if (sourcePort !== undefined) parts.push(space.number("source-port", [sourcePort, sourcePort]));
  if (destinationPort !== undefined)
    parts.push(space.number("destination-port", [destinationPort, destinationPort]));
  if (protocol === TCP && state === "new") parts.push(space.tcpFlags(SYN | ACK | FIN | RST, SYN));
  return space.intersectionOf(parts);
}

function matrixOf(space: Space, service: Service, asked: PacketSet, through: Bounds): ServiceMatrix {
  const may = space.forget(space.and(asked, through.may), otherFields);
  const refused = space.forget(space.minus(asked, through.must), otherFields);
  const must = space.minus(may, refused);
  const sets = partition(space, [may, must], service.family);
  const classes = sets
    .flatMap((addresses): AddressClass[] => {
      const representative = lowestAddress(addresses);
      return representative === undefined ? [] : [{ addresses, representative }];
    })
    .toSorted((a, b) => (a.representative.value < b.representative.value ? -1 : 1));
  return { service, classes, edges: edgesOf(space, classes, may, must) };
}

function edgesOf(
  space: Space,
  classes: readonly AddressClass[],
  may: PacketSet,
  must: PacketSet,
): readonly MatrixEdge[] {
  return classes.flatMap(({ representative: sender }, from) => {
    const mayReach = space.at(may, "source", sender);
    const mustReach = space.at(must, "source", sender);
    return classes.flatMap(({ representative: receiver }, to): MatrixEdge[] => {
      if (space.isEmpty(space.at(mayReach, "destination", receiver))) return [];
      const certain = !space.isEmpty(space.at(mustReach, "destination", receiver));
      return [{ from, to, verdict: certain ? "allowed" : "depends" }];
    });
  });
}
