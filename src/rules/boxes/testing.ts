// Random matches and packets for the tests of boxes and of the classifier: few values a field, so that they meet.
import * as fc from "fast-check";
import type { AddressSet } from "../../packet/address-set.ts";
import { fromPairs, numberDomain, type NumberSet } from "../../packet/intervals.ts";
import type { Packet } from "../../packet/packet.ts";
import type { ConnectionState, Match } from "../match.ts";
import type { View } from "../view.ts";

const ipv4s = [0, 0x0a000000, 0x0a000001, 0x0a0000ff, 0x0a000100, 0xc0000200, 0xffffffff] as const;
const ipv6s = [
  0n,
  0x20010db8n << 96n,
  (0x20010db8n << 96n) + 1n,
  (0x20010db8n << 96n) + 0xffffn,
  (1n << 128n) - 1n,
] as const;
const portValues = [0, 1, 22, 53, 80, 443, 1024, 65535] as const;
const protocolValues = [1, 6, 17, 47, 58, 132] as const;
const smallValues = [0, 3, 8, 128, 255] as const;
const names = ["eth0", "eth1", "eth10", "lo", "wg0", ""] as const;
const stateValues: readonly ConnectionState[] = ["new", "established", "related", "invalid", "untracked"];
const markValues = [0, 1, 0x4000, 0x8000, 0xffffffff] as const;

function setOf(values: readonly number[]): fc.Arbitrary<NumberSet> {
  const pair = fc
    .tuple(fc.constantFrom(...values), fc.constantFrom(...values))
    .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
  return fc
    .array(pair, { minLength: 1, maxLength: 3 })
    .map((pairs) => fromPairs(numberDomain(0xffffffff), pairs));
}

const addressSets: fc.Arbitrary<AddressSet> = fc.record({
  v4: fc.oneof({ weight: 4, arbitrary: setOf(ipv4s) }, { weight: 1, arbitrary: fc.constant([]) }),
  v6: fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...ipv6s), fc.constantFrom(...ipv6s))
        .map(([a, b]) => (a < b ? [a, b] : [b, a])),
    },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
});

const addressFields = fc.constantFrom(
  "source",
  "destination",
  "source",
  "destination",
  "original-source",
  "reply-destination",
);
const numberFields = fc.constantFrom(
  "protocol",
  "protocol",
  "source-port",
  "destination-port",
  "destination-port",
  "icmp-type",
  "icmp-code",
  "length",
  "original-destination-port",
);

const numberTests: fc.Arbitrary<Match> = numberFields.chain((field) => {
  const values = field === "protocol" ? protocolValues : field.startsWith("icmp") ? smallValues : portValues;
  return setOf(values).map((set): Match => ({ kind: "number", field, set }));
});

const tests: fc.Arbitrary<Match> = fc.oneof(
  fc.tuple(addressFields, addressSets).map(([field, set]): Match => ({ kind: "address", field, set })),
  numberTests,
  numberTests,
  fc.constantFrom<Match>(
    { kind: "always" },
    { kind: "never" },
    { kind: "family", family: 4 },
    { kind: "family", family: 6 },
    { kind: "address-bits", field: "source", family: 4, mask: 0xffff00ffn, value: 0x0a000001n },
    { kind: "address-bits", field: "destination", family: 6, mask: 0xffffn, value: 1n },
    { kind: "tcp-flags", mask: 0x17, value: 0x02 },
    { kind: "tcp-flags", mask: 0x12, value: 0x10 },
    { kind: "tcp-option", option: 2 },
    { kind: "fragment", is: "later" },
    { kind: "fragment", is: "first-or-later" },
    { kind: "status", status: ["dnat"] },
    { kind: "direction", is: "reply" },
    { kind: "mac", address: "02:00:00:00:00:01" },
    { kind: "link-type", is: "broadcast" },
    { kind: "address-type", field: "destination", types: ["local"] },
    { kind: "endpoint", side: "source", ids: new Set(["pod"]) },
    { kind: "unknown", what: "limit" },
  ),
  fc
    .tuple(fc.constantFrom("in", "out"), fc.constantFrom(...names), fc.boolean())
    .map(([direction, name, prefix]): Match => ({
      kind: "interface",
      direction,
      name: prefix ? name.slice(0, 3) : name,
      prefix,
    })),
  fc.subarray([...stateValues], { minLength: 1 }).map((states): Match => ({ kind: "state", states })),
  fc
    .tuple(fc.constantFrom("packet", "connection"), fc.constantFrom(0xffffffff, 0xc000), setOf(markValues))
    .map(([of, mask, set]): Match => ({ kind: "mark", of, mask, set })),
  fc.tuple(addressSets, setOf(portValues), addressSets, setOf(portValues)).map(([a, b, c, d]): Match => ({
    kind: "tuple",
    fields: ["source", "destination-port"],
    elements: [
      [{ addresses: a }, { numbers: b }],
      [{ addresses: c }, { numbers: d }],
    ],
    name: "set",
  })),
);

/** A match of any kind, nested up to three deep. */
export const anyMatch: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3, depthIdentifier: "match" },
    { weight: 5, arbitrary: tests },
    {
      weight: 2,
      arbitrary: fc
        .array(tie("match"), { minLength: 1, maxLength: 4 })
        .map((of): Match => ({ kind: "all", of })),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie("match"), { maxLength: 3 }).map((of): Match => ({ kind: "any", of })),
    },
    { weight: 1, arbitrary: tie("match").map((match): Match => ({ kind: "not", match })) },
  ),
})).match;

const family4 = fc.record({ family: fc.constant(4 as const), source: ofFamily4(), destination: ofFamily4() });
const family6 = fc.record({ family: fc.constant(6 as const), source: ofFamily6(), destination: ofFamily6() });

function ofFamily4() {
  return fc.constantFrom(...ipv4s).map((value) => ({ family: 4 as const, value }));
}
function ofFamily6() {
  return fc.constantFrom(...ipv6s).map((value) => ({ family: 6 as const, value }));
}

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 4 });
}

/** A packet with one value a field, as a ring sees it: what columns of packets can hold, and nothing else. */
export const anyView: fc.Arbitrary<View> = fc
  .record({
    ends: fc.oneof(family4, family4, family6),
    protocol: fc.constantFrom(...protocolValues, 6, 17),
    sourcePort: fc.constantFrom(...portValues),
    destinationPort: fc.constantFrom(...portValues),
    icmpType: maybe(fc.constantFrom(...smallValues)),
    icmpCode: maybe(fc.constantFrom(...smallValues)),
    tcpFlags: maybe(fc.constantFrom(0x02, 0x12, 0x10, 0x04)),
    fragment: fc.constantFrom(undefined, undefined, undefined, "first" as const, "later" as const),
    state: maybe(fc.constantFrom(...stateValues)),
    inInterface: maybe(fc.constantFrom(...names, "tun0")),
    outInterface: maybe(fc.constantFrom(...names, "tun0")),
    fromElsewhere: fc.boolean(),
    mark: maybe(fc.constantFrom(...markValues)),
    connectionMark: maybe(fc.constantFrom(...markValues)),
  })
  .map(
    ({
      ends,
      protocol,
      sourcePort,
      destinationPort,
      icmpType,
      icmpCode,
      tcpFlags,
      fragment,
      ...view
    }): View => {
      const packet: Packet = {
        ...ends,
        protocol,
        sourcePort,
        destinationPort,
        ...(icmpType === undefined ? {} : { icmpType }),
        ...(icmpCode === undefined ? {} : { icmpCode }),
        ...(tcpFlags === undefined ? {} : { tcpFlags }),
        ...(fragment === undefined ? {} : { fragment }),
      };
      return { packet, ...view };
    },
  );
