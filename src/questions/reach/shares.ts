// What each ring on a pair's way lets through by itself, and by which rules: so that “the group allows 22, the network ACL
// refuses it” can be read off. Made only when somebody asks.
import { interfaceName, placeName } from "../../estate/estate-index.ts";
import { subnetName } from "../../estate/walk/passage.ts";
import type { LayerKind } from "../../rules/step.ts";
import type { PacketSet } from "../../space/space.ts";
import { placeAt, subnetAt, type Asker, type Pair } from "./asker.ts";
import type { FlowSet, RingShare } from "./model.ts";
import type { Crossing, Way } from "./ways.ts";

export function ringShares(
  asker: Asker,
  way: Way,
  pair: Pair,
  asFlows: (set: PacketSet) => FlowSet,
): RingShare[] {
  const { space } = asker;
  return [...way.there, ...(way.returns ? way.back : [])].map((crossing) => {
    const { must, may } = asker.lets(crossing, pair);
    const lets = space.and(must, pair.flows);
    const why = reason(crossing);
    return {
      leg: crossing.isReply ? "reply" : "forward",
      ...namesOf(asker, crossing, pair),
      lets: asFlows(lets),
      perhaps: asFlows(space.minus(space.and(may, pair.flows), lets)),
      rules: asker.rules(crossing, pair),
      ...(why === undefined ? {} : { why }),
    };
  });
}

function reason({ stop, remembers }: Crossing): string | undefined {
  if (remembers && stop.kind !== "host") return "replies of what it let through pass";
  return stop.kind === "answers" ? "whether a program listens" : undefined;
}

function namesOf(
  { index }: Asker,
  crossing: Crossing,
  pair: Pair,
): { readonly layer: LayerKind; readonly place: string; readonly ring: string } {
  const { stop } = crossing;
  const owner = placeAt(crossing.place, pair);
  const subnet = subnetAt(index, crossing.subnet, pair);
  const ownerName = owner === undefined ? "" : interfaceName(index, owner);
  switch (stop.kind) {
    case "security-groups": {
      const groups = owner === undefined ? [] : index.ringOf(owner).groups;
      const names = groups.map((group) => group.name).join(", ");
      return { layer: "security-group", place: ownerName, ring: `${names} ${stop.direction}` };
    }
    case "network-acl": {
      const acl =
        subnet?.networkAcl === undefined ? undefined : index.estate.networkAcls.get(subnet.networkAcl);
      return {
        layer: "nacl",
        place: subnet === undefined ? "" : subnetName(subnet),
        ring: `${(acl ?? stop.acl).name} ${stop.direction}`,
      };
    }
    case "packet-filter":
      return {
        layer: "packet-filter",
        place: subnet === undefined ? "" : subnetName(subnet),
        ring: `${stop.filter.name} ${stop.direction}`,
      };
    case "network-policies":
      return {
        layer: "network-policy",
        place: ownerName,
        ring: `policies ${stop.direction === "inbound" ? "ingress" : "egress"}`,
      };
    case "host":
      return {
        layer: "host",
        place: stop.machine.name,
        ring:
          stop.way === "in"
            ? "netfilter input"
            : stop.way === "out"
              ? "netfilter output"
              : "netfilter forward",
      };
    case "listening":
      return { layer: "load-balancer", place: placeName(stop.balancer), ring: "listeners" };
    case "answers":
      return { layer: "endpoint", place: ownerName, ring: "application" };
  }
}
