// RW108: a way in around the perimeter: a machine that the internet reaches past the packet filters that guard the rest of
// its network, or past the load balancer that stands in front of it.
import type { Interface, LoadBalancer } from "../../../../estate/model.ts";
import { anyPort, TCP, UDP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { editInterface } from "../../edits.ts";
import { facesInternet } from "../../facing.ts";
import type { Check, Finding, Remedy } from "../../model.ts";
import { isWorldwide, machineName, namesOf, openingsTo, type Opening } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";

export const sideDoor: Check = {
  number: "RW108",
  name: "side-door",
  title: "A way in around the perimeter",
  severity: "high",
  why:
    "A perimeter guards only what passes through it. A public address or a route beside it is a door that its rules, its logs " +
    "and its inspection never see, and from that machine the rest of the network is near.",
  references: [
    { title: "NIST SP 800-41 Rev. 1, 3 (firewalls and network architectures)" },
    {
      title: "AWS Well-Architected, SEC05-BP01 (create network layers)",
      url: "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_network_protection_create_layers.html",
    },
  ],
  *run(context) {
    yield* aroundFilters(context);
    yield* aroundBalancers(context);
  },
};

function* aroundFilters(context: Context): Iterable<Finding> {
  const { index } = context;
  for (const { first, members } of context.classes()) {
    const subnet = index.subnetOf(first);
    if (subnet === undefined || subnet.packetFilters.length > 0) continue;
    const guarded = index.subnetsOf(subnet.network).find((other) => other.packetFilters.length > 0);
    if (guarded === undefined) continue;
    const opening = worldOpening(context, first, anyPort);
    if (opening === undefined) continue;
    yield {
      subject: { kind: "interface", id: first.id, name: first.name },
      title: `the internet reaches ${namesOf(context, members)} past ${guarded.packetFilters.join(", ")}, which guards ${guarded.name}`,
      origins: [first.origin, subnet.origin],
      witness: {
        packet: exampleOf(opening.packet),
        seen: `it gets to ${machineName(context, first)} by subnet ${subnet.name}, where no packet filter stands`,
      },
      remedy: {
        text: `take the public address away from ${namesOf(context, members)} (or the route to the internet from ${subnet.name}), or put ${guarded.packetFilters.join(", ")} onto ${subnet.name}, too`,
        ...withoutPublic(members),
      },
    };
  }
}

function* aroundBalancers(context: Context): Iterable<Finding> {
  for (const balancer of context.estate.loadBalancers.values()) {
    // One that keeps the client's address needs targets that let the world in: its groups can't tell.
    if (balancer.preservesClient || balancer.kind === "service") continue;
    if (!balancer.interfaces.some((id) => facing(context, id))) continue;
    for (const [place, port] of targetsOf(context, balancer)) {
      const opening = worldOpening(context, place, [port, port]);
      if (opening === undefined) continue;
      yield {
        subject: { kind: "interface", id: place.id, name: place.name, part: `port ${port}` },
        severity: "medium",
        title: `the internet reaches ${machineName(context, place)} on port ${port} past ${balancer.name}, which stands in front of it`,
        origins: [place.origin, balancer.origin],
        witness: {
          packet: exampleOf(opening.packet),
          seen: `it gets to ${machineName(context, place)} without the load balancer, and what the balancer checks is not checked`,
        },
        remedy: {
          text: `let ${machineName(context, place)} be reached on port ${port} from the group of ${balancer.name} alone, or take its public address away`,
          ...withoutPublic([place]),
        },
      };
    }
  }
}

function facing(context: Context, id: string): boolean {
  const place = context.estate.interfaces.get(id);
  return place !== undefined && facesInternet(context, place);
}

function targetsOf(context: Context, balancer: LoadBalancer): readonly (readonly [Interface, number])[] {
  const targets = balancer.listeners.flatMap((listener) =>
    listener.targets.flatMap((target) => {
      const place =
        target.interface === undefined ? undefined : context.estate.interfaces.get(target.interface);
      const port = target.port ?? listener.ports[0];
      return place === undefined || port === undefined ? [] : [[place, port] as const];
    }),
  );
  return [
    ...new Map(targets.map(([place, port]) => [`${place.id} ${port}`, [place, port] as const])).values(),
  ];
}

function worldOpening(context: Context, place: Interface, ports: readonly number[]): Opening | undefined {
  for (const protocol of [TCP, UDP])
    for (const family of [4, 6] as const) {
      const opening = openingsTo(context, "internet", place, { protocol, ports, family }).find(
        ({ packet, certain }) => certain && isWorldwide(packet.source),
      );
      if (opening !== undefined) return opening;
    }
  return undefined;
}

/** The public addresses gone; IPv6 has none to take away, and there only a person can choose. */
function withoutPublic(members: readonly Interface[]): Pick<Remedy, "edit" | "unchecked"> {
  if (members.some((place) => place.addresses.some((item) => item.address.family === 6)))
    return {
      unchecked: "over IPv6 a machine has no other address; which rule to change is for a person to choose",
    };
  return {
    edit: (estate) =>
      members.reduce(
        (sofar, place) =>
          editInterface(place.id, (old) => ({
            ...old,
            addresses: old.addresses.map(({ public: _public, ...address }) => address),
          }))(sofar),
        estate,
      ),
  };
}
