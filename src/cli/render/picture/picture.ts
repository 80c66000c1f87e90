// A picture of who reaches whom, as nodes in groups and edges with services: what the SVG, Graphviz and Mermaid renderers
// draw alike. Data only, already in words.
export type NodeKind = "outside" | "machine" | "load-balancer" | "database" | "pod" | "gateway" | "other";

export interface PictureNode {
  readonly id: string;
  readonly label: string;
  /** A second, fainter line: `3 interfaces · web-sg`. */
  readonly detail?: string;
  /** The group that it stands in. */
  readonly group?: string;
  readonly kind: NodeKind;
}

/** A frame around nodes: a network, a subnet in it, a namespace. */
export interface PictureGroup {
  readonly id: string;
  readonly label: string;
  readonly parent?: string;
}

export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  /** One service a line: `tcp 443`, `tcp 22 (only from 49152–65535)`. */
  readonly services: readonly string[];
  readonly answer: "allowed" | "depends";
  /** From the internet to it, or everything to everything: what a reviewer looks at first. */
  readonly notable: boolean;
}

export interface Picture {
  readonly title: string;
  /** What a reader has to know of it: `IPv4 · 12 classes · 18 pairs`. */
  readonly caption: string;
  readonly groups: readonly PictureGroup[];
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}
