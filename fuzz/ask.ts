// Asks whatever was read about a packet, since a reader that lets nonsense through is only found out by who uses it.
import { indexOf } from "../src/estate/estate-index.ts";
import type { Estate } from "../src/estate/model.ts";
import { decidingRings } from "../src/estate/walk/deciding.ts";
import { Memory } from "../src/estate/walk/memory.ts";
import { walkPacket } from "../src/estate/walk/walk.ts";
import { passHost } from "../src/layers/host/pass.ts";
import { parseAddress, type Address } from "../src/packet/address.ts";
import { ACK, SYN, type Packet } from "../src/packet/packet.ts";
import { ICMPV6, TCP, UDP } from "../src/packet/protocol.ts";
import { ConnectionTable } from "../src/rules/connections/table.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

const client = address("203.0.113.7");
const packets: readonly Packet[] = [
  {
    family: 4,
    source: client,
    destination: address("192.0.2.10"),
    protocol: TCP,
    sourcePort: 50000,
    destinationPort: 80,
    tcpFlags: SYN,
    length: 60,
    ttl: 64,
  },
  {
    family: 4,
    source: address("192.0.2.10"),
    destination: client,
    protocol: TCP,
    sourcePort: 80,
    destinationPort: 50000,
    tcpFlags: SYN | ACK,
  },
  {
    family: 4,
    source: address("10.0.0.9"),
    destination: address("198.51.100.53"),
    protocol: UDP,
    sourcePort: [1024, 65535],
    destinationPort: 53,
  },
  {
    family: 6,
    source: address("fe80::1"),
    destination: address("2001:db8::10"),
    protocol: ICMPV6,
    icmpType: 135,
    icmpCode: 0,
  },
];

/** Most interfaces that are tried of one estate. */
const most = 3;

export function askEstate(estate: Estate): void {
  for (const host of estate.hosts.values()) {
    if (host.firewall === undefined) continue;
    const connections = new ConnectionTable();
    for (const packet of packets) {
      for (const origin of [{ kind: "arrives", device: "eth0" }, { kind: "made" }] as const) {
        const passage = passHost(host.firewall, { packet, origin, connections, now: 0, place: host.name });
        if (passage.steps.some((step) => step.why === "")) throw new Error("a step without a reason");
      }
    }
  }
  const index = indexOf(estate);
  const walk = {
    index,
    rings: decidingRings,
    memory: new Memory(),
    now: 0,
    isReply: false,
    rememberRefused: true,
  };
  const places = [...estate.interfaces.values()].slice(0, most);
  for (const place of places) {
    for (const own of places.flatMap((other) => other.addresses)) {
      const { family } = own.address;
      const source = place.addresses.find((item) => item.address.family === family)?.address;
      if (source === undefined) continue;
      const packet: Packet = {
        family,
        source,
        destination: own.address,
        protocol: TCP,
        sourcePort: 50000,
        destinationPort: 443,
        tcpFlags: SYN,
      };
      walkPacket(walk, packet, { kind: "interface", interface: place });
      if (family === 4 && own.public !== undefined)
        walkPacket(walk, { ...packet, source: client, destination: own.public }, { kind: "outside" });
    }
  }
}
