// Random matches, chains and views for the tests that hold readings of rules to each other: few values of each field, so that
// rules and packets meet often.
import * as fc from "fast-check";
import { addressSet } from "../../packet/address-set.ts";
import { parseAddress, type Address } from "../../packet/address.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet, Rule } from "../rule.ts";
import type { View } from "../view.ts";

const addresses4 = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "192.0.2.7"].map(known);
const addresses6 = ["2001:db8::1", "2001:db8::2", "2001:db8:1::1"].map(known);
const ports = [22, 53, 80, 81, 443, 50_000] as const;
export const interfaceNames = ["eth0", "eth1", "wlan0", "lo"] as const;
export const endpointIds = ["web", "db"] as const;
const states = ["new", "established", "related", "invalid", "untracked"] as const;

function known(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

const addressSets = fc.constantFrom(
  ...["10.0.0.0/24", "10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64", "2001:db8::2", "::/0"].map(
    (text) => addressSet(text),
  ),
  addressSet("10.0.0.2", "192.0.2.0/24", "2001:db8:1::/48"),
);
const portSets = fc.constantFrom([22, 22], [53, 53, 80, 81], [0, 1023], [443, 443], [0, 65_535], []);
const tuplePart = fc.oneof(
  addressSets.map((addresses) => ({ addresses })),
  portSets.map((numbers) => ({ numbers })),
);
const tupleFields = fc.constantFrom(
  "source",
  "destination",
  "protocol",
  "destination-port",
  "ttl",
  "original-source",
);

const leaves: readonly fc.Arbitrary<Match>[] = [
  fc.constant({ kind: "always" }),
  fc.constant({ kind: "never" }),
  fc.record({ kind: fc.constant("family"), family: fc.constantFrom(4, 6) }),
  fc.record({
    kind: fc.constant("address"),
    field: fc.constantFrom("source", "destination", "original-source", "reply-destination"),
    set: addressSets,
  }),
  fc.record({
    kind: fc.constant("address-bits"),
    field: fc.constantFrom("source", "original-destination"),
    family: fc.constant(4),
    mask: fc.constant(0xff0000ffn),
    value: fc.constantFrom(0x0a000001n, 0x0a000002n),
  }),
  fc.record({
    kind: fc.constant("number"),
    field: fc.constantFrom("source-port", "destination-port", "original-destination-port"),
    set: portSets,
  }),
  fc.record({
    kind: fc.constant("number"),
    field: fc.constantFrom("protocol", "icmp-type", "icmp-code", "ttl"),
    set: fc.constantFrom([6, 6], [17, 17], [0, 8], [1, 1, 58, 58], [128, 129]),
  }),
  fc.record({
    kind: fc.constant("tcp-flags"),
    mask: fc.constantFrom(0x17, 0x02, 0xff),
    value: fc.constantFrom(0x02, 0x10, 0),
  }),
  fc.record({ kind: fc.constant("tcp-option"), option: fc.constant(2) }),
  fc.record({ kind: fc.constant("fragment"), is: fc.constantFrom("first-or-later", "later") }),
  fc
    .record({
      kind: fc.constant("interface"),
      direction: fc.constantFrom("in", "out"),
      of: fc.constantFrom(
        ["eth", true],
        ["eth0", false],
        ["eth1", false],
        ["", true],
        ["w", true],
        ["lo", false],
      ),
    })
    .map(({ kind, direction, of: [name, prefix] }) => ({ kind, direction, name, prefix })),
  fc.record({ kind: fc.constant("state"), states: fc.subarray([...states]) }),
  fc.record({ kind: fc.constant("status"), status: fc.constant(["assured"]) }),
  fc.record({ kind: fc.constant("direction"), is: fc.constantFrom("original", "reply") }),
  fc.record({
    kind: fc.constant("mark"),
    of: fc.constantFrom("packet", "connection"),
    mask: fc.constantFrom(0xffffffff, 0xf, 6),
    set: fc.constantFrom([0, 0], [1, 5], [4, 4], [0, 2, 9, 0xffffffff]),
  }),
  fc.constant({ kind: "mac", address: "02:00:00:00:00:01" }),
  fc.record({
    kind: fc.constant("endpoint"),
    side: fc.constantFrom("source", "destination"),
    ids: fc.constantFrom(new Set(["web"]), new Set(["db", "web"])),
  }),
  fc.array(tupleFields, { minLength: 1, maxLength: 3 }).chain((fields) =>
    fc.record({
      kind: fc.constant("tuple"),
      fields: fc.constant(fields),
      elements: fc.array(fc.array(tuplePart, { minLength: fields.length - 1, maxLength: fields.length }), {
        maxLength: 20,
      }),
      name: fc.constant("set"),
    }),
  ),
  fc.constant({ kind: "unknown", what: "a module" }),
] as readonly fc.Arbitrary<Match>[];

/** Any match, a few levels deep. */
export const anyMatch: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3 },
    ...leaves.map((arbitrary) => ({ arbitrary, weight: 2 })),
    { arbitrary: tie("match").map((match): Match => ({ kind: "not", match })), weight: 10 },
    {
      arbitrary: fc
        .tuple(fc.constantFrom("all" as const, "any" as const), fc.array(tie("match"), { maxLength: 3 }))
        .map(([kind, of]): Match => ({ kind, of })),
      weight: 14,
    },
  ),
})).match;

const marksOf = fc.constantFrom("packet" as const, "connection" as const);
const masks = fc.constantFrom(0xffffffff, 0xf, 3, 0);

/** Which bits a mark is copied from and to: few, since sets follow no more of them exactly. */
const copies = fc.constantFrom([3, 3], [0xf, 3], [0, 0xf], [6, 0]);

function actionsOf(targets: readonly string[]): fc.Arbitrary<Action> {
  return fc.letrec<{ action: Action }>((tie) => ({
    action: fc.oneof(
      { maxDepth: 2 },
      { arbitrary: fc.constantFrom<Action>({ kind: "accept" }, { kind: "drop" }), weight: 4 },
      {
        arbitrary: fc.constantFrom<Action>({ kind: "reject", with: "tcp-reset" }, { kind: "reject" }),
        weight: 1,
      },
      {
        arbitrary: fc.constantFrom<Action>(
          ...targets.flatMap((chain): Action[] => [
            { kind: "jump", chain },
            { kind: "goto", chain },
          ]),
        ),
        weight: 5,
      },
      { arbitrary: fc.constant<Action>({ kind: "return" }), weight: 2 },
      { arbitrary: fc.constant<Action>({ kind: "queue", bypass: false }), weight: 1 },
      { arbitrary: fc.constant<Action>({ kind: "masquerade" }), weight: 1 },
      {
        arbitrary: fc
          .tuple(marksOf, masks, fc.constantFrom(0, 1, 4, 0x12))
          .map(([of, mask, value]): Action => ({ kind: "set-mark", of, mask, value })),
        weight: 3,
      },
      {
        arbitrary: fc.tuple(marksOf, copies).map(([from, [fromMask = 0, toMask = 0]]): Action => ({
          kind: "copy-mark",
          from,
          fromMask,
          toMask,
        })),
        weight: 2,
      },
      { arbitrary: fc.constant<Action>({ kind: "notrack" }), weight: 1 },
      { arbitrary: fc.constantFrom<Action>({ kind: "log" }, { kind: "note", what: "counter" }), weight: 2 },
      { arbitrary: fc.constant<Action>({ kind: "unknown", what: "a target" }), weight: 1 },
      {
        arbitrary: fc
          .tuple(anyMatch, fc.array(tie("action"), { maxLength: 2 }))
          .map(([match, actions]): Action => ({ kind: "when", match, actions })),
        weight: 2,
      },
      {
        arbitrary: fc
          .array(
            fc.record(
              {
                key: fc.tuple(tuplePart),
                match: anyMatch,
                actions: fc.array(tie("action"), { maxLength: 2 }),
              },
              { requiredKeys: ["key", "actions"] },
            ),
            { maxLength: 4 },
          )
          .chain((entries) =>
            tupleFields.map((field): Action => ({ kind: "lookup", name: "map", fields: [field], entries })),
          ),
        weight: 2,
      },
    ),
  })).action;
}

const origin = { file: "random", line: 1 };

function rulesOf(actions: fc.Arbitrary<Action>): fc.Arbitrary<Rule[]> {
  return fc.array(
    fc
      .tuple(anyMatch, fc.array(actions, { maxLength: 2 }))
      .map(([match, list]): Rule => ({ match, actions: list, origin, text: "" })),
    { maxLength: 4 },
  );
}

const names = ["c0", "c1", "c2"];

/** Chains that call each other: forward only, or, where `circles` are asked for, any other; `gone` is not there. */
export function anyChains(circles: boolean): fc.Arbitrary<ChainSet> {
  return fc
    .tuple(
      fc.constantFrom<Action | undefined>(
        undefined,
        { kind: "accept" },
        { kind: "drop" },
        { kind: "reject" },
      ),
      ...names.map((_, at) => {
        const targets = circles ? [...names, "gone"] : [...names.slice(at + 1), "gone"];
        return rulesOf(actionsOf(targets));
      }),
    )
    .map(([policy, ...lists]): ChainSet => {
      const end =
        policy === undefined
          ? {}
          : { policy: { match: { kind: "always" }, actions: [policy], origin, text: "" } as const };
      return new Map(
        lists.map((rules, at): [string, Chain] => [
          names[at] ?? "",
          { name: names[at] ?? "", rules, origin, ...(at === 0 ? end : {}) },
        ]),
      );
    });
}

/** A packet of which everything is known that the space has a field for. */
export const anyView: fc.Arbitrary<View> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    at: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
    protocol: fc.constantFrom(6, 6, 17, 1, 58, 47),
    ports: fc.tuple(fc.constantFrom(...ports), fc.constantFrom(...ports)),
    icmp: fc.tuple(fc.constantFrom(0, 3, 8, 128, 129), fc.constantFrom(0, 1)),
    tcpFlags: fc.constantFrom(0x02, 0x12, 0x10, 0x04, 0xff),
    fragment: fc.constantFrom(undefined, undefined, undefined, "first" as const, "later" as const),
    state: fc.constantFrom(...states),
    inInterface: fc.constantFrom(...interfaceNames, "eth7", "other"),
    outInterface: fc.constantFrom(...interfaceNames, "wan9", ""),
    mark: fc.constantFrom(0, 1, 4, 9, 0xffffffff),
    connectionMark: fc.constantFrom(0, 1, 6),
    from: fc.constantFrom(undefined, ...endpointIds, "elsewhere"),
    to: fc.constantFrom(undefined, ...endpointIds),
  })
  .map((drawn): View => ({
    packet: packetOf(drawn),
    inInterface: drawn.inInterface,
    outInterface: drawn.outInterface,
    state: drawn.state,
    mark: drawn.mark,
    connectionMark: drawn.connectionMark,
  }));

function packetOf(drawn: {
  family: 4 | 6;
  at: [number, number];
  protocol: number;
  ports: [number, number];
  icmp: [number, number];
  tcpFlags: number;
  fragment: "first" | "later" | undefined;
  from: string | undefined;
  to: string | undefined;
}): Packet {
  const { family, at, protocol, fragment, from, to } = drawn;
  const pool = family === 4 ? addresses4 : addresses6;
  const pick = (index: number): Address => pool[index % pool.length] ?? known("10.0.0.1");
  const header =
    fragment === "later"
      ? {}
      : protocol === 6 || protocol === 17
        ? {
            sourcePort: drawn.ports[0],
            destinationPort: drawn.ports[1],
            ...(protocol === 6 ? { tcpFlags: drawn.tcpFlags } : {}),
          }
        : protocol === (family === 4 ? 1 : 58)
          ? { icmpType: drawn.icmp[0], icmpCode: drawn.icmp[1] }
          : {};
  return {
    family,
    source: pick(at[0]),
    destination: pick(at[1]),
    protocol,
    ...header,
    ...(fragment === undefined ? {} : { fragment }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
