// Reads what `ipset save` prints: create and add lines. Elements become parts, one for each dimension of the set's
// type; which side of a packet a part is asked of stands in the rule that uses the set.
import { addressBits, makeAddress, parseAddress, parsePrefix, type Family } from "../../packet/address.ts";
import { addressRange, prefixSet, type AddressSet } from "../../packet/address-set.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import { hasPorts, ICMP, ICMPV6, TCP, UDP } from "../../packet/protocol.ts";
import { Problem, type Origin, type Unknown } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { linesOf } from "./lines.ts";
import { parseRuleProtocol, parsePorts, parseWhole } from "./values.ts";
import { splitWords } from "./words.ts";

export type Dimension = "ip" | "net" | "port" | "mac" | "mark" | "iface" | "set";

export type SetPart =
  /** `length`: of the prefix, or the family's width for a range. */
  | { readonly kind: "addresses"; readonly set: AddressSet; readonly length: number }
  | { readonly kind: "port"; readonly protocols: readonly number[]; readonly ports: NumberSet }
  | {
      readonly kind: "icmp";
      readonly family: Family;
      readonly protocol: number;
      readonly type: number;
      readonly code: NumberSet;
    }
  | { readonly kind: "protocol"; readonly protocol: number }
  | { readonly kind: "mac"; readonly address: string }
  | { readonly kind: "mark"; readonly value: number; readonly mask: number }
  | { readonly kind: "interface"; readonly name: string; readonly prefix: boolean }
  | { readonly kind: "set"; readonly name: string }
  | { readonly kind: "unknown"; readonly text: string };

export interface SetElement {
  readonly parts: readonly SetPart[];
  /** An exception: what it covers is not in the set. */
  readonly nomatch: boolean;
  readonly origin: Origin;
}

export interface IpSet {
  readonly name: string;
  readonly type: string;
  readonly dimensions: readonly Dimension[];
  /** Absent for types that hold no addresses. */
  readonly family?: Family;
  readonly elements: SetElement[];
  readonly origin: Origin;
}

export interface IpSets {
  readonly sets: ReadonlyMap<string, IpSet>;
  readonly unknowns: readonly Unknown[];
}

interface OpenSet {
  readonly ipSet: IpSet;
  readonly netmask: number | undefined;
  readonly markmask: number;
  expires: boolean;
}

/** Every type that ipset 7 has, with what each part of an element is. */
const setTypes: ReadonlyMap<string, readonly Dimension[]> = new Map<string, readonly Dimension[]>([
  ["bitmap:ip", ["ip"]],
  ["bitmap:ip,mac", ["ip", "mac"]],
  ["bitmap:port", ["port"]],
  ["hash:ip", ["ip"]],
  ["hash:mac", ["mac"]],
  ["hash:ip,mac", ["ip", "mac"]],
  ["hash:net", ["net"]],
  ["hash:net,net", ["net", "net"]],
  ["hash:ip,port", ["ip", "port"]],
  ["hash:net,port", ["net", "port"]],
  ["hash:ip,port,ip", ["ip", "port", "ip"]],
  ["hash:ip,port,net", ["ip", "port", "net"]],
  ["hash:ip,mark", ["ip", "mark"]],
  ["hash:net,port,net", ["net", "port", "net"]],
  ["hash:net,iface", ["net", "iface"]],
  ["list:set", ["set"]],
]);

/**
 * @throws Problem for a line that is neither create nor add, an unknown type, a set that is not there
 * @example parseIpsetSave(file).sets.get("whitelist")?.elements.length
 */
export function parseIpsetSave(file: SourceFile): IpSets {
  const open = new Map<string, OpenSet>();
  const unknowns: Unknown[] = [];
  for (const line of linesOf(file)) {
    const text = line.text.trim();
    if (text === "" || text.startsWith("#") || text === "COMMIT") continue;
    const origin: Origin = { file: file.path, line: line.number };
    const [verb = "", name = "", ...words] = splitWords(text, origin).words;
    if (verb === "create" || verb === "-N") {
      if (open.has(name)) throw new Problem("reference", `set ${name} is created twice`, { origin });
      open.set(name, createSet(name, words, { ...origin, id: `set ${name}` }));
    } else if (verb === "add" || verb === "-A") {
      const into = open.get(name);
      if (into === undefined) {
        throw new Problem("reference", `set ${name} is not created up to here`, {
          origin,
          remedy: "its create line has to stand first, as ipset save prints it",
        });
      }
      addElement(into, words, { ...origin, id: `set ${name}` }, unknowns);
    } else {
      throw new Problem("syntax", `“${verb}” is no line of ipset save: create or add was expected`, {
        origin,
      });
    }
  }
  checkLists(open);
  for (const { ipSet, expires } of open.values()) {
    if (!expires) continue;
    unknowns.push({
      origin: ipSet.origin,
      what: `set ${ipSet.name} has entries that expire (timeout)`,
      effect: "taken as it was at the moment of the export",
    });
  }
  return { sets: new Map([...open].map(([name, { ipSet }]) => [name, ipSet])), unknowns };
}

function checkLists(open: ReadonlyMap<string, OpenSet>): void {
  for (const { ipSet } of open.values()) {
    for (const element of ipSet.elements) {
      const [part] = element.parts;
      if (part?.kind !== "set" || (open.has(part.name) && open.get(part.name)?.ipSet.type !== "list:set"))
        continue;
      throw new Problem(
        "reference",
        open.has(part.name)
          ? `list ${ipSet.name} holds ${part.name}, which is a list itself: ipset allows none`
          : `list ${ipSet.name} holds the set ${part.name}, which is not there`,
        { origin: element.origin },
      );
    }
  }
}

function createSet(name: string, words: readonly string[], origin: Origin): OpenSet {
  const [type = "", ...options] = words;
  const dimensions = setTypes.get(type);
  if (dimensions === undefined) {
    throw new Problem(
      "meaning",
      `“${type}” is no type of set that ipset has, such as hash:ip or hash:net,port`,
      {
        origin,
      },
    );
  }
  const after = (word: string): string | undefined => {
    const at = options.indexOf(word);
    return at < 0 ? undefined : options[at + 1];
  };
  const addressed = dimensions.includes("ip") || dimensions.includes("net");
  const family: Family = after("family") === "inet6" ? 6 : 4;
  const netmask = after("netmask");
  return {
    ipSet: { name, type, dimensions, ...(addressed ? { family } : {}), elements: [], origin },
    netmask: netmask === undefined ? undefined : Number(netmask),
    markmask: parseWhole(after("markmask") ?? "0xffffffff", 0xffffffff) ?? 0xffffffff,
    expires: false,
  };
}

function addElement(into: OpenSet, words: readonly string[], origin: Origin, unknowns: Unknown[]): void {
  const { ipSet } = into;
  const [text = "", ...options] = words;
  if (options.includes("timeout")) {
    const seconds = options[options.indexOf("timeout") + 1];
    if (seconds !== "0") into.expires = true;
  }
  const pieces = text.split(",");
  const parts = pieces.flatMap((piece, at) => {
    const dimension = ipSet.dimensions[at];
    return dimension === undefined ? [] : [readPart(into, dimension, piece, options, origin)];
  });
  const macMissing = ipSet.dimensions.at(-1) === "mac" && parts.length === ipSet.dimensions.length - 1;
  if (macMissing) parts.push({ kind: "unknown", text: `${text} (no hardware address yet)` });
  if (parts.length !== ipSet.dimensions.length || pieces.length > ipSet.dimensions.length) {
    throw new Problem("syntax", `“${text}” has not the ${ipSet.dimensions.length} parts of a ${ipSet.type}`, {
      origin,
    });
  }
  for (const part of parts) {
    if (part.kind === "unknown" && !macMissing) {
      unknowns.push({
        origin,
        what: text,
        effect: "whether a packet is this entry of the set can't be known",
      });
    }
  }
  ipSet.elements.push({ parts, nomatch: options.includes("nomatch"), origin });
}

function readPart(
  into: OpenSet,
  dimension: Dimension,
  text: string,
  options: readonly string[],
  origin: Origin,
): SetPart {
  const refuse = (expected: string): Problem =>
    new Problem("meaning", `“${text}” stands where ${expected} was expected (${into.ipSet.type})`, {
      origin,
    });
  switch (dimension) {
    case "ip":
    case "net": {
      const part = addressesPart(text, into.ipSet.family ?? 4, dimension === "ip" ? into.netmask : undefined);
      if (part === undefined) throw refuse(`an IPv${into.ipSet.family ?? 4} address, prefix or range`);
      return part;
    }
    case "port": {
      const part = into.ipSet.type === "bitmap:port" ? barePorts(text) : portPart(text);
      if (part === undefined) throw refuse("a port such as 80, tcp:80 or udp:5000-5010");
      return part;
    }
    case "mac": {
      const address = text.toLowerCase();
      if (!/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address)) throw refuse("a hardware address");
      return { kind: "mac", address };
    }
    case "mark": {
      const value = parseWhole(text, 0xffffffff);
      if (value === undefined) throw refuse("a mark");
      return { kind: "mark", value: (value & into.markmask) >>> 0, mask: into.markmask };
    }
    case "iface":
      return text.startsWith("physdev:")
        ? { kind: "unknown", text }
        : { kind: "interface", name: text, prefix: options.includes("wildcard") };
    case "set":
      return { kind: "set", name: text };
  }
}

function addressesPart(text: string, family: Family, netmask: number | undefined): SetPart | undefined {
  const bits = addressBits(family);
  const range = text.split("-");
  if (range.length === 2) {
    const [first, last] = range.map((end) => parseAddress(end));
    if (first?.family !== family || last?.family !== family || first.value > last.value) return undefined;
    return { kind: "addresses", set: addressRange(first, last), length: bits };
  }
  const prefix = parsePrefix(text);
  if (prefix?.family !== family) return undefined;
  const length = Math.min(prefix.length, netmask ?? bits);
  const cut = { ...makeAddress(family, prefix.value), length };
  return { kind: "addresses", set: prefixSet(cut), length };
}

/** bitmap:port asks for the port of TCP and UDP alike (ip_set_get_ip4_port). */
function barePorts(text: string): SetPart | undefined {
  const ports = parsePorts(text, "-");
  return ports === undefined || "name" in ports ? undefined : { kind: "port", protocols: [TCP, UDP], ports };
}

/** `tcp:80`, `udp:5000-5010`, `icmp:8/0`, `icmp:echo-request`, `47:0`; without a protocol it is TCP. */
function portPart(text: string): SetPart | undefined {
  const colon = text.indexOf(":");
  const protocol = colon < 0 ? TCP : parseRuleProtocol(text.slice(0, colon));
  const tail = text.slice(colon + 1);
  if (protocol === undefined) return undefined;
  if (protocol === ICMP || protocol === ICMPV6) {
    const numbers = /^(\d{1,3})\/(\d{1,3})$/.exec(tail);
    if (numbers === null) return { kind: "unknown", text };
    const code = Number(numbers[2]);
    return {
      kind: "icmp",
      family: protocol === ICMP ? 4 : 6,
      protocol,
      type: Number(numbers[1]),
      code: [code, code],
    };
  }
  if (!hasPorts(protocol)) return { kind: "protocol", protocol };
  const ports = parsePorts(tail, "-");
  return ports === undefined || "name" in ports ? undefined : { kind: "port", protocols: [protocol], ports };
}
