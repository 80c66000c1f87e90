// Where everything of a picture stands: ranks from left to right with frames around groups, by dagre. Sizes are in
// pixels; widths of text are estimated, since there is no browser to ask.
import { Graph, layout } from "@dagrejs/dagre";
import type { Picture, PictureEdge, PictureGroup, PictureNode } from "./picture.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedNode {
  readonly node: PictureNode;
  readonly box: Box;
}

export interface PlacedGroup {
  readonly group: PictureGroup;
  /** 0 for a group in no other. */
  readonly depth: number;
  readonly box: Box;
}

export interface PlacedEdge {
  readonly edge: PictureEdge;
  readonly points: readonly Point[];
  /** The middle of its label, and the room that the label takes. */
  readonly label: Point;
  readonly size: { readonly width: number; readonly height: number };
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly groups: readonly PlacedGroup[];
  readonly edges: readonly PlacedEdge[];
}

/** The mean width of a character of a sans-serif face at 12 and at 10.5 pixels, on the safe side. */
const characterWidth = 7;
const labelCharacterWidth = 6;
export const lineHeight = 13;

export function layOut(picture: Picture): Placed {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 26, ranksep: 46, edgesep: 18, marginx: 4, marginy: 4 });
  for (const group of picture.groups) graph.setNode(frameId(group.id), { width: 0, height: 0 });
  for (const group of picture.groups)
    if (group.parent !== undefined) graph.setParent(frameId(group.id), frameId(group.parent));
  for (const node of picture.nodes) {
    graph.setNode(node.id, sizeOf(node));
    if (node.group !== undefined) graph.setParent(node.id, frameId(node.group));
  }
  for (const [at, edge] of picture.edges.entries()) {
    graph.setEdge(edge.from, edge.to, { ...labelSize(edge), labelpos: "c" }, String(at));
  }
  layout(graph);
  const size = graph.graph();
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: picture.nodes.map((node) => ({ node, box: boxOf(graph.node(node.id)) })),
    groups: picture.groups
      .map((group) => ({
        group,
        depth: depthOf(picture, group),
        box: boxOf(graph.node(frameId(group.id))),
      }))
      .toSorted((a, b) => a.depth - b.depth),
    edges: picture.edges.map((edge, at) => {
      const placed = graph.edge(edge.from, edge.to, String(at));
      return {
        edge,
        points: placed.points ?? [],
        label: { x: placed.x ?? 0, y: placed.y ?? 0 },
        size: labelSize(edge),
      };
    }),
  };
}

/** Frames and nodes share dagre's names. */
function frameId(id: string): string {
  return `frame ${id}`;
}

function sizeOf(node: PictureNode): { width: number; height: number } {
  const longest = Math.max(node.label.length, (node.detail ?? "").length);
  return { width: longest * characterWidth + 24, height: node.detail === undefined ? 34 : 46 };
}

function labelSize(edge: PictureEdge): { width: number; height: number } {
  return {
    width: Math.max(...edge.services.map((line) => line.length), 1) * labelCharacterWidth + 8,
    height: edge.services.length * lineHeight + 4,
  };
}

/** dagre gives middles; SVG wants corners. */
function boxOf(placed: { x?: number; y?: number; width?: number; height?: number }): Box {
  const { x = 0, y = 0, width = 0, height = 0 } = placed;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function depthOf(picture: Picture, group: PictureGroup): number {
  const parent = picture.groups.find((item) => item.id === group.parent);
  return parent === undefined ? 0 : 1 + depthOf(picture, parent);
}
