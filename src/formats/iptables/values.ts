// Parses the values that iptables options take: numbers in C's notation, masked numbers, port ranges, address masks.
// Undefined means: not such a value; the caller knows the option, and says so.
import { addressBits, makeAddress, parseAddress, type Address, type Family } from "../../packet/address.ts";
import { fromPairs, type NumberSet } from "../../packet/intervals.ts";
import { parsePort, parseProtocol, portDomain } from "../../packet/protocol.ts";

/** A whole number as strtoul(…, 0) reads it: decimal, 0x…, or octal with a leading 0. */
export function parseWhole(text: string, most: number): number | undefined {
  const value = /^0[xX][0-9a-fA-F]+$/.test(text)
    ? Number(text)
    : /^0[0-7]+$/.test(text)
      ? Number.parseInt(text, 8)
      : /^\d+$/.test(text)
        ? Number(text)
        : undefined;
  return value === undefined || value > most ? undefined : value;
}

export interface Masked {
  readonly value: number;
  readonly mask: number;
}

/** `0x1/0xff`; without a mask, all 32 bits. */
export function parseMasked(text: string): Masked | undefined {
  const [first = "", second, rest] = text.split("/");
  const value = parseWhole(first, 0xffffffff);
  const mask = second === undefined ? 0xffffffff : parseWhole(second, 0xffffffff);
  return value === undefined || mask === undefined || rest !== undefined ? undefined : { value, mask };
}

/** `5`, `5:9`, `5:`, `:9`, between 0 and `most`; `undefined` also where the first is above the last. */
export function parseSpan(text: string, most: number, separator = ":"): NumberSet | undefined {
  const [first = "", last, rest] = text.split(separator);
  if (rest !== undefined || text === "" || text === separator) return undefined;
  const from = first === "" ? 0 : parseWhole(first, most);
  const to = last === undefined ? from : last === "" ? most : parseWhole(last, most);
  return from === undefined || to === undefined || from > to ? undefined : [from, to];
}

export type Ports = NumberSet | { readonly name: string } | undefined;

/** `80`, `80:90`, `:1023`, `ssh`; a service name that Ringwall does not know is given back by its name. */
export function parsePorts(text: string, separator = ":"): Ports {
  const [first = "", last, rest] = text.split(separator);
  if (rest !== undefined || text === "" || text === separator) return undefined;
  const from = first === "" ? 0 : parsePort(first);
  const to = last === undefined ? from : last === "" ? 65535 : parsePort(last);
  for (const [word, port] of [
    [first, from],
    [last ?? "", to],
  ] as const) {
    if (port === undefined && /^[A-Za-z][\w.+-]*$/.test(word)) return { name: word };
  }
  return from === undefined || to === undefined || from > to ? undefined : [from, to];
}

/** multiport's list: ports and ranges. */
export function parsePortList(text: string): Ports {
  const pairs: [number, number][] = [];
  for (const part of text.split(",")) {
    const ports = parsePorts(part);
    if (ports === undefined || "name" in ports) return ports;
    pairs.push([ports[0] ?? 0, ports[1] ?? 0]);
  }
  return fromPairs(portDomain, pairs);
}

/**
 * Protocol names of /etc/protocols that the common table has not, or has otherwise: to getprotobyname `ipip` is 94
 * and `ipencap` is 4, though most people say ipip and mean 4.
 */
const protocolNumbers: ReadonlyMap<string, number> = new Map([
  ["all", 0],
  ["ip", 0],
  ["ggp", 3],
  ["st", 5],
  ["pup", 12],
  ["hmp", 20],
  ["xns-idp", 22],
  ["rdp", 27],
  ["iso-tp4", 29],
  ["xtp", 36],
  ["ddp", 37],
  ["idpr-cmtp", 38],
  ["idrp", 45],
  ["skip", 57],
  ["rspf", 73],
  ["vmtp", 81],
  ["ax.25", 93],
  ["ipip", 94],
  ["etherip", 97],
  ["encap", 98],
  ["isis", 124],
  ["fc", 133],
  ["mpls-in-ip", 137],
  ["manet", 138],
  ["shim6", 139],
  ["wesp", 140],
  ["rohc", 141],
  ["ethernet", 143],
  ["mptcp", 262],
]);

/** A protocol as `-p` takes it; 0 is every protocol. */
export function parseRuleProtocol(text: string): number | undefined {
  return protocolNumbers.get(text.toLowerCase()) ?? parseProtocol(text);
}

/** An address with a prefix length, or with a mask that has holes, as wide as the family. */
export type AddressMask =
  | { readonly address: Address; readonly length: number }
  | { readonly address: Address; readonly mask: bigint };

/** `10.0.0.1`, `10.0.0.0/8`, `10/8`, `10.0.1.0/255.0.255.0`, `fe80::/10`, `::1/ffff::ffff`. */
export function parseAddressMask(text: string, family: Family): AddressMask | undefined {
  const slash = text.indexOf("/");
  const address = parseRuleAddress(slash < 0 ? text : text.slice(0, slash), family);
  if (address === undefined) return undefined;
  const bits = addressBits(family);
  if (slash < 0) return { address, length: bits };
  const tail = text.slice(slash + 1);
  if (/^\d{1,3}$/.test(tail)) return Number(tail) > bits ? undefined : { address, length: Number(tail) };
  const written = parseAddress(tail);
  if (written === undefined || written.family !== family) return undefined;
  const mask = BigInt(written.value);
  const host = mask ^ ((1n << BigInt(bits)) - 1n);
  if ((host & (host + 1n)) !== 0n) return { address, mask };
  return { address, length: bits - (host === 0n ? 0 : host.toString(2).length) };
}

/** An address of the table's family; `10.1` is 10.1.0.0, as iptables completes it. */
function parseRuleAddress(text: string, family: Family): Address | undefined {
  const short = /^\d{1,3}(\.\d{1,3}){0,2}$/.test(text);
  const address = parseAddress(family === 4 && short ? text + ".0".repeat(4 - text.split(".").length) : text);
  return address?.family === family ? address : undefined;
}

/** An address of a family; for targets and ranges, which take no masks. */
export function parseFamilyAddress(text: string, family: Family): Address | undefined {
  const address = parseAddress(text);
  return address?.family === family ? makeAddress(family, address.value) : undefined;
}
