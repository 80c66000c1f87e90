// Keys that read a header of the packet: addresses, ports, protocol, ICMP, flags. nft implies the protocol and family of
// every named field (its “dependencies”), and leaves them out of listings; here they are put back.
import {
  complement,
  intersection,
  numberDomain,
  isSubset,
  holds,
  type NumberSet,
} from "../../packet/intervals.ts";
import { AH, DCCP, ESP, ICMP, ICMPV6, parsePort, SCTP, TCP, UDP, UDPLITE } from "../../packet/protocol.ts";
import {
  all,
  always,
  any,
  inverted,
  never,
  type AddressField,
  type Match,
  type NumberField,
} from "../../rules/match.ts";
import { plainBits } from "./bits.ts";
import { loadsHeader } from "./fragments.ts";
import {
  familyTest,
  hasHeader,
  ofProtocol,
  opaque,
  portedProtocols,
  type AddressKey,
  type Key,
  type NameKey,
  type NumericKey,
  type Scope,
} from "./keys.ts";
import * as names from "./names.ts";
import { named, type Names } from "./names.ts";
import { textOf, type Fields } from "./shape.ts";
import { flagsTest } from "./tcp-flags.ts";

const transports: Readonly<Record<string, number>> = {
  tcp: TCP,
  udp: UDP,
  udplite: UDPLITE,
  sctp: SCTP,
  dccp: DCCP,
};
/** Protocols of which nft reads fields that no packet of a question carries. */
const others: Readonly<Record<string, number>> = { ah: AH, esp: ESP, comp: 108, igmp: 2, gre: 47 };

/** `{ "payload": { "protocol": "tcp", "field": "dport" } }` */
export function payloadKey(scope: Scope, fields: Fields, text: string): Key {
  const protocol = textOf(fields["protocol"]);
  const field = textOf(fields["field"]);
  if (protocol === undefined || field === undefined) {
    return opaque(text, "raw bytes of the packet", { understood: false });
  }
  const transport = Object.hasOwn(transports, protocol) ? transports[protocol] : undefined;
  if (transport !== undefined) return transportKey(scope, field, text, [transport, transport]);
  switch (protocol) {
    case "ip":
      return ipKey(scope, field, text);
    case "ip6":
      return ip6Key(scope, field, text);
    case "th":
      return anyTransportKey(scope, field, text);
    case "icmp":
      return icmpKey(scope, field, text, names.icmpTypes, names.icmpCodes, 4);
    case "icmpv6":
      return icmpKey(scope, field, text, names.icmpv6Types, names.icmpv6Codes, 6);
    case "ether":
      return etherKey(field, text);
    default: {
      const number = Object.hasOwn(others, protocol) ? others[protocol] : undefined;
      return number === undefined
        ? opaque(text, `a field of the ${protocol} header`, { understood: false })
        : opaque(text, `a field of the ${protocol} header`, { needs: ofProtocol([number, number]) });
    }
  }
}

export function numeric(
  text: string,
  width: number,
  about: {
    readonly needs?: Match;
    readonly readable?: Match;
    readonly names?: Names | ((word: string) => number | undefined);
    readonly field?: NumberField;
    readonly points?: readonly number[];
    readonly test?: (set: NumberSet) => Match;
    readonly loose?: boolean;
    readonly beyond?: Match;
  },
): NumericKey {
  const { needs = always, names: words = {}, field, points } = about;
  const test =
    about.test ?? ((set: NumberSet): Match => (field === undefined ? never : { kind: "number", field, set }));
  return {
    kind: "numeric",
    text,
    needs,
    readable: about.readable ?? needs,
    bits: plainBits(width),
    parse: typeof words === "function" ? words : (word) => named(words, word),
    test,
    ...(field === undefined || about.test !== undefined ? {} : { field }),
    ...(points === undefined ? {} : { points }),
    ...(about.loose === true ? { loose: true } : {}),
    ...(about.beyond === undefined || about.beyond.kind === "never" ? {} : { beyond: about.beyond }),
  };
}

export function addressKey(text: string, field: AddressField, family: 4 | 6, readable: Match): AddressKey {
  // A set of one family's addresses holds no other: the test itself implies the family.
  return {
    kind: "address",
    text,
    field,
    family,
    needs: always,
    readable,
    bits: plainBits(family === 4 ? 32 : 128),
  };
}

function transportKey(scope: Scope, field: string, text: string, protocols: NumberSet): Key {
  const needs = ofProtocol(protocols);
  const readable = all(needs, loadsHeader(scope.pieces));
  const beyond = all(needs, scope.pieces);
  if (field === "sport" || field === "dport") {
    return numeric(text, 16, {
      needs,
      readable,
      beyond,
      field: field === "sport" ? "source-port" : "destination-port",
      names: parsePort,
    });
  }
  if (field === "flags" && holds(protocols, TCP)) {
    return numeric(text, 8, { readable, beyond, names: names.tcpFlags, test: flagsTest });
  }
  return opaque(text, "a header field that a question does not carry", { needs: readable });
}

/** `th dport` reads two bytes of whatever stands behind the IP header: ports only where the protocol has them. */
function anyTransportKey(scope: Scope, field: string, text: string): Key {
  if (field !== "sport" && field !== "dport")
    return opaque(text, "a header field that a question does not carry");
  const pinned = scope.protocols !== undefined && isSubset(scope.protocols, portedProtocols);
  return numeric(text, 16, {
    readable: loadsHeader(scope.pieces),
    beyond: scope.pieces,
    field: field === "sport" ? "source-port" : "destination-port",
    names: parsePort,
    loose: !pinned,
  });
}

function ipKey(scope: Scope, field: string, text: string): Key {
  const needs = familyTest(scope, 4);
  switch (field) {
    case "saddr":
    case "daddr":
      return addressKey(text, field === "saddr" ? "source" : "destination", 4, needs);
    case "protocol":
      return numeric(text, 8, { needs, field: "protocol", names: names.protocolNumber });
    case "ttl":
    case "length":
      return numeric(text, field === "ttl" ? 8 : 16, { needs, field });
    case "dscp":
      return numeric(text, 6, { needs, field, names: names.dscpClasses });
    case "version":
      return numeric(text, 4, { needs, points: [4], test: (set) => (holds(set, 4) ? always : never) });
    case "frag-off":
      return numeric(text, 16, { needs, test: (set) => fragmentOffsetTest(scope, text, set) });
    default:
      return opaque(text, "a header field that a question does not carry", { needs });
  }
}

/**
 * The 16 bits of flags and offset (RFC 791), by what the model knows: a whole packet, a first fragment (more to come,
 * offset 0) or a later one (offset over 0). The “don't fragment” bit and the offset itself are not known.
 */
function fragmentOffsetTest(scope: Scope, text: string, set: NumberSet): Match {
  const unknown: Match = {
    kind: "unknown",
    what: `“${text}”: the exact fragment bits`,
    origin: scope.origin,
  };
  const inside = (candidates: NumberSet): Match =>
    isSubset(candidates, set) ? always : intersection(candidates, set).length === 0 ? never : unknown;
  const whole = inside([0, 0, 0x4000, 0x4000]);
  const first = inside([0x2000, 0x2000]);
  const later = inside([1, 0x1fff, 0x2001, 0x3fff]);
  const isLater: Match = { kind: "fragment", is: "later" };
  const isAny: Match = { kind: "fragment", is: "first-or-later" };
  return any(all(inverted(isAny), whole), all(isAny, inverted(isLater), first), all(isLater, later));
}

function ip6Key(scope: Scope, field: string, text: string): Key {
  const needs = familyTest(scope, 6);
  switch (field) {
    case "saddr":
    case "daddr":
      return addressKey(text, field === "saddr" ? "source" : "destination", 6, needs);
    case "nexthdr":
      return numeric(text, 8, { needs, names: names.protocolNumber, test: nextHeaderTest });
    case "hoplimit":
      return numeric(text, 8, { needs, field: "ttl" });
    case "dscp":
      return numeric(text, 6, { needs, field, names: names.dscpClasses });
    case "length":
      // The payload's length; the model's is the whole packet's, 40 bytes more.
      return numeric(text, 16, {
        needs,
        test: (set) => ({ kind: "number", field: "length", set: set.map((value) => value + 40) }),
      });
    case "version":
      return numeric(text, 4, { needs, points: [6], test: (set) => (holds(set, 6) ? always : never) });
    default:
      return opaque(text, "a header field that a question does not carry", { needs });
  }
}

/** The first next header: that of a fragment is 44, of any other packet of a question the transport protocol itself. */
function nextHeaderTest(set: NumberSet): Match {
  const fragment: Match = { kind: "fragment", is: "first-or-later" };
  return any(all(inverted(fragment), ofProtocol(set)), holds(set, 44) ? fragment : never);
}

function icmpKey(scope: Scope, field: string, text: string, types: Names, codes: Names, family: 4 | 6): Key {
  const needs = familyTest(scope, family);
  const number = family === 4 ? ICMP : ICMPV6;
  const readable = all(needs, ofProtocol([number, number]), loadsHeader(scope.pieces));
  if (field === "type" || field === "code") {
    return numeric(text, 8, {
      needs,
      readable,
      beyond: all(needs, ofProtocol([number, number]), scope.pieces),
      field: field === "type" ? "icmp-type" : "icmp-code",
      names: field === "type" ? types : codes,
    });
  }
  return opaque(text, "an ICMP field that a question does not carry", { needs: readable });
}

function etherKey(field: string, text: string): Key {
  if (field === "saddr") return macKey(text);
  if (field === "type") return etherTypeKey(text);
  return opaque(text, "a field of the link layer");
}

function macKey(text: string): NameKey {
  return {
    kind: "name",
    text,
    needs: always,
    readable: always,
    test: (address) => ({ kind: "mac", address }),
  };
}

/** `meta protocol`, `ether type`: which family the frame carries. */
export function etherTypeKey(text: string): NumericKey {
  return numeric(text, 16, {
    names: names.etherTypes,
    points: [0x0800, 0x86dd],
    test: (set) =>
      any(
        holds(set, 0x0800) ? { kind: "family", family: 4 } : never,
        holds(set, 0x86dd) ? { kind: "family", family: 6 } : never,
      ),
  });
}

/** Whether the packet's protocol has no ports, and bytes stand where ports would. */
export const portless: Match = all(ofProtocol(complement(numberDomain(255), portedProtocols)), hasHeader);
