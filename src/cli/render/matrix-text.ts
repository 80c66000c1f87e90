// A service matrix for people: the classes of addresses under letters, and a grid of who reaches whom.
import { formatAddressSet } from "../../packet/address-set.ts";
import { packetText } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { MatrixEdge, Service, ServiceMatrix } from "../../questions/matrix.ts";
import type { Spoofing } from "../../questions/matrix/spoofing.ts";
import { paint } from "./paint.ts";

/** As many prefixes or ranges as a class shows before the rest is counted. */
const mostRanges = 4;

export function matrixText(matrix: ServiceMatrix, about: { readonly colour: boolean }): string {
  const p = paint(about.colour);
  const { classes, edges } = matrix;
  const names = classes.map((_, at) => className(at));
  const width = Math.max(1, ...names.map((name) => name.length));
  const verdicts = new Map(edges.map(({ from, to, verdict }) => [`${from} ${to}`, verdict]));
  const cell = (verdict: MatrixEdge["verdict"] | undefined): string => {
    const mark = (verdict === undefined ? "·" : verdict === "allowed" ? "→" : "?").padStart(width);
    return verdict === undefined ? p.faint(mark) : verdict === "allowed" ? p.good(mark) : p.unsure(mark);
  };
  const lines = [
    p.strong(serviceLine(matrix.service)),
    "",
    ...classes.map(
      ({ addresses }, at) =>
        `  ${(names[at] ?? "").padStart(width)}  ${formatAddressSet(addresses, mostRanges)}`,
    ),
    "",
    `  ${" ".repeat(width)}  ${names.map((name) => name.padStart(width)).join(" ")}  to`,
    ...names.map(
      (name, from) =>
        `  ${name.padStart(width)}  ${names.map((_, to) => cell(verdicts.get(`${from} ${to}`))).join(" ")}`,
    ),
    "",
    p.faint("  → allowed   ? depends   · denied"),
  ];
  return `${lines.join("\n")}\n`;
}

/** By which interface packets get through whose source is none of its own. */
export function spoofingText(answers: readonly Spoofing[], about: { readonly colour: boolean }): string {
  const p = paint(about.colour);
  const width = Math.max(...answers.map(({ device }) => device.length));
  const lines = answers.map(({ device, spoofed, witness }) => {
    const colour = spoofed === "certainly not" ? p.good : spoofed === "certainly" ? p.bad : p.unsure;
    const shown = witness === undefined ? "" : p.faint(`  ${packetText(witness.packet)}`);
    return `  ${device.padEnd(width)}  ${colour(spoofed)}${shown}`;
  });
  return [p.strong("gets through with an address that is not the interface's"), "", ...lines, ""].join("\n");
}

function serviceLine({ family, protocol, sourcePort, destinationPort, state = "new" }: Service): string {
  const from = sourcePort === undefined ? "" : ` from port ${sourcePort}`;
  const to = destinationPort === undefined ? "" : ` to port ${destinationPort}`;
  return `${protocolName(protocol)}${from}${to}, ${state} connections, IPv${family}`;
}

/** a … z, aa, ab … */
function className(at: number): string {
  const letter = String.fromCharCode(97 + (at % 26));
  return at < 26 ? letter : `${className(Math.floor(at / 26) - 1)}${letter}`;
}
