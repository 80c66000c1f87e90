// Services in words, as people write them: `tcp 80, 443`, `udp (every port)`, `icmp type 8`, `everything`.
import { numberText } from "../../packet/packet.ts";
import { hasPorts, protocolName } from "../../packet/protocol.ts";
import type { Service } from "./model.ts";

/** @example flowText({ protocol: TCP, destinationPorts: [443, 443] }) // → "tcp 443" */
export function flowText(service: Service): string {
  const { protocol, destinationPorts, sourcePorts, icmp } = service;
  const from = sourcePorts === undefined ? "" : ` (only from ports ${numberText(sourcePorts)})`;
  if (protocol === "any") return `everything${from}`;
  const name = protocolName(protocol);
  if (icmp !== undefined) {
    const codes = icmp.codes === undefined ? "" : ` code ${numberText(icmp.codes)}`;
    return `${name} type ${numberText(icmp.types)}${codes}`;
  }
  if (destinationPorts !== undefined) return `${name} ${numberText(destinationPorts)}${from}`;
  return hasPorts(protocol) ? `${name} (every port)${from}` : name;
}

/** One line a service: what a table's cell or an edge's label shows; the rest is counted. */
export function flowTexts(services: readonly Service[], most: number): string[] {
  const texts = services.map(flowText);
  return texts.length <= most
    ? texts
    : [...texts.slice(0, most - 1), `and ${texts.length - most + 1} services more`];
}
