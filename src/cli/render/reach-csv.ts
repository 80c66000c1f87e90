// What reaches what as comma-separated values (RFC 4180): a line for each service of each pair.
import { numberText } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { Reach, Service } from "../../questions/reach/model.ts";
import { reachRows } from "./reach-rows.ts";

const heading = [
  "from",
  "to",
  "family",
  "answer",
  "protocol",
  "destination_ports",
  "source_ports",
  "icmp_types",
  "via",
  "depends_on",
] as const;

export function reachCsv(reach: Reach): string {
  const lines = reachRows(reach).flatMap(({ pair, kind, services, causes }) =>
    services.map((service) => [
      pair.from.name,
      pair.to.name,
      `IPv${pair.family}`,
      kind,
      ...serviceCells(service),
      pair.via.join("; "),
      causes.join("; "),
    ]),
  );
  return [heading, ...lines].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function serviceCells({ protocol, destinationPorts, sourcePorts, icmp }: Service): string[] {
  const ports = (set: typeof destinationPorts): string =>
    set === undefined ? "" : numberText(set).replaceAll("–", "-").replaceAll(", ", " ");
  return [
    protocol === "any" ? "any" : protocolName(protocol),
    ports(destinationPorts),
    ports(sourcePorts),
    ports(icmp?.types),
  ];
}

/** Quoted where needed; a spreadsheet takes a leading =, +, - or @ for a formula, which a name must not become. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
