// RW513, RW514: administration ports that nobody gets to through the host's own firewall though they are meant to be used, and
// those that hang on a single rule.
import { fromPairs, intersection, pairsOf, union, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, portDomain, TCP } from "../../../../packet/protocol.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import type { Check } from "../../model.ts";
import { countNumbers } from "../../openings.ts";
import { portsOfMatch } from "../../ports-of-match.ts";
import { exampleOf } from "../../witness.ts";
import { accepts } from "../order/lists.ts";
import {
  exampleFrom,
  families,
  gateOf,
  guardedHosts,
  mainChain,
  packetsOf,
  reachedFrom,
  subjectOf,
  testsOf,
  toPorts,
  type Gate,
  type Guarded,
} from "./gates.ts";
import { defaultDenyReference } from "./references.ts";

export const adminShutOut: Check = {
  number: "RW513",
  name: "admin-shut-out",
  title: "Nobody gets to a host's administration port",
  severity: "medium",
  why:
    "Something listens there, or another ring opens the port, so somebody means to use it; the host's own firewall lets nobody in. " +
    "What is left is the console, on the day when it is needed in a hurry.",
  references: [defaultDenyReference],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const meant = meantPorts(context, guarded);
      const gates = families.flatMap((family) => gateOf(guarded.firewall, family) ?? []);
      // A family without an INPUT chain lets everybody in.
      if (gates.length < families.length) continue;
      const shut = pairsOf(meant).flatMap(([first, last]) => {
        const asked = gates.map((gate) => askedOf(gate, [first, last]));
        return gates.every(
          (gate, at) =>
            gate.chains.input.length === 0 ||
            gate.space.isEmpty(gate.through("input", asked[at] ?? gate.space.none).may),
        ) && gates.some((gate) => gate.chains.input.length > 0)
          ? [[first, last] as const]
          : [];
      });
      const [pair] = shut;
      const gate = gates.find((each) => each.chains.input.length > 0);
      const hooked = gate === undefined ? undefined : mainChain(gate.chains.input);
      if (pair === undefined || gate === undefined || hooked === undefined) continue;
      const ports = fromPairs(
        portDomain,
        shut.map(([first, last]): [number, number] => [first, last]),
      );
      const packet = exampleFrom(gate, askedOf(gate, [...pair]));
      yield {
        subject: subjectOf(guarded, `admin ${numberText(ports)}`),
        title: `${hooked.base.chain} of ${guarded.host.name} lets nobody get to tcp ${numberText(ports)}, though it is meant to be used`,
        origins: [hooked.chain.policy?.origin ?? hooked.chain.origin],
        ...(packet === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf(packet),
                seen: `${hooked.base.chain} refuses it, wherever it comes from`,
              },
            }),
        remedy: {
          text: `accept tcp ${numberText(ports)} from where ${guarded.host.name} is administered, before the refusal`,
          unchecked: "which addresses those are is for a person to say",
        },
      };
    }
  },
};

function askedOf(gate: Gate, ports: NumberSet): ReturnType<typeof packetsOf> {
  return gate.space.intersectionOf([
    packetsOf(gate, TCP, "new"),
    gate.space.not(gate.loopback),
    toPorts(gate, ports),
  ]);
}

/** Administration ports that something listens on, or that the host's groups or a rule of its own open by name. */
function meantPorts(context: Context, { host, firewall }: Guarded): NumberSet {
  const admin = context.settings.ports.admin;
  const named = (ports: NumberSet | undefined): NumberSet =>
    ports === undefined || countNumbers(ports) > 100 ? [] : intersection(ports, admin);
  const listened = (host.listens ?? [])
    .filter((item) => item.protocol === TCP && !item.local)
    .map((item): NumberSet => intersection([item.port, item.port], admin));
  const grouped = host.interfaces.flatMap((id) => {
    const place = context.estate.interfaces.get(id);
    return place === undefined
      ? []
      : context.index.ringOf(place).groups.flatMap((group) => group.inbound.map((rule) => named(rule.ports)));
  });
  const written = firewall.tables
    .filter((table) => table.name !== "nat")
    .flatMap((table) =>
      table.bases
        .filter((base) => base.hook === "input" && base.type !== "nat")
        .flatMap((base) => {
          const chain = table.chains.get(base.chain);
          return chain === undefined ? [] : [...reachedFrom(chain, table.chains)];
        }),
    )
    .flatMap((chain) => chain.rules)
    .filter((rule) => accepts(rule) && !isForReplies(rule))
    .map((rule) => named(portsOfMatch(rule.match)));
  return [...listened, ...grouped, ...written].reduce<NumberSet>(
    (sofar, ports) => union(portDomain, sofar, ports),
    [],
  );
}

function isForReplies(rule: Rule): boolean {
  return testsOf(rule).some(
    (test) =>
      (test.kind === "state" && !test.states.includes("new")) ||
      (test.kind === "interface" && test.name === "lo") ||
      (test.kind === "number" && test.field === "protocol" && !includesTcp(test.set)),
  );
}

function includesTcp(set: NumberSet): boolean {
  return intersection(set, [TCP, TCP]).length > 0;
}

export const singleDoor: Check = {
  number: "RW514",
  name: "single-admin-rule",
  title: "The way in for administrators hangs on one rule",
  severity: "note",
  optional: true,
  why: "Who removes or mistypes that one rule is shut out at once, with everybody else. Change it only with a roll-back that runs by itself.",
  references: [defaultDenyReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const table of guarded.firewall.tables)
        for (const base of table.bases) {
          const chain = table.chains.get(base.chain);
          if (base.hook !== "input" || base.type === "nat" || chain === undefined) continue;
          if (chain.policy !== undefined && accepts(chain.policy)) continue;
          const doors = [...reachedFrom(chain, table.chains)]
            .flatMap((each) => each.rules)
            .filter(
              (rule) =>
                accepts(rule) &&
                !isForReplies(rule) &&
                intersection(portsOfMatch(rule.match), [22, 22]).length > 0,
            );
          const [door] = doors;
          if (
            door === undefined ||
            doors.length > 1 ||
            countNumbers(portsOfMatch(door.match)) === countNumbers(anyPort)
          )
            continue;
          yield {
            subject: subjectOf(guarded, `ssh by ${door.text}`),
            title: `“${door.text}” alone lets administrators into ${guarded.host.name} over ssh`,
            origins: [door.origin],
            remedy: {
              text: "accept ssh from a second, independent address too (a jump host's), or keep a console that works",
              unchecked: "which address that is is for a person to say",
            },
          };
        }
  },
};
