// The addresses and ports that generated rules and packets both draw from: few enough that they meet. Sources stay off
// the gateway's own and connected subnets, since the kernel drops such packets as martians before any rule.
import { formatPrefix, parsePrefix, type Family } from "../src/packet/address.ts";
import type { Random } from "./random.ts";

export interface World {
  readonly family: Family;
  /** Behind the first link. */
  readonly clients: readonly string[];
  /** Behind the second link, which has the default route, and behind the third. */
  readonly servers: readonly string[];
  readonly dmz: readonly string[];
  /** The gateway itself. */
  readonly own: readonly string[];
  /** Addresses that only NAT gives: nobody sends from or to them. */
  readonly translated: readonly string[];
  readonly prefixLengths: readonly number[];
  /** Destination ports, where they are not those that generated rules name. */
  readonly ports?: readonly number[];
}

export const world4: World = {
  family: 4,
  clients: ["10.30.0.5", "10.30.0.9", "10.30.1.1", "10.30.1.130", "10.30.2.77", "10.30.128.4"],
  servers: ["10.20.0.7", "10.20.0.8", "10.20.1.1", "10.20.4.200", "198.51.100.3", "203.0.113.10"],
  dmz: ["10.40.0.2", "10.40.0.3", "10.40.9.9"],
  own: ["10.1.0.1", "10.2.0.1", "10.3.0.1"],
  translated: ["192.0.2.1", "192.0.2.2", "10.20.7.1", "10.40.7.1"],
  prefixLengths: [8, 14, 16, 17, 22, 24, 25, 29, 31, 32, 32, 32],
};

export const world6: World = {
  family: 6,
  clients: [
    "2001:db8:30::5",
    "2001:db8:30::9",
    "2001:db8:30:1::1",
    "2001:db8:30:2::77",
    "2001:db8:30:8000::4",
  ],
  servers: ["2001:db8:20::7", "2001:db8:20::8", "2001:db8:20:1::1", "2a00:1450::10", "2001:db8:20:4::200"],
  dmz: ["2001:db8:40::2", "2001:db8:40::3", "2001:db8:40:9::9"],
  own: ["2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"],
  translated: ["2001:db8:99::1", "2001:db8:99::2", "2001:db8:20:7::1", "2001:db8:40:7::1"],
  prefixLengths: [16, 32, 45, 48, 49, 64, 96, 120, 127, 128, 128, 128],
};

export const ports = [22, 25, 53, 80, 443, 1024, 5432, 8080] as const;

/** Destination ports of packets: mostly those that rules name, now and then their neighbours. */
export function drawPort(random: Random): number {
  return random.chance(80) ? random.pick(ports) : random.pick([21, 23, 81, 444, 1023, 5433, 8081, 60000]);
}

/** A port or a range, as `80` or `80-443` with the language's own dash. */
export function drawPorts(random: Random, dash: string): string {
  if (random.chance(60)) return String(random.pick(ports));
  const [first, last] = random.some(ports, 2, 2);
  return `${first}${dash}${last}`;
}

/** A range of source ports: every flow has one of its own, so a single one would never match. */
export function drawSourcePorts(random: Random, dash: string): string {
  const first = random.below(60000);
  return `${first}${dash}${first + random.between(2000, 5535)}`;
}

export function everyAddress(world: World): string[] {
  return [...world.clients, ...world.servers, ...world.dmz, ...world.own, ...world.translated];
}

/** A prefix around one of the world's addresses, its host bits cleared. */
export function drawPrefix(
  random: Random,
  world: World,
  around: readonly string[] = everyAddress(world),
): string {
  return clearHostBits(random.pick(around), random.pick(world.prefixLengths));
}

export function clearHostBits(text: string, length: number): string {
  const prefix = parsePrefix(`${text}/${length}`);
  if (prefix === undefined) throw new Error(`${text} is not an address`);
  return formatPrefix(prefix);
}
