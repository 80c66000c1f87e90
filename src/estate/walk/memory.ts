// What the stateful places of an estate remember from one packet to the next: a connection table for each interface
// with security groups, each stateful filter and each host, and the bindings of each NAT gateway.
import type { AddressValue, NumberValue, Packet } from "../../packet/packet.ts";
import { addressText, numberText } from "../../packet/packet.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";

/** What a NAT gateway gave for a connection, found again by what a reply carries. */
export interface NatBinding {
  readonly source: AddressValue;
  readonly sourcePort?: NumberValue;
}

export class Memory {
  readonly #tables = new Map<string, ConnectionTable>();
  readonly #bindings = new Map<string, NatBinding>();

  table(place: string): ConnectionTable {
    const before = this.#tables.get(place);
    if (before !== undefined) return before;
    const table = new ConnectionTable();
    this.#tables.set(place, table);
    return table;
  }

  /** Every table with its place, in the order in which they were first used. */
  tables(): ReadonlyMap<string, ConnectionTable> {
    return this.#tables;
  }

  bind(gateway: string, sent: Packet, binding: NatBinding): void {
    this.#bindings.set(
      `${gateway} ${replyKey(sent.destination, sent.destinationPort, sent.sourcePort, sent)}`,
      binding,
    );
  }

  bound(gateway: string, reply: Packet): NatBinding | undefined {
    return this.#bindings.get(
      `${gateway} ${replyKey(reply.source, reply.sourcePort, reply.destinationPort, reply)}`,
    );
  }
}

function replyKey(
  far: AddressValue,
  farPort: NumberValue | undefined,
  nearPort: NumberValue | undefined,
  packet: Packet,
): string {
  const port = (value: NumberValue | undefined): string => (value === undefined ? "" : numberText(value));
  const protocol = typeof packet.protocol === "number" ? packet.protocol : numberText(packet.protocol);
  return [protocol, addressText(far), port(farPort), port(nearPort), packet.icmpId ?? ""].join(" ");
}
