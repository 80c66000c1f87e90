// RW519: ports that a container tool publishes, while the chain that people read (INPUT) says that they are closed.
import type { Address } from "../../../../packet/address.ts";
import { singleAddress } from "../../../../packet/address-set.ts";
import { fromPairs, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, portDomain, TCP } from "../../../../packet/protocol.ts";
import { internetAddresses } from "../../../../packet/special.ts";
import type { Rule, Translation } from "../../../../rules/rule.ts";
import type { PacketSet } from "../../../../space/space.ts";
import { editHostChain, withRule } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { countNumbers } from "../../openings.ts";
import { portsOfMatch } from "../../ports-of-match.ts";
import { exampleOf } from "../../witness.ts";
import { all, destination, destinationPorts, protocol as protocolTest } from "../../../../rules/match.ts";
import {
  actionsOf,
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
  translatingChains,
  type Gate,
} from "./gates.ts";
import { publishedReference } from "./references.ts";

/** Chains that container tools keep for themselves: Docker, CNI plugins, Podman's netavark. */
const toolChain = /^(docker|cni-|netavark)/iu;

type ToOne = Extract<Translation, { kind: "dnat" }> & { readonly first: Address };

interface Published {
  readonly rule: Rule;
  readonly to: ToOne;
  readonly outer: NumberSet;
  readonly inner: NumberSet;
}

export const publishedPast: Check = {
  number: "RW519",
  name: "published-past-input",
  title: "A published container port goes past the firewall's INPUT chain",
  severity: "medium",
  why:
    "A published port is translated before the host decides where a packet goes, so it is forwarded to the container and never " +
    "comes to INPUT. Whoever reads INPUT, or ufw's list, believes the port to be closed, and the world gets in.",
  references: [publishedReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const family of families) {
        const gate = gateOf(guarded.firewall, family);
        const input = gate === undefined ? undefined : mainChain(gate.chains.input);
        const forward = gate === undefined ? undefined : mainChain(gate.chains.forward);
        if (gate === undefined || input === undefined || forward === undefined) continue;
        const found = translatingChains(guarded.firewall, "prerouting", family)
          .flatMap(({ chain, chains }) => [...reachedFrom(chain, chains)])
          .filter((chain) => toolChain.test(chain.name))
          .flatMap((chain) => chain.rules)
          .flatMap(publishedBy);
        for (const published of found) {
          const closed = gate.space.intersectionOf([
            asked(gate),
            toPorts(gate, published.outer),
            gate.strange("input"),
          ]);
          if (!gate.space.isEmpty(gate.through("input", closed).may)) continue;
          const { must } = gate.through("forward", arriving(gate, published));
          const packet = exampleFrom(gate, must);
          if (packet === undefined) continue;
          yield {
            subject: subjectOf(guarded, `published ${published.rule.text}`),
            title: `tcp ${numberText(published.outer)} of ${guarded.host.name} is published to everybody, though ${input.base.chain} closes it`,
            origins: [published.rule.origin, input.chain.policy?.origin ?? input.chain.origin],
            witness: {
              packet: exampleOf(packet),
              seen: `“${published.rule.text}” sends it to the container, and ${forward.base.chain} accepts it`,
            },
            remedy: {
              text: `publish it on an address of the inside (-p 127.0.0.1:${numberText(published.outer)}:…), or refuse it in DOCKER-USER, before ${forward.base.chain} accepts it`,
              edit: editHostChain(
                guarded.host.id,
                forward.table,
                forward.base.chain,
                withRule(refusal(published), forward.chain.rules[0]),
              ),
            },
          };
        }
      }
  },
};

function asked(gate: Gate): PacketSet {
  return gate.space.and(packetsOf(gate, TCP, "new"), gate.space.address("source", internetAddresses));
}

/** What comes for the container after the translation, by interfaces that are not its own. */
function arriving(gate: Gate, { to, inner }: Published): PacketSet {
  const { space } = gate;
  return space.intersectionOf([
    asked(gate),
    toPorts(gate, inner),
    space.address("destination", singleAddress(to.first)),
    // The packet comes by an outer interface, whatever the bridge is called that it leaves by.
    gate.strange("input"),
  ]);
}

function publishedBy(rule: Rule): readonly Published[] {
  const to = actionsOf(rule).find(
    (action): action is ToOne => action.kind === "dnat" && action.first !== undefined,
  );
  const outer = portsOfMatch(rule.match);
  if (to === undefined || countNumbers(outer) === countNumbers(anyPort)) return [];
  // Bound to an address of the host (127.0.0.1, an inner one), or for certain senders: as a person meant it.
  if (testsOf(rule).some((test) => test.kind === "address")) return [];
  const inner = to.ports === undefined ? outer : fromPairs(portDomain, [[to.ports[0], to.ports[1]]]);
  return [{ rule, to, outer, inner }];
}

function refusal({ to, inner, outer }: Published): Rule {
  return {
    match: all(protocolTest(TCP), destination(singleAddress(to.first)), destinationPorts(inner)),
    actions: [{ kind: "drop" }],
    origin: { file: "remedy", line: 1 },
    text: `drop what comes for the published port ${numberText(outer)}`,
  };
}
