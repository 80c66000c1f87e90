// Kubernetes policies of one endpoint and direction as sets of flows between two known ends: the tiers of
// layers/network-policy/tiers.ts, each sending on what it does not decide. Agrees with them packet by packet.
import type { Direction } from "../../../layers/network-policy/tiers.ts";
import type { NetworkPolicy } from "../../../layers/network-policy/model.ts";
import type { Packet } from "../../../packet/packet.ts";
import { SCTP, TCP, UDP } from "../../../packet/protocol.ts";
import type { Rule } from "../../../rules/rule.ts";
import type { Bounds } from "../../../rules/symbolic/bounds.ts";
import { matchSets } from "../../../rules/symbolic/match-sets.ts";
import type { PacketSet, Space } from "../../../space/space.ts";
import { withKnownEnds } from "../known-ends.ts";

export interface PolicyAnswer extends Bounds {
  /** Rules that some of the flows meet. */
  readonly rules: readonly Rule[];
}

/**
 * @param entering the flows that are asked about
 * @param packet has the two ends: addresses and identities; nothing else of it is looked at
 */
export function policySets(
  space: Space,
  policies: readonly NetworkPolicy[],
  endpoint: string,
  direction: Direction,
  packet: Packet,
  entering: PacketSet,
): PolicyAnswer {
  const tiers = new Tiers(space, packet, direction, entering);
  const bound = policies.filter((policy) => policy.pods.has(endpoint) && policy[direction] !== undefined);
  tiers.exempt(policies.find((policy) => policy.exempt !== undefined)?.exempt?.get(endpoint)?.[direction]);
  tiers.admin(bound.filter((policy) => policy.kind === "AdminNetworkPolicy"));
  tiers.namespaced(
    bound.filter((policy) => policy.kind === "NetworkPolicy" || policy.kind === "MultiNetworkPolicy"),
  );
  tiers.baseline(bound.filter((policy) => policy.kind === "BaselineAdminNetworkPolicy"));
  return tiers.answer();
}

class Tiers {
  readonly #space: Space;
  readonly #packet: Packet;
  readonly #direction: Direction;
  readonly #rules = new Set<Rule>();
  /** Flows that may come to the next tier. */
  #here: PacketSet;
  /** Flows that a Pass may have sent past the admin policies that are left. */
  #passed: PacketSet;
  #allowed: PacketSet;
  #denied: PacketSet;

  constructor(space: Space, packet: Packet, direction: Direction, entering: PacketSet) {
    this.#space = space;
    this.#packet = packet;
    this.#direction = direction;
    this.#here = entering;
    this.#passed = space.none;
    this.#allowed = space.none;
    this.#denied = space.none;
  }

  #setsOf(rule: Rule, here: PacketSet): Bounds {
    const space = this.#space;
    const { must, may } = matchSets(space, withKnownEnds(rule.match, this.#packet));
    const met = space.and(here, may);
    if (!space.isEmpty(met)) this.#rules.add(rule);
    return { must: space.and(here, must), may: met };
  }

  exempt(rule: Rule | undefined): void {
    if (rule === undefined) return;
    const space = this.#space;
    const { must, may } = this.#setsOf(rule, this.#here);
    this.#allowed = space.or(this.#allowed, may);
    this.#here = space.minus(this.#here, must);
  }

  /** Tier by tier, lowest number first; a Pass leads past those that are left, to the namespaced policies. */
  admin(policies: readonly NetworkPolicy[]): void {
    const space = this.#space;
    const byPriority = Map.groupBy(policies, (policy) => policy.priority);
    for (const priority of [...byPriority.keys()].sort((a, b) => a - b)) {
      const here = this.#here;
      for (const policy of byPriority.get(priority) ?? []) {
        const { passed, left } = this.#ordered(policy, here);
        this.#passed = space.or(this.#passed, passed);
        // A flow goes on where none of the policies of this priority certainly decides.
        this.#here = space.and(this.#here, left);
      }
    }
    this.#here = space.or(this.#here, this.#passed);
  }

  /** First match in the policy's own order. */
  #ordered(policy: NetworkPolicy, here: PacketSet): { readonly passed: PacketSet; readonly left: PacketSet } {
    const space = this.#space;
    let left = here;
    let passed = space.none;
    for (const rule of policy[this.#direction] ?? []) {
      const { must, may } = this.#setsOf(rule, left);
      const [action] = rule.actions;
      if (action?.kind === "accept") this.#allowed = space.or(this.#allowed, may);
      else if (action?.kind === "return") passed = space.or(passed, may);
      else this.#denied = space.or(this.#denied, may);
      left = space.minus(left, must);
    }
    return { passed, left };
  }

  /** They add up; what none of them allows is refused, but for protocols that Kubernetes says nothing of. */
  namespaced(policies: readonly NetworkPolicy[]): void {
    if (policies.length === 0) return;
    const space = this.#space;
    const here = this.#here;
    let sure = space.none;
    let perhaps = space.minus(here, space.number("protocol", [TCP, TCP, UDP, UDP, SCTP, SCTP]));
    for (const rule of policies.flatMap((policy) => policy[this.#direction] ?? [])) {
      const { must, may } = this.#setsOf(rule, here);
      sure = space.or(sure, must);
      perhaps = space.or(perhaps, may);
    }
    this.#allowed = space.unionOf([this.#allowed, sure, perhaps]);
    this.#denied = space.or(this.#denied, space.minus(here, sure));
    this.#here = space.none;
  }

  baseline(policies: readonly NetworkPolicy[]): void {
    for (const policy of policies) {
      // A baseline has no Pass: what its rules leave goes on.
      const { left } = this.#ordered(policy, this.#here);
      this.#here = left;
    }
    this.#allowed = this.#space.or(this.#allowed, this.#here);
  }

  answer(): PolicyAnswer {
    return {
      must: this.#space.minus(this.#allowed, this.#denied),
      may: this.#allowed,
      rules: [...this.#rules],
    };
  }
}
