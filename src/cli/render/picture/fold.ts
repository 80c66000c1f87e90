// Draws nodes that a picture can't tell apart as one: same kind, same rings, the same services from and to the same others.
import type { Picture, PictureEdge, PictureGroup, PictureNode } from "./picture.ts";

/** As many names as one node lists before it counts. */
const mostNames = 3;

/** Partition refinement: nodes start together by what they show, and part where their edges lead to different parts. */
export function folded(picture: Picture): Picture {
  const partOf = parts(picture);
  const members = Map.groupBy(picture.nodes, (node) => partOf.get(node.id) ?? "");
  const nodes = [...members].map(([part, own]) => joined(part, own, picture.groups));
  const edges = new Map<string, PictureEdge>();
  for (const edge of picture.edges) {
    const [from, to] = [partOf.get(edge.from) ?? "", partOf.get(edge.to) ?? ""];
    const key = `${from}\n${to}\n${labelOf(edge)}`;
    const before = edges.get(key);
    edges.set(key, { ...edge, from, to, notable: edge.notable || before?.notable === true });
  }
  const used = new Set(nodes.flatMap((node) => ancestors(node.group, picture.groups)));
  return {
    ...picture,
    nodes,
    edges: [...edges.values()],
    groups: picture.groups.filter((group) => used.has(group.id)),
  };
}

function labelOf({ services, answer }: PictureEdge): string {
  return `${answer} ${services.join("\n")}`;
}

function parts({ nodes, edges }: Picture): Map<string, string> {
  let partOf = new Map(nodes.map((node) => [node.id, `${node.kind} ${node.detail ?? ""} ${sideOf(node)}`]));
  for (let count = 0; count < nodes.length;) {
    const signs = new Map(nodes.map((node): [string, Set<string>] => [node.id, new Set()]));
    for (const edge of edges) {
      const label = labelOf(edge);
      signs.get(edge.from)?.add(`> ${label} ${partOf.get(edge.to) ?? ""}`);
      signs.get(edge.to)?.add(`< ${label} ${partOf.get(edge.from) ?? ""}`);
    }
    const numbers = new Map<string, number>();
    const next = new Map<string, string>();
    for (const node of nodes) {
      const sign = [partOf.get(node.id) ?? "", ...[...(signs.get(node.id) ?? [])].toSorted()].join("\n");
      let number = numbers.get(sign);
      if (number === undefined) numbers.set(sign, (number = numbers.size));
      next.set(node.id, `part ${number}`);
    }
    partOf = next;
    if (numbers.size === count) break;
    count = numbers.size;
  }
  return partOf;
}

/** What is outside stands on two sides, which stay apart. */
function sideOf(node: PictureNode): string {
  return node.kind === "outside" ? (node.id.split(" ").at(-1) ?? "") : "";
}

function joined(part: string, own: readonly PictureNode[], groups: readonly PictureGroup[]): PictureNode {
  const [first] = own;
  const names = [...new Set(own.map((node) => node.label))];
  const label =
    names.length <= mostNames
      ? names.join(", ")
      : `${names.slice(0, mostNames - 1).join(", ")} and ${names.length - mostNames + 1} more`;
  const chains = own.map((node) => ancestors(node.group, groups));
  const shared = chains[0]?.find((id) => chains.every((chain) => chain.includes(id)));
  return {
    id: part,
    label,
    ...(first?.detail === undefined ? {} : { detail: first.detail }),
    ...(shared === undefined ? {} : { group: shared }),
    kind: first?.kind ?? "other",
  };
}

/** A group and those around it, the nearest first. */
function ancestors(id: string | undefined, groups: readonly PictureGroup[]): string[] {
  const group = groups.find((one) => one.id === id);
  return group === undefined ? [] : [group.id, ...ancestors(group.parent, groups)];
}
