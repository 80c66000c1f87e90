// A picture in Graphviz' language (graphviz.org/doc/info/lang.html). Layout is Graphviz' own.
import type { NodeKind, Picture, PictureGroup } from "./picture.ts";

const shapes: Readonly<Record<NodeKind, string>> = {
  outside: "ellipse",
  machine: "box",
  "load-balancer": "hexagon",
  database: "cylinder",
  pod: "box",
  gateway: "diamond",
  other: "box",
};

/** @example dot(picture) // → digraph reach { … } */
export function dot(picture: Picture): string {
  const lines = [
    "digraph reach {",
    `  label=${quote(`${picture.title}\n${picture.caption}`)}; labelloc=t; rankdir=LR; compound=true;`,
    '  node [fontname="Helvetica", fontsize=11, style="rounded,filled", fillcolor="#ffffff"];',
    '  edge [fontname="Helvetica", fontsize=9];',
    ...picture.nodes.filter((node) => node.group === undefined).map((node) => `  ${nodeLine(node)}`),
    ...picture.groups
      .filter((group) => group.parent === undefined)
      .flatMap((group) => cluster(picture, group, "  ")),
    ...picture.edges.map((edge) => {
      const style = edge.answer === "depends" ? ", style=dashed" : "";
      const colour = edge.notable ? ', color="#c2410c", fontcolor="#c2410c"' : "";
      return `  ${quote(edge.from)} -> ${quote(edge.to)} [label=${quote(edge.services.join("\n"))}${style}${colour}];`;
    }),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function cluster(picture: Picture, group: PictureGroup, indent: string): string[] {
  return [
    `${indent}subgraph ${quote(`cluster ${group.id}`)} {`,
    `${indent}  label=${quote(group.label)}; style=rounded; color="#94a3b8";`,
    ...picture.nodes.filter((node) => node.group === group.id).map((node) => `${indent}  ${nodeLine(node)}`),
    ...picture.groups
      .filter((inner) => inner.parent === group.id)
      .flatMap((inner) => cluster(picture, inner, `${indent}  `)),
    `${indent}}`,
  ];
}

function nodeLine(node: Picture["nodes"][number]): string {
  const label = node.detail === undefined ? node.label : `${node.label}\n${node.detail}`;
  return `${quote(node.id)} [label=${quote(label)}, shape=${shapes[node.kind]}];`;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
