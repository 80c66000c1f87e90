// RW502, RW503: what a host's firewall should let through and does not: what the host says to itself, and the answers to what
// it asked, served or passed on.
import type { Family } from "../../../../packet/address.ts";
import { addressSet } from "../../../../packet/address-set.ts";
import { internetAddresses } from "../../../../packet/special.ts";
import { TCP } from "../../../../packet/protocol.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { PacketSet } from "../../../../space/space.ts";
import { editHostChain, withRule } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { countNumbers } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import {
  exampleFrom,
  families,
  fromPorts,
  gateOf,
  guardedHosts,
  mainChain,
  mostPorts,
  packetsOf,
  subjectOf,
  toPorts,
  type FilterHook,
  type Gate,
} from "./gates.ts";
import { establishedReference, loopbackReference } from "./references.ts";

const origin = { file: "remedy", line: 1 };

export const loopbackRefused: Check = {
  number: "RW502",
  name: "loopback-refused",
  title: "A host refuses what it says to itself",
  severity: "medium",
  why:
    "Programs of one machine talk over the loopback interface: a database and its proxy, the local resolver, a health check. Where " +
    "the firewall refuses it they wait for time-outs that nobody can explain.",
  references: [loopbackReference],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const found = families.flatMap((family) => {
        const gate = gateOf(guarded.firewall, family);
        const hooked = gate === undefined ? undefined : mainChain(gate.chains.input);
        const lost = gate === undefined ? undefined : lostOnLoopback(gate, family);
        return hooked === undefined || gate === undefined || lost === undefined
          ? []
          : [{ family, gate, hooked, lost }];
      })[0];
      if (found === undefined) continue;
      const { family, gate, hooked, lost } = found;
      const packet = exampleFrom(gate, lost);
      yield {
        subject: subjectOf(guarded, "loopback"),
        title: `${hooked.base.chain} of ${guarded.host.name} refuses what the host says to itself${family === 6 ? " over IPv6" : ""}: nothing accepts the interface lo`,
        origins: [hooked.chain.policy?.origin ?? hooked.chain.origin],
        ...(packet === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf(packet),
                seen: `it comes by lo, and ${hooked.base.chain} refuses it`,
              },
            }),
        remedy: {
          text: `accept what comes by lo as the first rule of ${hooked.base.chain}${found.family === 6 ? " for IPv6, too" : ""}`,
          edit: editHostChain(
            guarded.host.id,
            hooked.table,
            hooked.base.chain,
            withRule(loopbackRule, hooked.chain.rules[0]),
          ),
        },
      };
    }
  },
};

const loopbackRule: Rule = {
  match: { kind: "interface", direction: "in", name: "lo", prefix: false },
  actions: [{ kind: "accept" }],
  origin,
  text: "accept what comes by lo",
};

function lostOnLoopback(gate: Gate, family: Family): PacketSet | undefined {
  const { space } = gate;
  const own = addressSet(family === 4 ? "127.0.0.1/32" : "::1/128");
  const asked = space.intersectionOf([
    packetsOf(gate, TCP, "new"),
    space.family(family),
    space.inInterface("lo", false),
    space.address("source", own),
    space.address("destination", own),
  ]);
  const { may } = gate.through("input", asked);
  const lost = space.minus(asked, space.forget(may, ["source-port"]));
  return countNumbers(space.numbersOf(lost, "destination-port")) > mostPorts ? lost : undefined;
}

export const answersRefused: Check = {
  number: "RW503",
  name: "answers-refused",
  title: "A host's firewall refuses the answers to what it lets through",
  severity: "high",
  why:
    "A connection is packets both ways. Without a rule for established and related, the first packet goes and its answer is " +
    "dropped: updates, name lookups and logins hang until they time out.",
  references: [establishedReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const lost of ["input", "forward", "output"] as const) {
        const found = families.flatMap((family) => {
          const gate = gateOf(guarded.firewall, family);
          const answers = gate === undefined ? undefined : lostAnswers(gate, lost, family);
          return gate === undefined || answers === undefined ? [] : [{ gate, answers, family }];
        })[0];
        const hooked = found === undefined ? undefined : mainChain(found.gate.chains[lost]);
        if (found === undefined || hooked === undefined) continue;
        const packet = exampleFrom(found.gate, found.answers);
        yield {
          subject: subjectOf(guarded, `${lost} answers`),
          // What it passes on, it may not: forwarding is off unless somebody turned it on.
          severity: lost === "forward" ? "medium" : "high",
          title: `${hooked.base.chain} of ${guarded.host.name} refuses the answers to ${asked[lost]}${found.family === 6 ? " over IPv6" : ""}: no rule accepts established connections`,
          origins: [hooked.chain.policy?.origin ?? hooked.chain.origin],
          ...(packet === undefined
            ? {}
            : {
                witness: {
                  packet: exampleOf(packet),
                  seen: `it answers an established connection, and ${hooked.base.chain} refuses it`,
                },
              }),
          remedy: {
            text: `accept established and related as the first rule of ${hooked.base.chain} (-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; ct state established,related accept)`,
            edit: editHostChain(
              guarded.host.id,
              hooked.table,
              hooked.base.chain,
              withRule(establishedRule, hooked.chain.rules[0]),
            ),
          },
        };
      }
  },
};

const asked: Readonly<Record<FilterHook, string>> = {
  input: "what the host itself asks",
  forward: "what it passes on",
  output: "those whom it serves",
};

const establishedRule: Rule = {
  match: { kind: "state", states: ["established", "related"] },
  actions: [{ kind: "accept" }],
  origin,
  text: "accept established, related",
};

/** Services whose answers people miss first: web, name lookups over TCP. */
const services = [53, 53, 80, 80, 443, 443];

/** Answers of which not one may get through, though what they answer may go. */
function lostAnswers(gate: Gate, hook: FilterHook, family: Family): PacketSet | undefined {
  const { space } = gate;
  if (gate.chains[hook].length === 0) return undefined;
  const opening = space.intersectionOf([
    packetsOf(gate, TCP, "new"),
    space.family(family),
    space.not(gate.loopback),
  ]);
  const answered = space.intersectionOf([
    packetsOf(gate, TCP, "established"),
    space.family(family),
    space.not(gate.loopback),
  ]);
  const answers =
    hook === "input"
      ? // What the host asks goes by OUTPUT; where nothing may go, nothing is answered.
        space.isEmpty(gate.through("output", space.and(opening, toPorts(gate, services))).may)
        ? space.none
        : space.intersectionOf([
            answered,
            fromPorts(gate, services),
            toPorts(gate, [32768, 60999]),
            space.address("source", internetAddresses),
          ])
      : space.intersectionOf([
          answered,
          fromPorts(
            gate,
            space.numbersOf(
              gate.through(hook === "output" ? "input" : "forward", opening).must,
              "destination-port",
            ),
          ),
          toPorts(gate, [32768, 60999]),
        ]);
  if (space.isEmpty(answers)) return undefined;
  return space.isEmpty(gate.through(hook, answers).may) ? answers : undefined;
}
