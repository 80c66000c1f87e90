// What a chain is asked about, a packet in a view, as a packet that can really be sent to the gateway, or the reason why
// none can. The view's interfaces become links, its destination the gateway's own or one that is routed there.
import { formatAddress, type Address } from "../src/packet/address.ts";
import { addressSet, hasAddress, isAddress } from "../src/packet/address-set.ts";
import { ACK, isIcmpError, SYN, type Packet } from "../src/packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP, UDP } from "../src/packet/protocol.ts";
import type { View } from "../src/rules/view.ts";
import type { Probe } from "./probe.ts";

export type Shape = Omit<Probe, "flow" | "link">;

export interface Sendable {
  readonly kind: "sendable";
  readonly view: View;
  /** The device that it comes in by. */
  readonly inDevice: string;
  /** Where its destination has to be: the gateway itself, or behind the device that it goes out by. */
  readonly outDevice: "gateway" | { readonly device: string };
  readonly source: string;
  readonly destination: string;
  readonly probe: Shape;
  /** What the other end says first, where the view's packet is of a connection that stands. */
  readonly opener?: Shape;
}

export interface Unsendable {
  readonly kind: "unsendable";
  readonly why: string;
}

/** Addresses that no packet on a link has, or that the judge's own gateway has. */
const unusable = [
  [
    "an address of the host itself or of no host (127/8, 0/8, ::/8)",
    addressSet("0.0.0.0/8", "127.0.0.0/8", "::/8"),
  ],
  ["a multicast, broadcast or link-local address", addressSet("224.0.0.0/3", "ff00::/8", "fe80::/9")],
  [
    "an address of the judge's own links",
    addressSet(
      "10.1.0.0/24",
      "10.2.0.0/24",
      "10.3.0.0/24",
      "198.18.0.0/19",
      "2001:db8:1::/64",
      "2001:db8:2::/64",
      "2001:db8:3::/64",
      "2001:db8:4::/48",
      "192.0.2.251/32",
    ),
  ],
] as const;

/** Numbers that in IPv6 are headers before the transport's, not protocols. */
const extensionHeaders = new Set([0, 43, 44, 51, 59, 60, 135, 139, 140]);

/** @param hook which base chain the view is put to */
export function sendable(view: View, hook: "INPUT" | "FORWARD"): Sendable | Unsendable {
  const { packet, inInterface, outInterface } = view;
  const { source, destination, protocol } = packet;
  if (!isAddress(source) || !isAddress(destination) || typeof protocol !== "number")
    throw new Error("a view of the suite has one packet");
  const obstacle =
    addressObstacle("source", source) ??
    addressObstacle("destination", destination) ??
    deviceObstacle("in", inInterface) ??
    (hook === "FORWARD" ? deviceObstacle("out", outInterface) : undefined) ??
    (hook === "INPUT" && source.value === destination.value
      ? "from the gateway's own address to itself"
      : undefined) ??
    packetObstacle(view, protocol, hook);
  if (obstacle !== undefined) return { kind: "unsendable", why: obstacle };
  return {
    kind: "sendable",
    view,
    inDevice: inInterface ?? "",
    outDevice: hook === "INPUT" ? "gateway" : { device: outInterface ?? "" },
    source: formatAddress(source),
    destination: formatAddress(destination),
    probe: shapeOf(packet, protocol),
    ...(view.state === "established" && packet.fragment === undefined && hook === "FORWARD"
      ? openerOf(packet, source, destination, protocol)
      : {}),
  };
}

function addressObstacle(end: "source" | "destination", address: Address): string | undefined {
  const found = unusable.find(([, set]) => hasAddress(set, address));
  return found === undefined ? undefined : `its ${end} is ${found[0]}`;
}

function deviceObstacle(way: "in" | "out", device: string | undefined): string | undefined {
  if (device === "lo") return `${way} by the loopback interface`;
  // Fifteen bytes are the kernel's bound; what else it takes is more than the judge's own readers of it do.
  return device !== undefined && /^[A-Za-z][\w.~-]{0,14}$/.test(device)
    ? undefined
    : `${way} by an interface that can have no such name`;
}

function packetObstacle(
  { packet, mark, connectionMark }: View,
  protocol: number,
  hook: string,
): string | undefined {
  if (mark !== 0 || connectionMark !== 0) return "marked before any rule has seen it";
  if (packet.family === 6 && extensionHeaders.has(protocol))
    return "its protocol is an IPv6 extension header";
  if (hasPorts(protocol) && protocol !== TCP && protocol !== UDP)
    return "a header that the judge does not write (SCTP, DCCP, UDP-Lite)";
  if (packet.fragment === undefined) return undefined;
  if (hook === "INPUT") return "a fragment for the gateway, which puts it together before its input chains";
  return isIcmp(protocol) ? "an ICMP message in fragments" : undefined;
}

/** A fragment travels with its fellows: the first, which has the ports, and a later one. */
function shapeOf(packet: Packet, protocol: number): Shape {
  const { fragment, ...headers } = packet;
  const whole: Packet = {
    ...headers,
    ...(hasPorts(protocol) && packet.sourcePort === undefined
      ? { sourcePort: 50_000, destinationPort: 443 }
      : {}),
    ...(protocol === TCP ? withSegment(packet.tcpFlags ?? SYN, 1) : {}),
    ...(isIcmp(protocol) ? { icmpId: 77 } : {}),
    ...(isIcmp(protocol) && isIcmpError(packet) ? { quoted: quotedBy(packet) } : {}),
  };
  if (fragment !== undefined) return { packet: whole, payloadBytes: 64, pieceBytes: 24 };
  return { packet: whole, payloadBytes: protocol === TCP ? 0 : 16 };
}

function withSegment(flags: number, sequence: number): Pick<Packet, "tcpFlags" | "tcp"> {
  return {
    tcpFlags: flags,
    tcp: {
      sequence,
      acknowledgment: (flags & ACK) === 0 ? 0 : 1,
      window: 29_200,
      payloadBytes: 0,
    },
  };
}

/** An error tells of a packet that its receiver has sent; here of one that nobody saw. */
function quotedBy({ family, source, destination }: Packet): Packet {
  return {
    family,
    source: destination,
    destination: source,
    protocol: UDP,
    sourcePort: 50_001,
    destinationPort: 53,
  };
}

/** The opposite way's first packet: with it accepted, the view's own is the answer. */
function openerOf(
  packet: Packet,
  source: Address,
  destination: Address,
  protocol: number,
): { opener?: Shape } {
  const { sourcePort, destinationPort, family } = packet;
  if (isIcmp(protocol)) return {};
  return {
    opener: {
      packet: {
        family,
        source: destination,
        destination: source,
        protocol,
        ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
        ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
        ...(protocol === TCP ? withSegment(SYN, 0) : {}),
      },
      payloadBytes: protocol === TCP ? 0 : 16,
    },
  };
}

function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPV6;
}
