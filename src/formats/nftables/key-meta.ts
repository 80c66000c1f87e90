// Keys that read what the kernel knows of the packet beside its headers: protocol, marks, interfaces, routing type.
import { holds, type NumberSet } from "../../packet/intervals.ts";
import { all, always, any, inverted, never, type AddressType, type Match } from "../../rules/match.ts";
import { plainBits } from "./bits.ts";
import { etherTypeKey, numeric } from "./key-payload.ts";
import { opaque, type Key, type NameKey, type Scope } from "./keys.ts";
import * as names from "./names.ts";
import { listOf, numberOf, textOf, type Fields } from "./shape.ts";

/** Why a key of `meta` can't be known beforehand; what stands in neither list was not understood. */
const reasons: Readonly<Record<string, string>> = {
  skuid: "the user of the socket that sent it",
  skgid: "the group of the socket that sent it",
  cgroup: "the control group of the socket that sent it",
  cpu: "which processor handles it",
  random: "a random number",
  time: "the time of day it arrives at",
  hour: "the time of day it arrives at",
  day: "the day of the week it arrives on",
  priority: "the packet's queueing priority",
  rtclassid: "the routing realm",
  secpath: "whether it came through IPsec",
  ipsec: "whether it came through IPsec",
  iifgroup: "the group of the interface it came in by",
  oifgroup: "the group of the interface it leaves by",
  iiftype: "the type of the interface it came in by",
  oiftype: "the type of the interface it leaves by",
  iifkind: "the kind of the interface it came in by",
  oifkind: "the kind of the interface it leaves by",
  sdif: "the port of the bridge or VRF it came in by",
  sdifname: "the port of the bridge or VRF it came in by",
  ibrname: "the bridge it came in by",
  obrname: "the bridge it leaves by",
  nftrace: "whether the packet is traced",
};

export function metaKey(fields: Fields, text: string): Key {
  const key = textOf(fields["key"]) ?? "";
  switch (key) {
    case "l4proto":
      return numeric(text, 8, { field: "protocol", names: names.protocolNumber });
    case "nfproto":
      return familyKey(text);
    case "protocol":
      return etherTypeKey(text);
    case "length":
      return numeric(text, 32, { field: "length" });
    case "mark":
      return { kind: "mark", of: "packet", text, needs: always, readable: always, bits: plainBits(32) };
    case "iifname":
    case "iif":
      return interfaceKey(text, "in");
    case "oifname":
    case "oif":
      return interfaceKey(text, "out");
    case "pkttype":
      return linkTypeKey(text);
    default:
      return Object.hasOwn(reasons, key)
        ? opaque(text, reasons[key] ?? key)
        : opaque(text, "a property that Ringwall does not know", { understood: false });
  }
}

/** `meta nfproto`, `ct l3proto` */
export function familyKey(text: string, needs: Match = always): Key {
  return numeric(text, 8, {
    needs,
    names: names.families,
    points: [2, 10],
    test: (set) =>
      any(
        holds(set, 2) ? { kind: "family", family: 4 } : never,
        holds(set, 10) ? { kind: "family", family: 6 } : never,
      ),
  });
}

function interfaceKey(text: string, direction: "in" | "out"): NameKey {
  return {
    kind: "name",
    text,
    needs: always,
    readable: always,
    test: (name) => {
      const prefix = name.endsWith("*") && !name.endsWith("\\*");
      return {
        kind: "interface",
        direction,
        name: prefix ? name.slice(0, -1) : name.replace("\\*", "*"),
        prefix,
      };
    },
  };
}

/** Frames for other hosts never come as far as netfilter's IP hooks. */
function linkTypeKey(text: string): Key {
  const kinds = ["unicast", "broadcast", "multicast"] as const;
  return numeric(text, 8, {
    names: names.linkTypes,
    points: [0, 1, 2],
    test: (set) =>
      any(...kinds.filter((_, at) => holds(set, at)).map((is): Match => ({ kind: "link-type", is }))),
  });
}

const addressTypes: readonly (readonly [number, AddressType])[] = [
  [0, "unspecified"],
  [1, "unicast"],
  [2, "local"],
  [3, "broadcast"],
  [4, "anycast"],
  [5, "multicast"],
  [6, "blackhole"],
  [7, "unreachable"],
  [8, "prohibit"],
];

/** `fib daddr type local`; the other results of a route lookup are named, not answered. */
export function fibKey(fields: Fields, text: string): Key {
  const flags = listOf(fields["flags"]);
  const plain = flags.every((flag) => ["saddr", "daddr", "iif", "oif"].includes(textOf(flag) ?? ""));
  if (fields["result"] !== "type" || !plain) {
    const address = flags.includes("saddr") ? "source" : "destination";
    return opaque(text, `the host's own route to the ${address} address`);
  }
  const field = flags.includes("saddr") ? "source" : "destination";
  const limitTo = flags.includes("iif") ? "in" : flags.includes("oif") ? "out" : undefined;
  return numeric(text, 32, {
    names: names.addressTypes,
    points: addressTypes.map(([number]) => number),
    test: (set: NumberSet) => {
      const types = addressTypes.filter(([number]) => holds(set, number)).map(([, type]) => type);
      const test: Match = { kind: "address-type", field, types };
      return types.length === 0 ? never : limitTo === undefined ? test : { ...test, limitTo };
    },
  });
}

/** TCP options and IPv6 extension headers: there or missing; their fields are not known. */
export function extensionKey(scope: Scope, kind: string, fields: Fields, text: string): Key {
  const whole = fields["field"] === undefined;
  const name = textOf(fields["name"]) ?? "";
  if (kind === "exthdr" && name === "frag" && whole) {
    const fragment: Match = { kind: "fragment", is: "first-or-later" };
    return {
      kind: "presence",
      text,
      needs: { kind: "family", family: 6 },
      readable: { kind: "family", family: 6 },
      test: (present) => (present ? fragment : inverted(fragment)),
    };
  }
  if (kind === "exthdr") {
    const needs: Match = scope.family === "inet" ? { kind: "family", family: 6 } : always;
    return opaque(text, "an IPv6 extension header", { needs });
  }
  const base = numberOf(fields["base"]);
  const option =
    base === undefined
      ? names.named(names.tcpOptions, name)
      : fields["len"] === 8 && fields["offset"] === 0
        ? base
        : undefined;
  const raw = base !== undefined && option !== undefined;
  if (kind !== "tcp option" || option === undefined || !(whole || raw))
    return opaque(text, `a field of an option (${kind})`);
  const later: Match = { kind: "fragment", is: "later" };
  const there: Match = { kind: "tcp-option", option };
  return {
    kind: "presence",
    text,
    needs: always,
    readable: always,
    // The kernel finds no option in a packet that is not TCP, nor in a later fragment: it is missing there.
    test: (present) => (present ? all(inverted(later), there) : any(later, inverted(there))),
  };
}
