// RW515, RW516: rules without memory that let in what only looks like an answer: by the port that it comes from, or by the
// flags that it carries.
import { pairsOf, union, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText, ACK, SYN } from "../../../../packet/packet.ts";
import { portDomain, protocolName, TCP, UDP } from "../../../../packet/protocol.ts";
import { isAddressSubset } from "../../../../packet/address-set.ts";
import { internetAddresses } from "../../../../packet/special.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { all } from "../../../../rules/match.ts";
import { editHostChain, inTurn, withRuleReplaced } from "../../edits.ts";
import type { Check, Edit } from "../../model.ts";
import { countNumbers } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { accepts } from "../order/lists.ts";
import {
  exampleFrom,
  families,
  fromPorts,
  gateOf,
  guardedHosts,
  packetsOf,
  reachedFrom,
  subjectOf,
  testsOf,
  toPorts,
  withFlags,
  type Gate,
  type Guarded,
} from "./gates.ts";
import { chainName } from "./rule-facts.ts";
import type { Table } from "../../../../layers/host/model.ts";
import type { Chain } from "../../../../rules/rule.ts";

const reference = {
  title: "NIST SP 800-41 Rev. 1, 2.1.1 and 2.1.2 (packet filtering, stateful inspection)",
};
/** A range of ports that is wider than any service's. */
const wide = 1000;

interface Written {
  readonly table: Table;
  readonly chain: Chain;
  readonly rule: Rule;
}

/** The accepting rules that packets for the host can meet. */
function accepting({ firewall }: Guarded): readonly Written[] {
  return firewall.tables.flatMap((table) => {
    const chains = table.bases
      .filter((base) => base.hook === "input" && base.type !== "nat")
      .flatMap((base) => {
        const chain = table.chains.get(base.chain);
        return chain === undefined ? [] : [...reachedFrom(chain, table.chains)];
      });
    return [...new Set(chains)].flatMap((chain) =>
      chain.rules.filter(accepts).map((rule) => ({ table, chain, rule })),
    );
  });
}

function withState({ host }: Guarded, written: readonly Written[]): Edit {
  return inTurn(
    ...written.map(({ table, chain, rule }) =>
      editHostChain(
        host.id,
        table,
        chain.name,
        withRuleReplaced(rule, {
          ...rule,
          match: all(rule.match, { kind: "state", states: ["established", "related"] }),
          text: `${rule.text} (established, related)`,
        }),
      ),
    ),
  );
}

export const sourcePortAccepted: Check = {
  number: "RW515",
  name: "accepts-by-source-port",
  title: "A host lets in whatever comes from a certain port",
  severity: "medium",
  why:
    "The sender chooses the port that a packet comes from. A rule that accepts “answers from port 53” lets anybody in who sends " +
    "from port 53, to every port that the rule leaves open.",
  references: [reference],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const rules = accepting(guarded);
      // Several such rules hide each other's effect: all their ports are left out of what gets in otherwise.
      const trusted = rules.reduce<NumberSet>(
        (sofar, { rule }) => union(portDomain, sofar, sourcePortsOf(rule) ?? []),
        [],
      );
      for (const written of rules) {
        const ports = sourcePortsOf(written.rule);
        if (ports === undefined) continue;
        const found = forgedFrom(guarded, { ports, trusted }, written.rule);
        if (found === undefined) continue;
        const { gate, protocol, must, reached } = found;
        const packet = exampleFrom(gate, must);
        yield {
          subject: subjectOf(guarded, `${chainName(written.table, written.chain.name)} ${written.rule.text}`),
          severity: (reached[0] ?? 0) < 1024 ? "medium" : "low",
          title: `“${written.rule.text}” of ${guarded.host.name} lets in new connections to ${protocolName(protocol)} ${numberText(reached)}, if they come from port ${numberText(ports)}`,
          origins: [written.rule.origin],
          ...(packet === undefined
            ? {}
            : {
                witness: {
                  packet: exampleOf(packet),
                  seen: "it answers nothing, and gets in by the port that its sender chose",
                },
              }),
          remedy: {
            text: "accept established and related connections instead (-m conntrack --ctstate ESTABLISHED,RELATED)",
            edit: withState(guarded, [written]),
          },
        };
      }
    }
  },
};

/** A few source ports that the rule asks for; undefined where it asks for none, or for those that clients pick. */
function sourcePortsOf(rule: Rule): NumberSet | undefined {
  const tests = testsOf(rule);
  if (tests.some((test) => test.kind === "state" && !test.states.includes("new"))) return undefined;
  const own = tests.flatMap((test) =>
    test.kind === "number" && test.field === "source-port" ? [test.set] : [],
  )[0];
  // A rule for a named peer trusts that peer, and not the port.
  const named = tests.some(
    (test) =>
      test.kind === "address" && test.field === "source" && !isAddressSubset(internetAddresses, test.set),
  );
  return own === undefined || named || countNumbers(own) > wide ? undefined : own;
}

function forgedFrom(
  guarded: Guarded,
  { ports, trusted }: { readonly ports: NumberSet; readonly trusted: NumberSet },
  rule: Rule,
) {
  for (const family of families) {
    const gate = gateOf(guarded.firewall, family);
    if (gate === undefined || gate.chains.input.length === 0) continue;
    for (const protocol of [TCP, UDP]) {
      const { space } = gate;
      const asksFor = testsOf(rule).flatMap((test) =>
        test.kind === "number" && test.field === "protocol" ? [test.set] : [],
      )[0];
      if (asksFor !== undefined && !pairsOf(asksFor).some(([a, b]) => a <= protocol && protocol <= b))
        continue;
      const opening = space.intersectionOf([
        packetsOf(gate, protocol, "new"),
        space.not(gate.loopback),
        // Who is let in by address is trusted with every port.
        space.address("source", internetAddresses),
        ...(protocol === TCP ? [withFlags(gate, SYN)] : []),
      ]);
      const others = space.and(opening, space.not(fromPorts(gate, trusted)));
      const kept = gate.through("input", others).may;
      const other = space.minus(kept, space.forget(space.minus(others, kept), ["source", "source-port"]));
      // What gets in from every sender and other ports as well is not this rule's doing.
      const open = space.numbersOf(other, "destination-port");
      const must = space.and(
        gate.through("input", space.and(opening, fromPorts(gate, ports))).must,
        space.not(toPorts(gate, open)),
      );
      const reached = space.numbersOf(must, "destination-port");
      if (countNumbers(reached) > wide) return { gate, protocol, must, reached };
    }
  }
  return undefined;
}

export const acknowledgedAccepted: Check = {
  number: "RW516",
  name: "accepts-by-flags",
  title: "A host lets in whatever carries an acknowledgement",
  severity: "low",
  why:
    "“Not the first packet of a connection” is what the sender says of it. Whoever sets the flag gets past the filter to every " +
    "port: enough to map what is there, and to reach programs that read packets themselves.",
  references: [reference],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const rules = accepting(guarded).filter(({ rule }) => asksForFlags(rule));
      const [first] = rules;
      const found = first === undefined ? undefined : forgedByFlags(guarded);
      if (first === undefined || found === undefined) continue;
      const packet = exampleFrom(found.gate, found.must);
      yield {
        subject: subjectOf(guarded, `${chainName(first.table, first.chain.name)} flags`),
        title: `“${first.rule.text}” of ${guarded.host.name} lets in tcp to ${numberText(found.reached)} that belongs to no connection, if it carries the ACK flag`,
        origins: [first.rule.origin, ...rules.slice(1).map(({ rule }) => rule.origin)],
        ...(packet === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf({ ...packet, tcpFlags: ACK }),
                seen: "it belongs to no connection, and gets in by its flags",
              },
            }),
        remedy: {
          text: "accept established and related connections instead (-m conntrack --ctstate ESTABLISHED,RELATED)",
          edit: withState(guarded, rules),
        },
      };
    }
  },
};

function asksForFlags(rule: Rule): boolean {
  const tests = testsOf(rule);
  return (
    tests.some(
      (test) => test.kind === "tcp-flags" || (test.kind === "not" && test.match.kind === "tcp-flags"),
    ) && !tests.some((test) => test.kind === "state" && !test.states.includes("new"))
  );
}

function forgedByFlags(
  guarded: Guarded,
): { gate: Gate; must: ReturnType<typeof packetsOf>; reached: NumberSet } | undefined {
  for (const family of families) {
    const gate = gateOf(guarded.firewall, family);
    if (gate === undefined || gate.chains.input.length === 0) continue;
    const { space } = gate;
    const stray = space.intersectionOf([packetsOf(gate, TCP, "new"), space.not(gate.loopback)]);
    const opened = gate.through("input", space.and(stray, withFlags(gate, SYN))).may;
    const must = space.and(
      gate.through("input", space.and(stray, withFlags(gate, ACK))).must,
      space.not(toPorts(gate, space.numbersOf(opened, "destination-port"))),
    );
    const reached = space.numbersOf(must, "destination-port");
    if (countNumbers(reached) > wide) return { gate, must, reached };
  }
  return undefined;
}
