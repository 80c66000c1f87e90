// A picture as a Mermaid flowchart (mermaid.js.org/syntax/flowchart), which GitHub and GitLab draw in Markdown.
import type { NodeKind, Picture, PictureGroup, PictureNode } from "./picture.ts";

const brackets: Readonly<Record<NodeKind, readonly [open: string, close: string]>> = {
  outside: ["([", "])"],
  machine: ["[", "]"],
  "load-balancer": ["{{", "}}"],
  database: ["[(", ")]"],
  pod: ["[", "]"],
  gateway: ["{", "}"],
  other: ["[", "]"],
};

/** @example mermaid(picture) // → flowchart LR … */
export function mermaid(picture: Picture): string {
  // Mermaid's own ids admit few characters: nodes are numbered, and their names are their labels.
  const ids = new Map(picture.nodes.map((node, at) => [node.id, `n${at}`]));
  const groupIds = new Map(picture.groups.map((group, at) => [group.id, `g${at}`]));
  const idOf = (id: string): string => ids.get(id) ?? id;
  const nodeLine = (node: PictureNode): string => {
    const [open, close] = brackets[node.kind];
    const detail = node.detail === undefined ? "" : `<br/><small>${escape(node.detail)}</small>`;
    return `${idOf(node.id)}${open}"${escape(node.label)}${detail}"${close}`;
  };
  const block = (group: PictureGroup, indent: string): string[] => [
    `${indent}subgraph ${groupIds.get(group.id) ?? group.id}["${escape(group.label)}"]`,
    ...picture.nodes.filter((node) => node.group === group.id).map((node) => `${indent}  ${nodeLine(node)}`),
    ...picture.groups
      .filter((inner) => inner.parent === group.id)
      .flatMap((inner) => block(inner, `${indent}  `)),
    `${indent}end`,
  ];
  const notable = picture.edges.flatMap((edge, at) => (edge.notable ? [at] : []));
  const lines = [
    "---",
    `title: ${JSON.stringify(`${picture.title} (${picture.caption})`)}`,
    "---",
    "flowchart LR",
    ...picture.nodes.filter((node) => node.group === undefined).map((node) => `  ${nodeLine(node)}`),
    ...picture.groups.filter((group) => group.parent === undefined).flatMap((group) => block(group, "  ")),
    ...picture.edges.map((edge) => {
      const arrow = edge.answer === "depends" ? "-.->" : "-->";
      return `  ${idOf(edge.from)} ${arrow}|"${edge.services.map(escape).join("<br/>")}"| ${idOf(edge.to)}`;
    }),
    ...(notable.length === 0 ? [] : [`  linkStyle ${notable.join(",")} stroke:#c2410c,color:#c2410c`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Mermaid takes HTML entities, by number, inside quotes. */
function escape(text: string): string {
  return text.replaceAll(/["<>&#;|`\\]/g, (character) => `#${character.codePointAt(0) ?? 0};`);
}
