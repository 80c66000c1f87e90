// Services in words, as people write them: `tcp 80, 443`, `udp (every port)`, `icmp type 8`, `everything except tcp 25`.
import { complement, type NumberSet } from "../../packet/intervals.ts";
import { numberText } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, portDomain, protocolName } from "../../packet/protocol.ts";
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
  const texts = nearlyEverything(services) ?? services.map(flowText);
  return texts.length <= most
    ? texts
    : [...texts.slice(0, most - 1), `and ${texts.length - most + 1} services more`];
}

function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPV6;
}

/** From here on a list of protocols is better told by what it lacks. */
const manyProtocols = 128;

/** `everything except tcp 25, udp`, and apart what holds for some of the client's ports only. */
function nearlyEverything(services: readonly Service[]): string[] | undefined {
  const whole = new Set<number>();
  const ports = new Map<number, NumberSet>();
  const others: Service[] = [];
  for (const service of services) {
    const { protocol, destinationPorts, sourcePorts, icmp } = service;
    if (protocol === "any" || sourcePorts !== undefined || icmp !== undefined) others.push(service);
    else if (destinationPorts === undefined) whole.add(protocol);
    else ports.set(protocol, destinationPorts);
  }
  if (whole.size < manyProtocols) return undefined;
  const lacking = Array.from({ length: 256 }, (_, protocol) => protocol)
    // Each family has its own ICMP; that the other's is not there means nothing.
    .filter(
      (protocol) => !whole.has(protocol) && !(isIcmp(protocol) && (whole.has(ICMP) || whole.has(ICMPV6))),
    )
    .map((protocol) => {
      const some = ports.get(protocol);
      const name = protocolName(protocol);
      return some === undefined ? name : `${name} ${numberText(complement(portDomain, some))}`;
    });
  return [`everything except ${lacking.join(", ")}`, ...others.map(flowText)];
}
