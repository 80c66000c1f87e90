// Address translation: what a connection is bound to, and how packets of both directions are rewritten by it.
import { describe, expect, it } from "vitest";
import { addressSet, allIpv4 } from "../../packet/address-set.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Connection } from "./connection.ts";
import { ConnectionTable } from "./table.ts";
import { address, icmp, tcp, udp } from "./testing.ts";
import { rewrite } from "./rewrite.ts";
import { bind } from "./translate.ts";

function begin(table: ConnectionTable, packet: Packet): { connection: Connection; enter: () => boolean } {
  const tracked = table.track(packet, 0);
  const { connection } = tracked;
  if (connection === undefined) throw new Error(`a new connection was expected, not ${tracked.state}`);
  return { connection, enter: () => table.confirm(tracked, 0) };
}
const gateway = address("203.0.113.1");
const inside = address("10.0.0.5");

describe("destination translation", () => {
  it("sends a connection elsewhere, and its replies back as if from where it was sent", () => {
    const table = new ConnectionTable();
    const { connection, enter } = begin(table, tcp(">", "syn"));
    expect(bind(table, connection, "destination", { addresses: inside, ports: [8443, 8443] }, 0)).toEqual({
      changed: true,
      byLot: false,
    });
    enter();
    const there = rewrite(tcp(">", "syn"), connection, "original", "destination", false);
    expect(there).toMatchObject({
      destination: inside,
      destinationPort: 8443,
      source: address("198.51.100.7"),
    });
    const answer: Packet = { ...tcp("<", "syn-ack"), source: inside, sourcePort: 8443 };
    expect(table.track(answer, 0)).toMatchObject({ state: "established", direction: "reply" });
    expect(rewrite(answer, connection, "reply", "destination", false)).toBe(answer);
    expect(rewrite(answer, connection, "reply", "source", false)).toEqual(tcp("<", "syn-ack"));
    expect(connection.status.has("dnat")).toBe(true);
  });

  it("keeps the port where none is asked for, and takes the first of a range that does not hold it", () => {
    const table = new ConnectionTable();
    const { connection } = begin(table, tcp(">", "syn"));
    bind(table, connection, "destination", { addresses: inside, ports: [8000, 8010] }, 0);
    expect(connection.reply.sourcePort).toBe(8000);
    const other = begin(table, tcp(">", "syn", [50_001, 8005])).connection;
    bind(table, other, "destination", { addresses: inside, ports: [8000, 8010] }, 0);
    expect(other.reply.sourcePort).toBe(8005);
  });

  it("of one side happens once", () => {
    const table = new ConnectionTable();
    const { connection } = begin(table, tcp(">", "syn"));
    bind(table, connection, "destination", {}, 0);
    expect(bind(table, connection, "destination", { addresses: inside }, 0).changed).toBe(false);
  });

  it("spreads over a range by both addresses, the same for every connection of a pair", () => {
    const range = { addresses: addressSet("10.0.0.8/29") };
    const chosen = [1, 2, 3].map((port) => {
      const table = new ConnectionTable();
      const { connection } = begin(table, udp(">", [port, 53]));
      bind(table, connection, "destination", range, 0);
      return connection.reply.source;
    });
    expect(chosen[1]).toEqual(chosen[0]);
    expect(chosen[2]).toEqual(chosen[0]);
  });
});

describe("source translation", () => {
  it("keeps the source port where it is free", () => {
    const table = new ConnectionTable();
    const { connection } = begin(table, udp(">"));
    expect(bind(table, connection, "source", { addresses: gateway }, 0).byLot).toBe(false);
    expect(connection.reply).toMatchObject({ destination: gateway, destinationPort: 50_000 });
  });

  it("draws another port where a reply could not be told from another connection's, and says so", () => {
    const table = new ConnectionTable();
    const first = begin(table, udp(">"));
    bind(table, first.connection, "source", { addresses: gateway }, 0);
    first.enter();
    const second = begin(table, { ...udp(">"), source: address("198.51.100.8") });
    expect(bind(table, second.connection, "source", { addresses: gateway }, 0)).toEqual({
      changed: true,
      byLot: true,
    });
    expect(second.connection.reply.destinationPort).not.toBe(50_000);
    expect(second.enter()).toBe(true);
  });

  it("gives a source the port that it got for another destination", () => {
    const table = new ConnectionTable({ drawPort: () => 6000 });
    const first = begin(table, udp(">"));
    bind(table, first.connection, "source", { addresses: gateway, ports: [5000, 7000] }, 0);
    first.enter();
    const second = begin(table, { ...udp(">"), destination: address("192.0.2.99") });
    expect(
      bind(table, second.connection, "source", { addresses: gateway, ports: [5000, 7000] }, 0).byLot,
    ).toBe(false);
    expect(second.connection.reply.destinationPort).toBe(6000);
  });

  it("lets a connection that is over make way for a new SYN where its one port is needed", () => {
    const header = (sequence: number) => ({
      tcp: { sequence, acknowledgment: 0, window: 100, payloadBytes: 0, options: {} },
    });
    const range = { addresses: gateway, ports: [5000, 5000] } as const;
    const table = new ConnectionTable();
    const old = begin(table, { ...tcp(">", "syn"), ...header(100) });
    bind(table, old.connection, "source", range, 0);
    old.enter();
    const next = (sequence: number): boolean => {
      const { connection, enter } = begin(table, { ...tcp(">", "syn", [50_001, 443]), ...header(sequence) });
      bind(table, connection, "source", range, 0);
      return enter();
    };
    expect(next(500)).toBe(false);
    if (old.connection.tcp !== undefined) old.connection.tcp.state = "TIME_WAIT";
    expect(next(50)).toBe(false);
    expect(next(500)).toBe(true);
  });

  it("leaves open what nobody told: an interface's address", () => {
    const table = new ConnectionTable();
    const { connection } = begin(table, udp(">"));
    bind(table, connection, "source", { addresses: allIpv4, isUnknown: true }, 0);
    expect(connection.reply).toMatchObject({ destination: allIpv4, destinationPort: 50_000 });
  });

  it("exchanges the identifier of a ping whose own is taken", () => {
    const table = new ConnectionTable();
    const first = begin(table, icmp(">", 8, { icmpId: 1 }));
    bind(table, first.connection, "source", { addresses: gateway }, 0);
    first.enter();
    const ping = icmp(">", 8, { icmpId: 1, source: address("198.51.100.8") });
    const second = begin(table, ping);
    bind(table, second.connection, "source", { addresses: gateway }, 0);
    second.enter();
    const sent = rewrite(ping, second.connection, "original", "source", false);
    expect(sent?.source).toEqual(gateway);
    expect(sent?.icmpId).not.toBe(1);
  });
});

describe("an ICMP error about a translated connection", () => {
  const table = new ConnectionTable();
  const { connection, enter } = begin(table, udp(">"));
  bind(table, connection, "source", { addresses: gateway, ports: [6000, 6000] }, 0);
  enter();
  const quoted: Packet = { ...udp(">"), source: gateway, sourcePort: 6000 };
  const error = icmp("<", 3, { icmpCode: 3, destination: gateway, quoted });

  it("belongs to it, and is rewritten together with what it quotes", () => {
    const tracked = table.track(error, 0);
    expect(tracked).toMatchObject({ state: "related", direction: "reply" });
    expect(rewrite(error, connection, "reply", "destination", true)).toEqual(
      icmp("<", 3, { icmpCode: 3, quoted: udp(">") }),
    );
  });
  it("is dropped where it is a redirect", () => {
    expect(rewrite({ ...error, icmpType: 5 }, connection, "reply", "destination", true)).toBeUndefined();
  });
});
