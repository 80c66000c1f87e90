// A picture as an SVG that stands by itself: no script, no font to fetch, light and dark. Places come from layout.ts.
import {
  layOut,
  lineHeight,
  type PlacedEdge,
  type PlacedGroup,
  type PlacedNode,
  type Point,
} from "./layout.ts";
import type { NodeKind, Picture } from "./picture.ts";

const margin = 24;
const headHeight = 56;

const style = `
  .ground { fill: #ffffff } .title { font-size: 16px; font-weight: 600 } text { fill: #0f172a; font-size: 12px }
  .faint { fill: #64748b; font-size: 11px } .frame { fill: #f8fafc; stroke: #cbd5e1 } .inner { fill: #f1f5f9 }
  .node { fill: #ffffff; stroke: #475569; stroke-width: 1.2 } .outside { fill: #eff6ff; stroke: #2563eb }
  .database { fill: #f0fdf4; stroke: #15803d } .load-balancer { fill: #faf5ff; stroke: #7e22ce }
  .edge { fill: none; stroke: #64748b; stroke-width: 1.2 } .depends { stroke-dasharray: 5 4 }
  .notable { stroke: #c2410c; stroke-width: 1.6 } .arrow { fill: #64748b } .arrow-notable { fill: #c2410c }
  .label { font-size: 10.5px } text.notable { fill: #c2410c; stroke: none } .behind { fill: #ffffff; fill-opacity: .85 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0b1220 } text { fill: #e2e8f0 } .faint { fill: #94a3b8 } .frame { fill: #111a2e; stroke: #334155 }
    .inner { fill: #16213a } .node { fill: #1e293b; stroke: #94a3b8 } .outside { fill: #172554; stroke: #60a5fa }
    .database { fill: #052e16; stroke: #4ade80 } .load-balancer { fill: #2e1065; stroke: #c084fc }
    .edge { stroke: #94a3b8 } .notable { stroke: #fb923c } .arrow { fill: #94a3b8 } .arrow-notable { fill: #fb923c }
    .behind { fill: #0b1220 } text.notable { fill: #fb923c }
  }`;

/** @example writeFileSync("reach.svg", svg(picture)) */
export function svg(picture: Picture): string {
  const placed = layOut(picture);
  const width = Math.max(placed.width, 420) + 2 * margin;
  const height = placed.height + 2 * margin + headHeight;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-labelledby="t d" font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif">`,
    `<title id="t">${escape(picture.title)}</title>`,
    `<desc id="d">${escape(description(picture))}</desc>`,
    `<style>${style}\n</style>`,
    "<defs>",
    marker("arrow", "arrow"),
    marker("arrow-notable", "arrow-notable"),
    "</defs>",
    `<rect class="ground" width="100%" height="100%"/>`,
    `<text class="title" x="${margin}" y="${margin + 14}">${escape(picture.title)}</text>`,
    `<text class="faint" x="${margin}" y="${margin + 34}">${escape(picture.caption)}</text>`,
    `<g transform="translate(${margin} ${margin + headHeight - 12})">`,
    ...placed.groups.map(groupParts),
    ...placed.edges.map(edgePart),
    ...placed.nodes.map(nodeParts),
    // Labels last: no line runs over them.
    ...placed.edges.map(labelPart),
    "</g>",
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

/** What the picture shows, for who does not see it. */
function description(picture: Picture): string {
  const names = new Map(picture.nodes.map((node) => [node.id, node.label]));
  return picture.edges
    .map(
      (edge) =>
        `${names.get(edge.from) ?? edge.from} ${edge.answer === "depends" ? "may reach" : "reaches"} ${names.get(edge.to) ?? edge.to}: ${edge.services.join(", ")}.`,
    )
    .join(" ");
}

function marker(id: string, className: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="${className}" d="M0 0L8 4L0 8z"/></marker>`;
}

function groupParts(group: PlacedGroup): string {
  const { x, y, width, height } = group.box;
  return [
    `<rect class="frame${group.depth > 0 ? " inner" : ""}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="10"/>`,
    `<text class="faint" x="${round(x + 10)}" y="${round(y + 16)}">${escape(group.group.label)}</text>`,
  ].join("");
}

const kindClass: Readonly<Record<NodeKind, string>> = {
  outside: "node outside",
  machine: "node",
  "load-balancer": "node load-balancer",
  database: "node database",
  pod: "node",
  gateway: "node",
  other: "node",
};

function nodeParts({ node, box }: PlacedNode): string {
  const { x, y, width, height } = box;
  const radius = node.kind === "outside" ? height / 2 : 6;
  const middle = x + width / 2;
  const single = node.detail === undefined;
  return [
    `<g><title>${escape(node.label)}</title>`,
    `<rect class="${kindClass[node.kind]}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}"/>`,
    `<text x="${round(middle)}" y="${round(y + height / 2 + (single ? 4 : -3))}" text-anchor="middle">${escape(node.label)}</text>`,
    single
      ? ""
      : `<text class="faint" x="${round(middle)}" y="${round(y + height / 2 + 13)}" text-anchor="middle">${escape(node.detail ?? "")}</text>`,
    "</g>",
  ].join("");
}

function edgePart({ edge, points }: PlacedEdge): string {
  const names = ["edge", edge.answer === "depends" ? "depends" : "", edge.notable ? "notable" : ""];
  return `<path class="${names.filter((name) => name !== "").join(" ")}" d="${curve(points)}" marker-end="url(#${edge.notable ? "arrow-notable" : "arrow"})"/>`;
}

/** Its lines on a ground of their own, so that no edge shines through the spaces. */
function labelPart({ edge, label, size }: PlacedEdge): string {
  const lines = edge.services;
  const first = label.y - ((lines.length - 1) * lineHeight) / 2 + 4;
  const ground = `<rect class="behind" x="${round(label.x - size.width / 2)}" y="${round(label.y - size.height / 2)}" width="${round(size.width)}" height="${round(size.height)}" rx="4"/>`;
  return `${ground}<text class="label${edge.notable ? " notable" : ""}" text-anchor="middle">${lines
    .map(
      (line, at) =>
        `<tspan x="${round(label.x)}" y="${round(first + at * lineHeight)}">${escape(line)}</tspan>`,
    )
    .join("")}</text>`;
}

/** A smooth way through the points: straight at both ends, quadratic bends between the middles of the pieces. */
function curve(points: readonly Point[]): string {
  const [start, ...rest] = points;
  const end = rest.at(-1);
  if (start === undefined || end === undefined) return "";
  let path = `M${round(start.x)} ${round(start.y)}`;
  for (const [at, point] of rest.entries()) {
    const next = rest[at + 1];
    if (next === undefined) break;
    path += `Q${round(point.x)} ${round(point.y)} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  }
  return `${path}L${round(end.x)} ${round(end.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
