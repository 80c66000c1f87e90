// Holds our sets, service matrices and spoofing answers to those that a verified analyser (fffuu) printed for two rule sets.
// Its answers allow more than the firewall does wherever it does not understand; so ours must lie inside, and where they
// differ the reason is said. The outside cases may be absent.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readHostFirewall } from "../../src/formats/iptables/reader.ts";
import type { HostFirewall } from "../../src/layers/host/model.ts";
import {
  addressSet,
  formatAddressSet,
  isAddressSubset,
  unionOfAddresses,
  type AddressSet,
} from "../../src/packet/address-set.ts";
import { TCP } from "../../src/packet/protocol.ts";
import { filterChains, assigned, passing, spaceFor } from "../../src/questions/matrix/passing.ts";
import { spoofing } from "../../src/questions/matrix/spoofing.ts";
import {
  serviceMatrices,
  type Assignment,
  type Service,
  type ServiceMatrix,
} from "../../src/questions/matrix.ts";
import type { Chain } from "../../src/rules/rule.ts";
import { chainSets } from "../../src/rules/symbolic/chain-sets.ts";
import { Space, type PacketSet } from "../../src/space/space.ts";
import { readAssignment, readExpected, type ExpectedMatrix } from "./expected.ts";
import { simpleChain, upperClosureChain } from "./their-rules.ts";

const folder = fileURLToPath(new URL("../../../shared/cases/iptables/fffuu/", import.meta.url));
const present = existsSync(folder);
const textOf = (name: string): string => readFileSync(folder + name, "utf8");

interface Case {
  readonly name: string;
  readonly assignment: () => Assignment;
  /**
   * What their upper closure lets through and our sets do not. tum-i8: two rules with `-m sctp --dport 50000` accept sctp to
   * these two hosts. Their parser does not know that module and takes the rule's whole match but for the addresses for
   * unknown, the protocol too; a packet that is not sctp can't match.
   */
  readonly forgottenProtocol: AddressSet;
  /**
   * Receivers for whom a matrix of theirs has senders that ours has not, beside those. tum-i8: filter_109, which only packets
   * leaving by eth1.109 enter, rejects everything to these four printers before it accepts 138.246.253.5. To be rid of
   * interfaces they leave out rules that refuse by an outgoing interface, and keep the later one that accepts.
   */
  readonly forgottenInterface: AddressSet;
}

const cases: readonly Case[] = [
  {
    name: "parser_test",
    // What fffuu takes where nobody gives it an assignment: `ipassmt_generic_ipv4` in its sources.
    assignment: () => [{ device: "lo", sources: addressSet("127.0.0.0/8") }],
    forgottenProtocol: addressSet(),
    forgottenInterface: addressSet(),
  },
  {
    name: "tum-i8",
    assignment: () => readAssignment(textOf("tum-i8.ipassmt")),
    forgottenProtocol: addressSet("131.159.15.247", "131.159.15.248"),
    forgottenInterface: addressSet("131.159.20.15", "131.159.20.16", "131.159.20.19", "131.159.20.20"),
  },
];

const origin = { file: "expected", line: 1 };

function firewallOf(chain: Chain): HostFirewall {
  return {
    name: "expected",
    tables: [
      {
        engine: "iptables",
        family: "ip",
        name: "filter",
        chains: new Map([[chain.name, chain]]),
        bases: [{ chain: chain.name, hook: "forward", priority: 0, type: "filter" }],
        origin,
      },
    ],
    addresses: [],
    routes: [],
    unknowns: [],
    origin,
  };
}

const servicesOf = (matrices: readonly ExpectedMatrix[]): readonly Service[] =>
  matrices.map(({ sourcePort, destinationPort }) => ({
    family: 4,
    protocol: TCP,
    sourcePort,
    destinationPort,
  }));

/** Classes in words, and edges between them: the same for equal matrices, whatever the classes are called. */
function wordsOf(classes: readonly AddressSet[], edges: readonly (readonly [AddressSet, AddressSet])[]) {
  const word = (set: AddressSet): string => formatAddressSet(set, 10_000);
  return {
    classes: classes.map(word).toSorted(),
    edges: edges.map(([from, to]) => `${word(from)} > ${word(to)}`).toSorted(),
  };
}

function theirPairs({ classes, edges }: ExpectedMatrix): (readonly [AddressSet, AddressSet])[] {
  return edges.flatMap(([from, to]) => {
    const [sender, receiver] = [classes.get(from), classes.get(to)];
    return sender === undefined || receiver === undefined ? [] : [[sender, receiver] as const];
  });
}

function ourPairs({ classes, edges }: ServiceMatrix): (readonly [AddressSet, AddressSet])[] {
  return edges.flatMap(({ from, to }) => {
    const [sender, receiver] = [classes[from], classes[to]];
    return sender === undefined || receiver === undefined
      ? []
      : [[sender.addresses, receiver.addresses] as const];
  });
}

function pairSet(space: Space, pairs: readonly (readonly [AddressSet, AddressSet])[]): PacketSet {
  return space.unionOf(
    pairs.map(([from, to]) => space.and(space.address("source", from), space.address("destination", to))),
  );
}

describe.skipIf(!present).each(cases)(
  "$name, as a verified analyser reads it (the folder of outside cases may be absent)",
  ({ name, assignment, forgottenProtocol, forgottenInterface }) => {
    const read = (): { firewall: HostFirewall; expected: ReturnType<typeof readExpected> } => ({
      firewall: readHostFirewall(name, [{ path: name, text: textOf(`${name}.iptables-save`) }]),
      expected: readExpected(textOf(`${name}.expected.txt`)),
    });

    test("what may get through is their upper closure, but for what they did not understand", () => {
      const { firewall, expected } = read();
      const filters = filterChains(firewall, "forward", 4);
      const space = spaceFor("a test", filters, assignment());
      // They know no fragments.
      const whole = space.and(space.family(4), space.fragment(["whole"]));
      const { must, may } = passing(space, filters, whole);
      const closure = chainSets(space, upperClosureChain(expected.upperClosure), new Map(), whole).accept;
      expect([space.isSubset(must, may), space.isSubset(may, closure)]).toEqual([true, true]);
      const more = space.minus(closure, may);
      expect(isAddressSubset(space.addressesOf(more, "destination"), forgottenProtocol)).toBe(true);
      const understood = space.and(
        space.number("protocol", [132, 132]),
        space.number("destination-port", [50_000, 50_000]),
      );
      expect(space.overlaps(more, understood)).toBe(false);

      // New connections, as they have them: for TCP a SYN alone.
      const opening = space.and(
        space.and(whole, space.state(["new"])),
        space.or(space.not(space.number("protocol", [TCP, TCP])), space.tcpFlags(0x17, 0x02)),
      );
      const simple = chainSets(space, simpleChain(expected.simple), new Map(), opening).accept;
      expect(space.isSubset(space.and(may, opening), simple)).toBe(true);
      const bare = chainSets(space, simpleChain(expected.withoutInterfaces), new Map(), opening).accept;
      expect(space.isSubset(space.and(simple, assigned(space, assignment())), bare)).toBe(true);
    });

    test("their own rules without interfaces part the addresses as they did, with the same edges", () => {
      const { expected } = read();
      const firewall = firewallOf(simpleChain(expected.withoutInterfaces));
      const matrices = serviceMatrices(firewall, "forward", servicesOf(expected.matrices));
      expect(
        matrices.map((one) =>
          wordsOf(
            one.classes.map(({ addresses }) => addresses),
            ourPairs(one),
          ),
        ),
      ).toEqual(expected.matrices.map((one) => wordsOf([...one.classes.values()], theirPairs(one))));
      expect(matrices.flatMap(({ edges }) => edges).every(({ verdict }) => verdict === "allowed")).toBe(true);
    });

    test("the firewall's own matrices are theirs, but for what they forgot of protocols and interfaces", () => {
      const { firewall, expected } = read();
      const matrices = serviceMatrices(firewall, "forward", servicesOf(expected.matrices), assignment());
      const space = new Space({ question: "a test" });
      const explained = space.address(
        "destination",
        unionOfAddresses([forgottenProtocol, forgottenInterface]),
      );
      for (const [at, one] of expected.matrices.entries()) {
        const ours = pairSet(space, matrices.slice(at, at + 1).flatMap(ourPairs));
        const theirs = pairSet(space, theirPairs(one));
        expect(space.isSubset(ours, theirs)).toBe(true);
        expect(space.isSubset(space.minus(theirs, ours), explained)).toBe(true);
      }
    });

    test("spoofing is ruled out for the interfaces for which they certify it, and for no other", () => {
      const { firewall, expected } = read();
      const answers = spoofing(firewall, "forward", 4, assignment());
      expect(new Map(answers.map(({ device, spoofed }) => [device, spoofed === "certainly not"]))).toEqual(
        expected.spoofing,
      );
    });
  },
);
