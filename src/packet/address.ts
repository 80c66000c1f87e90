// IP addresses and prefixes: parsing and printing of both families. IPv4 is a number (unsigned 32 bits), IPv6 a
// bigint (128 bits), so that the common case stays fast. Sets of them live in address-set.ts.
import { Problem, type Origin } from "../problem.ts";

export type Family = 4 | 6;
export type Address = {
  /** What people are told in its place: a pod whose address a reader had to make up. */
  readonly name?: string;
} & ({ readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint });
export type Prefix = Address & { readonly length: number };

const ipv4Pattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Parses one address, or gives undefined. Leading zeros are refused, since tools disagree on octal. */
export function parseAddress(text: string): Address | undefined {
  const four = ipv4Pattern.exec(text);
  if (four) {
    let value = 0;
    for (let at = 1; at <= 4; at += 1) {
      const part = four[at] ?? "";
      const octet = Number(part);
      if (octet > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
      value = value * 256 + octet;
    }
    return { family: 4, value };
  }
  return text.includes(":") ? parseIpv6(text) : undefined;
}

/** RFC 4291, section 2.2: hextets, one `::`, and an IPv4 tail. A zone (`%eth0`) is not part of an address. */
function parseIpv6(text: string): Address | undefined {
  let body = text;
  const tail = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail?.[1] !== undefined) {
    const four = parseAddress(tail[1]);
    if (four?.family !== 4) return undefined;
    const hex = `${(four.value >>> 16).toString(16)}:${(four.value & 0xffff).toString(16)}`;
    body = text.slice(0, text.length - tail[1].length) + hex;
  }
  const halves = body.split("::");
  if (halves.length > 2) return undefined;
  const head = halves[0] === "" ? [] : (halves[0] ?? "").split(":");
  const rear = halves.length === 1 || halves[1] === "" ? [] : (halves[1] ?? "").split(":");
  const missing = 8 - head.length - rear.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const part of [...head, ...Array.from({ length: missing }, () => "0"), ...rear]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    value = (value << 16n) | BigInt(`0x${part}`);
  }
  return { family: 6, value };
}

export function addressBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** An address of a family from its number; for values computed from other addresses. */
export function makeAddress(family: Family, value: number | bigint): Address {
  return family === 4 ? { family, value: Number(value) >>> 0 } : { family, value: BigInt(value) };
}

/** The address in its usual form; IPv6 as RFC 5952 has it (lower case, longest run of zeros as `::`). */
export function formatAddress(address: Address): string {
  if (address.family === 4) {
    const v = address.value;
    return `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;
  }
  const parts: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n)
    parts.push(((address.value >> shift) & 0xffffn).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (parts[start + length] === "0") length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return parts.join(":");
  return `${parts.slice(0, best.start).join(":")}::${parts.slice(best.start + best.length).join(":")}`;
}

/** The lowest and highest address of a prefix. Host bits that were written are ignored. */
export function prefixEnds(prefix: Prefix): { readonly first: Address; readonly last: Address } {
  if (prefix.family === 4) {
    const size = 2 ** (32 - prefix.length);
    const first = prefix.value - (prefix.value % size);
    return { first: { family: 4, value: first }, last: { family: 4, value: first + size - 1 } };
  }
  const host = (1n << BigInt(128 - prefix.length)) - 1n;
  const first = prefix.value & ~host;
  return { first: { family: 6, value: first }, last: { family: 6, value: first | host } };
}

/** Parses `address` or `address/length`; a bare address is a prefix of full length. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = addressBits(address.family);
  if (slash < 0) return { ...address, length: bits };
  const tail = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(tail) || Number(tail) > bits) return undefined;
  return { ...address, length: Number(tail) };
}

/** As `parsePrefix`, but what can't be parsed is a `Problem` that says why. */
export function requirePrefix(text: string, origin?: Origin): Prefix {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return prefix;
  const [head = "", tail] = text.split("/");
  const address = parseAddress(head);
  const why =
    address !== undefined && tail !== undefined
      ? `the length of a prefix of IPv${address.family} is 0 to ${addressBits(address.family)}, not “${tail}”`
      : `“${text}” is not an address or prefix such as 10.0.0.0/8 or 2001:db8::/32`;
  throw new Problem("meaning", why, origin === undefined ? {} : { origin });
}

export function formatPrefix(prefix: Prefix): string {
  const { first } = prefixEnds(prefix);
  return `${formatAddress(first)}/${prefix.length}`;
}
