// What cloud rings share when they lower a rule's protocol, ports and ICMP type to tests: one meaning for
// security groups and network ACLs.
import type { NumberSet } from "../packet/intervals.ts";
import { hasPorts, ICMP, ICMPV6, protocolName } from "../packet/protocol.ts";
import { formatAddressSet, isAddress } from "../packet/address-set.ts";
import { addressText, numberText, type AddressValue, type Packet } from "../packet/packet.ts";
import { missingFromInternet } from "../packet/special.ts";
import { all, always, protocol as isProtocol, type Match } from "../rules/match.ts";

/** Into a subnet or interface, or out of it. */
export type Direction = "inbound" | "outbound";

export interface Service {
  readonly protocol: number | "any";
  readonly ports?: NumberSet;
  readonly icmp?: { readonly type: number; readonly code?: number };
}

/** The tests of a service: every protocol ignores ports (AWS protocol −1), and ports count only where the protocol has them. */
export function serviceMatch(service: Service): Match {
  if (service.protocol === "any") return always;
  const tests: Match[] = [isProtocol(service.protocol)];
  if (service.ports !== undefined && hasPorts(service.protocol)) {
    tests.push({ kind: "number", field: "destination-port", set: service.ports });
  }
  if (service.icmp !== undefined && (service.protocol === ICMP || service.protocol === ICMPV6)) {
    const { type, code } = service.icmp;
    tests.push({ kind: "number", field: "icmp-type", set: [type, type] });
    if (code !== undefined) tests.push({ kind: "number", field: "icmp-code", set: [code, code] });
  }
  return all(...tests);
}

/** An end as a rule would name it: a name that a person gave to addresses says the addresses too. */
export function ruleAddress(value: AddressValue): string {
  const named = !isAddress(value) && value.name !== undefined && missingFromInternet(value) === undefined;
  return named ? `${formatAddressSet(value)} (${addressText(value)})` : addressText(value);
}

/** `web-sg (sg-0web)`; the name alone where it is the id. */
export function ringName(ring: { readonly id: string; readonly name: string }): string {
  return ring.name === ring.id ? ring.id : `${ring.name} (${ring.id})`;
}

/** The service a packet asks for, as a rule would name it: `tcp 5432`, `icmp type 8`. */
export function serviceText(packet: Packet): string {
  const protocol = typeof packet.protocol === "number" ? protocolName(packet.protocol) : "all";
  if (packet.icmpType !== undefined) return `${protocol} type ${numberText(packet.icmpType)}`;
  return packet.destinationPort === undefined
    ? protocol
    : `${protocol} ${numberText(packet.destinationPort)}`;
}
