// RW501, RW520: hosts whose firewall lets through what no rule names: towards themselves, and from one network to another.
import type { Severity } from "../../../../estate/settings.ts";
import type { HookChain } from "../../../../layers/host/hooks.ts";
import type { Family } from "../../../../packet/address.ts";
import { countNumbers } from "../../openings.ts";
import { internetAddresses } from "../../../../packet/special.ts";
import { SYN } from "../../../../packet/packet.ts";
import { TCP } from "../../../../packet/protocol.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { PacketSet } from "../../../../space/space.ts";
import type { Context } from "../../context.ts";
import { editHostChain } from "../../edits.ts";
import { facesInternet } from "../../facing.ts";
import type { Check, Edit, Finding, Remedy } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import {
  exampleFrom,
  families,
  gateOf,
  guardedHosts,
  mainChain,
  mostPorts,
  packetsOf,
  reachedFrom,
  actionsOf,
  subjectOf,
  translatingChains,
  withFlags,
  type FilterHook,
  type Gate,
  type Guarded,
} from "./gates.ts";
import { defaultDenyReference } from "./references.ts";

/** What comes from anywhere to any port by interfaces that no rule names, and certainly gets through; undefined if little does. */
export function openByDefault(gate: Gate, hook: FilterHook): PacketSet | undefined {
  const { space } = gate;
  const asked = space.intersectionOf([
    packetsOf(gate, TCP, "new"),
    withFlags(gate, SYN),
    gate.strange(hook),
    space.address("source", internetAddresses),
  ]);
  const through = gate.through(hook, asked).must;
  // For every sender: what a rule takes for its source address or port alone is no default.
  const must = space.minus(through, space.forget(space.minus(asked, through), ["source", "source-port"]));
  return countNumbers(space.numbersOf(must, "destination-port")) > mostPorts ? must : undefined;
}

/** Interfaces of the host that some other ring closes to the internet. */
function isBehindOthers(context: Context, { host }: Guarded): boolean {
  return (
    host.interfaces.length > 0 &&
    host.interfaces.every((id) => {
      const place = context.estate.interfaces.get(id);
      return place !== undefined && place.securityGroups.length > 0 && !facesInternet(context, place);
    })
  );
}

function hasRules({ chain, chains }: HookChain): boolean {
  return [...reachedFrom(chain, chains)].some((each) => each.rules.length > 0);
}

const origin = { file: "remedy", line: 1 };
const established: Rule = {
  match: { kind: "state", states: ["established", "related"] },
  actions: [{ kind: "accept" }],
  origin,
  text: "accept established, related",
};
const loopback: Rule = {
  match: { kind: "interface", direction: "in", name: "lo", prefix: false },
  actions: [{ kind: "accept" }],
  origin,
  text: "accept what comes by lo",
};

/** The policy drops; what is answered, and what the host says to itself, still gets through. */
function closed({ host }: Guarded, hooked: HookChain, hook: FilterHook): Edit {
  return editHostChain(host.id, hooked.table, hooked.base.chain, (chain) => ({
    ...chain,
    rules: [
      established,
      ...(hook === "input" ? [loopback] : []),
      ...chain.rules.filter((rule) => !isCatchAll(rule)),
    ],
    policy: {
      match: { kind: "always" },
      actions: [{ kind: "drop" }],
      origin: chain.policy?.origin ?? chain.origin,
      text: "policy drop",
    },
  }));
}

function isCatchAll(rule: Rule): boolean {
  return rule.match.kind === "always" && actionsOf(rule).some((action) => action.kind === "accept");
}

/** The remedy by the policy, where no rule accepts everything before it. */
export function closingRemedy(
  context: Context,
  guarded: Guarded,
  hooked: HookChain,
  hook: FilterHook,
  text: string,
): Remedy {
  const edit = closed(guarded, hooked, hook);
  const mended = edit(context.estate).hosts.get(guarded.host.id)?.firewall;
  const gates = families.flatMap((family) =>
    mended === undefined ||
    (hooked.table.family === "ip6" && family === 4) ||
    (hooked.table.family === "ip" && family === 6)
      ? []
      : (gateOf(mended, family) ?? []),
  );
  if (gates.every((gate) => openByDefault(gate, hook) === undefined)) return { text, edit };
  return {
    text: `${text}; and narrow the rules that accept everything`,
    unchecked: "a rule accepts everything too: what it is there for is for a person to say",
  };
}

/** The family over which it is open; IPv6 alone is another mistake. */
function openFamily(
  guarded: Guarded,
  hook: FilterHook,
): { gate: Gate; open: PacketSet; family: Family } | undefined {
  for (const family of families) {
    const gate = gateOf(guarded.firewall, family);
    if (gate === undefined || gate.chains[hook].length === 0) continue;
    const open = openByDefault(gate, hook);
    if (open !== undefined) return { gate, open, family };
    if (family === 4) return undefined;
  }
  return undefined;
}

/** How hard it looks as if the host sends packets on for others. */
function forwards({ firewall }: Guarded, gate: Gate): boolean {
  return (
    gate.chains.forward.some(hasRules) ||
    families.some((family) => translatingChains(firewall, "postrouting", family).some(hasRules))
  );
}

export const hostDefaultAllow: Check = {
  number: "RW501",
  name: "host-default-allow",
  title: "A host's firewall lets through what no rule names",
  severity: "medium",
  why:
    "Whatever starts to listen on the machine tomorrow is reachable from everywhere, without anybody having said so. A list of " +
    "what is allowed, with a refusal behind it, fails in the direction that people notice.",
  references: [defaultDenyReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const hook of ["input", "forward"] as const) {
        const found = openFamily(guarded, hook);
        if (found === undefined) continue;
        const { gate, open, family } = found;
        const hooked = mainChain(gate.chains[hook]);
        if (hooked === undefined || (hook === "forward" && masqueraded(guarded, family) !== undefined))
          continue;
        const packet = exampleFrom(gate, open);
        const name = guarded.host.name;
        const severity: Severity =
          hook === "forward"
            ? forwards(guarded, gate)
              ? "low"
              : "note"
            : isBehindOthers(context, guarded)
              ? "low"
              : "medium";
        const where = `${hooked.base.chain} of ${name}`;
        yield {
          subject: subjectOf(guarded, `${hook} default`),
          severity,
          title:
            hook === "input"
              ? `${where} lets in whatever no rule names`
              : `${where} passes on whatever no rule names, if the host forwards at all`,
          origins: [hooked.chain.policy?.origin ?? hooked.chain.origin],
          ...(packet === undefined
            ? {}
            : {
                witness: { packet: exampleOf(packet), seen: `no rule is about it, and ${where} accepts it` },
              }),
          remedy: closingRemedy(
            context,
            guarded,
            hooked,
            hook,
            `set the policy of ${hooked.base.chain} to drop; before that, accept established and related${hook === "input" ? ", the interface lo, and ssh from where you administer it" : ""}`,
          ),
        } satisfies Finding;
      }
  },
};

/** A rule that gives the host's own address to whoever sends by it: no test on the source, the mark or the way in. */
function masqueraded({ firewall }: Guarded, family: Family): Rule | undefined {
  return translatingChains(firewall, "postrouting", family)
    .flatMap(({ chain, chains }) => [...reachedFrom(chain, chains)])
    .flatMap((chain) => chain.rules)
    .find(
      (rule) =>
        actionsOf(rule).some((action) => action.kind === "masquerade" || action.kind === "snat") &&
        (rule.match.kind === "always" || (rule.match.kind === "interface" && rule.match.direction === "out")),
    );
}

export const openForwarding: Check = {
  number: "RW520",
  name: "forwards-for-anybody",
  title: "A host forwards for anybody, and lends its address",
  severity: "medium",
  why:
    "Whoever can send to the host, from the internet too, sends on through it into its networks or to others under its name: the " +
    "answer comes back to it. That is a router that nobody guards.",
  references: [defaultDenyReference],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const found = openFamily(guarded, "forward");
      if (found === undefined) continue;
      const { gate, open, family } = found;
      const rule = masqueraded(guarded, family);
      const hooked = mainChain(gate.chains.forward);
      const packet = exampleFrom(gate, open);
      if (rule === undefined || hooked === undefined) continue;
      yield {
        subject: subjectOf(guarded, "forwarding"),
        title: `${guarded.host.name} forwards between all its networks, and “${rule.text}” lends its address to all of it`,
        origins: [hooked.chain.policy?.origin ?? hooked.chain.origin, rule.origin],
        ...(packet === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf(packet),
                seen: `${hooked.base.chain} accepts it from any interface to any other`,
              },
            }),
        remedy: closingRemedy(
          context,
          guarded,
          hooked,
          "forward",
          `set the policy of ${hooked.base.chain} to drop, and accept there what comes from the inner networks (and established, related)`,
        ),
      };
    }
  },
};
