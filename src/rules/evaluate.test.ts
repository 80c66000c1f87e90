// Chains are walked as nf_tables and iptables walk them; where a match can't be known, every way that it leaves open
// is among the decisions, and the last one is that on which nothing unknown matched.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressSet } from "../packet/address-set.ts";
import type { Packet } from "../packet/packet.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import {
  all,
  always,
  any,
  destinationPorts,
  inverted,
  never,
  protocol,
  source,
  type Match,
} from "./match.ts";
import type { Action, Chain, ChainSet, Rule } from "./rule.ts";
import type { View } from "./view.ts";

const origin = { file: "test.rules", line: 1 };
const perhaps: Match = { kind: "unknown", what: "the moon is full" };

function rule(match: Match, ...actions: Action[]): Rule {
  return { match, actions, origin, text: `${match.kind} ${actions.map((a) => a.kind).join()}` };
}
function chain(name: string, rules: readonly Rule[], policy?: "accept" | "drop"): Chain {
  return {
    name,
    rules,
    origin,
    ...(policy === undefined ? {} : { policy: rule(always, { kind: policy }) }),
  };
}
const accept: Action = { kind: "accept" };
const drop: Action = { kind: "drop" };
const back: Action = { kind: "return" };
const jump = (to: string): Action => ({ kind: "jump", chain: to });
const goto = (to: string): Action => ({ kind: "goto", chain: to });
const syn: Packet = {
  family: 4,
  source: { family: 4, value: 0xc6336407 },
  destination: { family: 4, value: 0xc000020a },
  protocol: 6,
  sourcePort: 50_000,
  destinationPort: 22,
  tcpFlags: 2,
};

function run(base: Chain, others: readonly Chain[] = [], view: View = { packet: syn }): Evaluation {
  return evaluate(base, new Map([base, ...others].map((one) => [one.name, one])), view);
}
function kinds(evaluation: Evaluation): string[] {
  return evaluation.decisions.map(({ outcome }) => outcome.kind);
}

describe("a chain where everything is known", () => {
  it("is decided by the first rule that matches", () => {
    const ssh = rule(all(protocol(6), destinationPorts([22, 22])), accept);
    const result = run(chain("INPUT", [rule(protocol(17), drop), ssh, rule(always, drop)], "drop"));
    expect(kinds(result)).toEqual(["accept"]);
    expect(result.decisions[0].rule).toBe(ssh);
    expect(result.causes).toEqual([]);
  });

  it("falls to its policy where no rule decides", () => {
    const base = chain("INPUT", [rule(protocol(17), accept), rule(always, { kind: "log" })], "drop");
    const result = run(base);
    expect(kinds(result)).toEqual(["drop"]);
    expect(result.decisions[0].rule).toBe(base.policy);
    expect(result.passed).toEqual([base.rules[1]]);
  });

  it("says nothing at its end without a policy", () => {
    expect(kinds(run(chain("PREROUTING", [rule(protocol(17), accept)])))).toEqual(["none"]);
  });

  it("goes on behind the jump when the called chain ends or returns", () => {
    const called = chain("ssh", [rule(protocol(17), drop), rule(always, back), rule(always, drop)]);
    const base = chain("INPUT", [rule(always, jump("ssh")), rule(always, accept)], "drop");
    const result = run(base, [called]);
    expect(kinds(result)).toEqual(["accept"]);
    expect(result.decisions[0].via).toEqual([]);
  });

  it("names the jumps that led to the deciding rule, outermost first", () => {
    const inner = chain("inner", [rule(always, drop)]);
    const outer = chain("outer", [rule(always, jump("inner"))]);
    const base = chain("INPUT", [rule(always, jump("outer"))], "accept");
    const [decision] = run(base, [outer, inner]).decisions;
    expect(decision.chain).toBe("inner");
    expect(decision.via).toEqual([base.rules[0], outer.rules[0]]);
  });

  it("does not come back from a goto: what it ends in goes to the caller's caller", () => {
    const target = chain("target", [rule(protocol(17), drop)]);
    const called = chain("called", [rule(always, goto("target")), rule(always, drop)]);
    const base = chain("INPUT", [rule(always, jump("called")), rule(always, accept)], "drop");
    expect(kinds(run(base, [called, target]))).toEqual(["accept"]);
  });

  it("takes the policy when a goto of the base chain comes back", () => {
    const target = chain("target", []);
    const base = chain("INPUT", [rule(always, goto("target")), rule(always, accept)], "drop");
    expect(kinds(run(base, [target]))).toEqual(["drop"]);
  });

  it("takes the policy on RETURN in the base chain", () => {
    expect(kinds(run(chain("INPUT", [rule(always, back), rule(always, accept)], "drop")))).toEqual(["drop"]);
  });

  it("decides by a verdict map's entry, and goes on where it has none", () => {
    const map = (port: number): Rule =>
      rule(always, {
        kind: "lookup",
        name: "ports",
        fields: ["destination-port"],
        entries: [{ key: [{ numbers: [port, port] }], actions: [accept] }],
      });
    expect(kinds(run(chain("c", [map(22)], "drop")))).toEqual(["accept"]);
    expect(kinds(run(chain("c", [map(80)], "drop")))).toEqual(["drop"]);
  });

  it("asks a verdict map's entry for what stands beside its key", () => {
    const lookup: Action = {
      kind: "lookup",
      name: "m",
      fields: ["destination-port"],
      entries: [
        { key: [{ numbers: [22, 22] }], match: { kind: "state", states: ["new"] }, actions: [accept] },
      ],
    };
    const base = chain("c", [rule(always, lookup)], "drop");
    expect(kinds(run(base, [], { packet: syn, state: "new" }))).toEqual(["accept"]);
    expect(kinds(run(base, [], { packet: syn, state: "invalid" }))).toEqual(["drop"]);
    expect(kinds(run(base, [], { packet: syn }))).toEqual(["accept", "drop"]);
  });

  it("stops the rule, not the chain, where a test behind an action fails", () => {
    const broken = rule(always, { kind: "when", match: protocol(17), actions: [drop] }, drop);
    expect(kinds(run(chain("c", [broken, rule(always, accept)], "drop")))).toEqual(["accept"]);
  });

  it("sets marks as (mark & ~mask) ^ value, and later rules see them", () => {
    const view: View = { packet: syn, mark: 0xff, connectionMark: 0, state: "new" };
    const set = rule(always, { kind: "set-mark", of: "packet", mask: 0x0f, value: 0x03 });
    const save = rule(always, { kind: "copy-mark", from: "packet", fromMask: 0xf0, toMask: 0xff });
    const marked = rule({ kind: "mark", of: "connection", mask: 0xff, set: [0xf0, 0xf0] }, accept);
    expect(kinds(run(chain("c", [set, save, marked], "drop"), [], view))).toEqual(["accept"]);
    expect(view.mark).toBe(0xf3);
    expect(view.connectionMark).toBe(0xf0);
  });

  it("leaves the packet's mark alone when there is no connection to restore one from", () => {
    const view: View = { packet: syn, mark: 7, state: "untracked" };
    run(
      chain("c", [rule(always, { kind: "copy-mark", from: "connection", fromMask: 0xff, toMask: 0xff })]),
      [],
      view,
    );
    expect(view.mark).toBe(7);
  });
});

describe("a chain with a match that can't be known", () => {
  it("leaves both decisions, and the one without the unknown stands last", () => {
    const result = run(chain("INPUT", [rule(perhaps, accept)], "drop"));
    expect(kinds(result)).toEqual(["accept", "drop"]);
    expect(result.causes).toEqual([{ kind: "condition", what: "the moon is full" }]);
  });

  it("is certain where both ways end alike", () => {
    const result = run(chain("INPUT", [rule(perhaps, drop)], "drop"));
    expect(kinds(result)).toEqual(["drop"]);
    expect(result.causes).toEqual([]);
  });

  it("keeps the policy possible when a RETURN before a certain rule may match", () => {
    // If the unknown matches, the policy accepts; if not, the rule behind it drops.
    const result = run(chain("INPUT", [rule(perhaps, back), rule(always, drop)], "accept"));
    expect(kinds(result)).toEqual(["accept", "drop"]);
    expect(result.causes).toHaveLength(1);
  });

  it("keeps the caller's rules possible when a RETURN of the called chain may match", () => {
    const called = chain("called", [rule(perhaps, back), rule(always, drop)]);
    const base = chain("INPUT", [rule(always, jump("called")), rule(always, accept)], "drop");
    expect(kinds(run(base, [called]))).toEqual(["accept", "drop"]);
  });

  it("keeps both ends possible when a goto may match", () => {
    const target = chain("target", []);
    const base = chain("INPUT", [rule(perhaps, goto("target")), rule(always, accept)], "drop");
    const result = run(base, [target]);
    expect(kinds(result)).toEqual(["drop", "accept"]);
    expect(result.causes).toHaveLength(1);
  });

  it("loses a mark that a rule may have set", () => {
    const view: View = { packet: syn, mark: 0 };
    run(
      chain("c", [rule(perhaps, { kind: "set-mark", of: "packet", mask: 0xffffffff, value: 1 })]),
      [],
      view,
    );
    expect(view.mark).toBeUndefined();
  });

  it("says perhaps of an exemption from tracking that may not happen", () => {
    expect(run(chain("c", [rule(perhaps, { kind: "notrack" })])).notrack).toBe("perhaps");
    expect(run(chain("c", [rule(always, { kind: "notrack" })])).notrack).toBe(true);
  });

  it("lets an action that is not understood accept, drop or go on", () => {
    const result = run(chain("c", [rule(always, { kind: "unknown", what: "-j TARPIT" })], "drop"));
    expect(kinds(result)).toEqual(["accept", "drop"]);
    expect(result.causes).toEqual([{ kind: "condition", what: "-j TARPIT", origin }]);
  });

  it("may hold an entry of a verdict map for an open port, and the entries behind it", () => {
    const open: Packet = { ...syn, destinationPort: [1, 65_535] };
    const lookup: Action = {
      kind: "lookup",
      name: "m",
      fields: ["destination-port"],
      entries: [
        { key: [{ numbers: [22, 22] }], actions: [accept] },
        { key: [{ numbers: [23, 23] }], actions: [{ kind: "reject" }] },
      ],
    };
    expect(kinds(run(chain("c", [rule(always, lookup)], "drop"), [], { packet: open }))).toEqual([
      "accept",
      "reject",
      "drop",
    ]);
  });

  it("gives up, within its memory, where doubtful jumps lead back twice at every level", () => {
    const circle = chain("INPUT", [rule(perhaps, jump("INPUT")), rule(perhaps, jump("INPUT"))], "drop");
    const { decisions } = run(circle);
    expect(decisions.map(({ outcome }) => outcome.kind)).toEqual(["unknown"]);
    // The last of them is given up where the walk began: at its own second rule.
    expect([decisions[0].rule, decisions[0].via]).toEqual([circle.rules[1], []]);
  });
  it("does not follow chains that call each other without end", () => {
    const loop = chain("loop", [rule(always, jump("loop")), rule(always, jump("loop"))]);
    expect(kinds(run(loop))).toEqual(["unknown"]);
    const wide = Array.from({ length: 40 }, (_, at) =>
      chain(`c${at}`, [rule(always, jump(`c${at + 1}`)), rule(always, jump(`c${at + 1}`))]),
    );
    expect(kinds(run(chain("base", [rule(always, jump("c0"))], "accept"), wide)).at(-1)).toBe("unknown");
  });

  it("says of a jump to a chain that is not there that it can't know", () => {
    expect(kinds(run(chain("c", [rule(always, jump("gone"))], "accept")))).toEqual(["unknown"]);
  });
});

/** A plain walk of one world: every unknown is given a truth beforehand. */
function walkOnce(base: Chain, chains: ChainSet, truths: ReadonlyMap<Match, boolean>): string {
  const visit = (current: Chain, isBase: boolean): string => {
    for (const { match, actions } of current.rules) {
      if (!(match.kind === "unknown" ? truths.get(match) : match.kind === "always")) continue;
      const [action] = actions;
      if (action === undefined) continue;
      if (action.kind === "accept" || action.kind === "drop") return action.kind;
      if (action.kind === "return") break;
      if (action.kind === "jump" || action.kind === "goto") {
        const target = chains.get(action.chain);
        const end = target === undefined ? "open" : visit(target, false);
        if (end !== "open") return end;
        if (action.kind === "goto") break;
      }
    }
    return isBase ? (current.policy?.actions[0]?.kind ?? "none") : "open";
  };
  return visit(base, true);
}

describe("against every world that the unknowns leave possible", () => {
  const action = fc.constantFrom<Action>(accept, drop, back, jump("a"), jump("b"), goto("b"));
  const leaf = fc.constantFrom<Action>(accept, drop, back);
  const test = fc.constantFrom("always", "never", "unknown");
  const rules = (actions: fc.Arbitrary<Action>) => fc.array(fc.tuple(test, actions), { maxLength: 4 });

  it("decides exactly what some world decides, and ends with the world where no unknown holds", () => {
    fc.assert(
      fc.property(
        rules(action),
        rules(fc.constantFrom<Action>(accept, drop, back, jump("b"), goto("b"))),
        rules(leaf),
        (top, a, b) => {
          const unknowns: Match[] = [];
          const make = (list: readonly (readonly [string, Action])[]): Rule[] =>
            list.map(([kind, act]) => {
              if (kind === "always") return rule(always, act);
              if (kind === "never") return rule(never, act);
              const match: Match = { kind: "unknown", what: `u${unknowns.length}` };
              unknowns.push(match);
              return rule(match, act);
            });
          const base = chain("base", make(top), "drop");
          const chains = new Map([chain("a", make(a)), chain("b", make(b))].map((one) => [one.name, one]));
          const possible = new Set<string>();
          for (let world = 0; world < 2 ** unknowns.length; world += 1) {
            possible.add(
              walkOnce(
                base,
                chains,
                new Map(unknowns.map((match, bit) => [match, (world & (1 << bit)) !== 0])),
              ),
            );
          }
          const result = evaluate(base, chains, { packet: syn });
          // A chain that is called twice meets the same unknown twice, and may take it for two: possible ⊆ decided.
          for (const outcome of possible) expect(kinds(result)).toContain(outcome);
          expect(kinds(result).at(-1)).toBe(walkOnce(base, chains, new Map()));
          expect(result.causes.length > 0).toBe(kinds(result).length > 1);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("open fields", () => {
  const open: Packet = { ...syn, source: addressSet("198.51.100.0/24") };
  it("match where all of the field is inside, and not where none of it is", () => {
    expect(
      kinds(
        run(chain("c", [rule(source(addressSet("198.51.0.0/16")), accept)], "drop"), [], { packet: open }),
      ),
    ).toEqual(["accept"]);
    expect(
      kinds(run(chain("c", [rule(source(addressSet("10.0.0.0/8")), accept)], "drop"), [], { packet: open })),
    ).toEqual(["drop"]);
  });
  it("leave both ways open where a part is inside, and name that part", () => {
    const half = addressSet("198.51.100.0/25");
    const result = run(chain("c", [rule(any(source(half)), accept)], "drop"), [], { packet: open });
    expect(kinds(result)).toEqual(["accept", "drop"]);
    expect(result.causes).toEqual([
      { kind: "address", field: "source", open: addressSet("198.51.100.0/24"), inside: half },
    ]);
    expect(
      kinds(run(chain("c", [rule(inverted(source(half)), accept)], "drop"), [], { packet: open })),
    ).toEqual(["accept", "drop"]);
  });
});
