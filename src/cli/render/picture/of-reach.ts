// A reach answer as a picture: classes stand in their subnets and networks, what is outside stands on both sides, as who
// asks on the left and as who is asked on the right.
import { indexOf, type EstateIndex } from "../../../estate/estate-index.ts";
import type { Estate, InterfaceKind } from "../../../estate/model.ts";
import type { EndClass, PairReach, Reach } from "../../../questions/reach/model.ts";
import { flowTexts } from "../../../questions/reach/service-text.ts";
import { countText } from "../reach-text.ts";
import { isMinor, reachRows, type ReachRow } from "../reach-rows.ts";
import { endName } from "../end-name.ts";
import { folded } from "./fold.ts";
import type { NodeKind, Picture, PictureEdge, PictureGroup, PictureNode } from "./picture.ts";

/** As many lines as an edge's label has room for. */
const mostLines = 4;

export function pictureOfReach(estate: Estate, reach: Reach): Picture {
  const index = indexOf(estate);
  // What gets nowhere and back is left to the tables: a picture shows ways that work, or may.
  const rows = reachRows(reach).filter((row) => row.kind !== "one-way" && !isMinor(row));
  const nodes = new Map<string, PictureNode>();
  const groups = new Map<string, PictureGroup>();
  for (const { pair } of rows)
    for (const side of ["from", "to"] as const) {
      const node = nodeOf(index, pair, side, groups);
      nodes.set(node.id, node);
    }
  return folded({
    title: `What reaches what in ${estate.name}`,
    caption: countText(reach),
    groups: [...groups.values()],
    nodes: [...nodes.values()],
    edges: edgesOf(rows),
  });
}

/** One edge for both families where they are alike; else each says which it is. */
function edgesOf(rows: readonly ReachRow[]): PictureEdge[] {
  const both = new Set(rows.map((row) => row.pair.family)).size > 1;
  const bySame = Map.groupBy(rows, (row) => {
    const { from, to, services } = edgeOf(row);
    return [from, to, row.kind, ...services].join("\n");
  });
  return [...bySame.values()].flatMap((same) => {
    const [row] = same;
    if (row === undefined) return [];
    const edge = edgeOf(row);
    const only6 = both && same.every(({ pair }) => pair.family === 6);
    return [only6 ? { ...edge, services: edge.services.map((text) => `${text} (IPv6)`) } : edge];
  });
}

function nodeId(end: EndClass, side: "from" | "to"): string {
  // The internet of one family and of the other are one to people.
  return end.kind === "outside" ? `${end.name} ${side}` : end.id;
}

function nodeOf(
  index: EstateIndex,
  pair: PairReach,
  side: "from" | "to",
  groups: Map<string, PictureGroup>,
): PictureNode {
  const end = pair[side];
  const id = nodeId(end, side);
  if (end.kind === "outside") return { id, label: end.name, kind: "outside" };
  const place = index.estate.interfaces.get(end.interfaces[0] ?? "");
  const subnet = place === undefined ? undefined : index.subnetOf(place);
  const network = subnet === undefined ? undefined : index.networkOf(subnet);
  if (network !== undefined) groups.set(network.id, { id: network.id, label: network.name });
  if (subnet !== undefined && network !== undefined && subnet.id !== network.id)
    groups.set(subnet.id, { id: subnet.id, label: subnet.name, parent: network.id });
  const rings = (place?.securityGroups ?? []).flatMap(
    (group) => index.estate.securityGroups.get(group)?.name ?? [],
  );
  return {
    id,
    label: endName(end),
    ...(rings.length === 0 ? {} : { detail: rings.join(", ") }),
    ...(subnet === undefined ? {} : { group: subnet.id }),
    kind: (place === undefined ? undefined : kinds[place.kind]) ?? "other",
  };
}

const kinds: Readonly<Partial<Record<InterfaceKind, NodeKind>>> = {
  instance: "machine",
  pod: "pod",
  "load-balancer": "load-balancer",
  database: "database",
  "nat-gateway": "gateway",
  "vpc-endpoint": "gateway",
  "transit-gateway": "gateway",
};

function edgeOf(row: ReachRow): PictureEdge {
  const { pair, services } = row;
  return {
    from: nodeId(pair.from, "from"),
    to: nodeId(pair.to, "to"),
    services: flowTexts(services, mostLines),
    answer: row.kind === "depends" ? "depends" : "allowed",
    notable:
      (pair.from.kind === "outside" && pair.from.internet) ||
      services.some((service) => service.protocol === "any" && service.sourcePorts === undefined),
  };
}
