// Facts about chains as people write them: jumps, returns, gotos, network ACLs, unknown matches, unions.
import { describe, expect, it } from "vitest";
import { addressSet, allIpv4 } from "../../packet/address-set.ts";
import { packetText } from "../../packet/packet.ts";
import {
  all,
  always,
  destination,
  destinationPorts,
  inverted,
  protocol,
  source,
  type Match,
} from "../match.ts";
import type { Action, Chain, Rule } from "../rule.ts";
import { coverage, unionCoverage, type RuleFact } from "./coverage.ts";

const accept: Action = { kind: "accept" };
const drop: Action = { kind: "drop" };
const back: Action = { kind: "return" };
const log: Action = { kind: "log" };
const jump = (to: string): Action => ({ kind: "jump", chain: to });
const goto = (to: string): Action => ({ kind: "goto", chain: to });
const from = (...prefixes: string[]): Match => source(addressSet(...prefixes));
const tcpTo = (...ports: number[]): Match =>
  all(protocol(6), destinationPorts(ports.flatMap((port) => [port, port])));
const perhaps: Match = { kind: "unknown", what: "limit: avg 5/min" };

let line = 0;
function rule(text: string, match: Match, ...actions: Action[]): Rule {
  line += 1;
  return { match, actions, origin: { file: "test.rules", line }, text };
}
function chain(name: string, rules: readonly Rule[], policy?: Action): Chain {
  return {
    name,
    rules,
    origin: { file: "test.rules", line: 1 },
    ...(policy === undefined ? {} : { policy: rule("policy", always, policy) }),
  };
}
function facts(base: Chain, ...others: readonly Chain[]): readonly RuleFact[] {
  return coverage(base, new Map([base, ...others].map((one) => [one.name, one])), { families: [4] });
}
function of<K extends RuleFact["kind"]>(all: readonly RuleFact[], kind: K): Extract<RuleFact, { kind: K }>[] {
  return all.filter((fact): fact is Extract<RuleFact, { kind: K }> => fact.kind === kind);
}
const texts = (places: readonly { readonly rule: Rule }[]): string[] => places.map((one) => one.rule.text);

/** RINGS.md, case `rule-order`, the rules in the order of the lesson. */
const order = {
  ssh: rule("allow tcp 10.0.1.0/24 → any:22", all(from("10.0.1.0/24"), tcpTo(22)), accept),
  web: rule("allow tcp any → any:80,443", tcpTo(80, 443), accept),
  database: rule(
    "allow tcp 10.0.0.0/8 → 10.0.3.5:5432",
    all(from("10.0.0.0/8"), destination(addressSet("10.0.3.5/32")), tcpTo(5432)),
    accept,
  ),
  deny: rule("deny all", always, drop),
};

describe("the order of a network ACL's entries", () => {
  it("is sound where the deny stands last: every rule is reached, and `*` behind it is not", () => {
    const found = facts(chain("acl", [order.ssh, order.web, order.database, order.deny], drop));
    expect(texts(of(found, "reached"))).toEqual([
      order.ssh.text,
      order.web.text,
      order.database.text,
      order.deny.text,
    ]);
    expect(of(found, "unreachable")).toMatchObject([
      { rule: { text: "policy" }, by: [{ rule: order.deny }], agreement: "same" },
    ]);
    expect(of(found, "correlated")).toEqual([]);
    expect(of(found, "generalises")).toMatchObject([{ rule: order.deny, count: 3 }]);
  });

  it("hides every allow where the deny stands first, and shows an ssh packet that is refused", () => {
    const found = facts(chain("acl", [order.deny, order.ssh, order.web, order.database], drop));
    const hidden = of(found, "unreachable");
    expect(
      hidden.map((fact) => [fact.rule.text, texts(fact.by), fact.agreement, fact.decidedBy?.rule.text]),
    ).toEqual([
      [order.ssh.text, [order.deny.text], "opposite", order.deny.text],
      [order.web.text, [order.deny.text], "opposite", order.deny.text],
      [order.database.text, [order.deny.text], "opposite", order.deny.text],
      ["policy", [order.deny.text], "same", order.deny.text],
    ]);
    // By hand: the first addresses that are no network's own, the documented destination, a client's port.
    expect(packetText(hidden[0]?.witness.packet ?? never())).toBe("tcp 10.0.1.1:50000 > 192.0.2.10:22 [SYN]");
    expect(of(found, "hides").map((fact) => [fact.rule.text, texts(fact.rules)])).toEqual([
      [order.deny.text, [order.ssh.text, order.web.text, order.database.text]],
    ]);
  });
});

function never(): never {
  throw new Error("there is such a fact");
}

describe("a chain that calls others", () => {
  it("shows that a rule behind a jump is hidden by the rules of the chain that it calls", () => {
    const web = rule("-A SERVICES -p tcp --dport 443 -j ACCEPT", tcpTo(443), accept);
    const rest = rule("-A SERVICES -j DROP", always, drop);
    const late = rule("-A INPUT -p tcp --dport 22 -j ACCEPT", tcpTo(22), accept);
    const found = facts(
      chain("INPUT", [rule("-A INPUT -j SERVICES", always, jump("SERVICES")), late], drop),
      chain("SERVICES", [web, rest]),
    );
    expect(of(found, "unreachable").map((fact) => [fact.rule.text, texts(fact.by), fact.agreement])).toEqual([
      [late.text, [rest.text], "opposite"],
      ["policy", [rest.text], "same"],
    ]);
  });

  it("sees what a return leads by the rest of its chain", () => {
    const trusted = rule("-A SERVICES -s 10.0.0.0/8 -j RETURN", from("10.0.0.0/8"), back);
    const rest = rule("-A SERVICES -j DROP", always, drop);
    const inside = rule("-A INPUT -s 10.1.0.0/16 -j ACCEPT", from("10.1.0.0/16"), accept);
    const outside = rule("-A INPUT -s 192.0.2.0/24 -j ACCEPT", from("192.0.2.0/24"), accept);
    const found = facts(
      chain("INPUT", [rule("-A INPUT -j SERVICES", always, jump("SERVICES")), inside, outside], drop),
      chain("SERVICES", [trusted, rest]),
    );
    expect(texts(of(found, "reached"))).toContain(inside.text);
    expect(of(found, "unreachable")).toMatchObject([{ rule: outside, by: [{ rule: rest }] }]);
  });

  it("follows a goto to the caller's caller: what stands behind it in its chain is not met by its packets", () => {
    const skipped = rule("-A A -s 10.0.0.0/8 -j ACCEPT", from("10.0.0.0/8"), accept);
    const found = facts(
      chain(
        "INPUT",
        [
          rule("-A INPUT -j A", always, jump("A")),
          rule("-A INPUT -s 10.0.0.0/8 -j ACCEPT", from("10.0.0.0/8"), accept),
        ],
        drop,
      ),
      chain("A", [rule("-A A -s 10.0.0.0/8 -g B", from("10.0.0.0/8"), goto("B")), skipped]),
      chain("B", [rule("-A B -p tcp --dport 22 -j ACCEPT", tcpTo(22), accept)]),
    );
    expect(of(found, "unreachable").map((fact) => [fact.rule.text, texts(fact.by)])).toEqual([
      [skipped.text, ["-A A -s 10.0.0.0/8 -g B"]],
    ]);
  });

  it("says of a rule that contradicts the jump to its chain that it never matches there", () => {
    const odd = rule("-A LAN -s 192.0.2.0/24 -j ACCEPT", from("192.0.2.0/24"), accept);
    const empty = rule("-A LAN -p tcp -p udp -j ACCEPT", all(protocol(6), protocol(17)), accept);
    const found = facts(
      chain("INPUT", [rule("-A INPUT -s 10.0.0.0/8 -j LAN", from("10.0.0.0/8"), jump("LAN"))], drop),
      chain("LAN", [odd, empty]),
    );
    expect(of(found, "never").map((fact) => [fact.rule.text, fact.byItself])).toEqual([
      [odd.text, false],
      [empty.text, true],
    ]);
  });

  it("judges a chain of one family that tests no field at all", () => {
    const limited = rule("-A INPUT -m limit --limit 5/min -j DROP", perhaps, drop);
    const found = coverage(chain("INPUT", [limited], accept), new Map(), { families: [4] });
    expect(found.filter(({ kind }) => kind === "reached").map((fact) => fact.rule.text)).toEqual([
      limited.text,
      "policy",
    ]);
  });

  it("counts a rule of a chain that is called twice as reached where one call reaches it", () => {
    const shared = rule("-A WEB -p tcp --dport 443 -j ACCEPT", tcpTo(443), accept);
    const found = facts(
      chain(
        "INPUT",
        [
          rule("-A INPUT -s 10.0.0.0/8 -j WEB", from("10.0.0.0/8"), jump("WEB")),
          rule("-A INPUT -s 10.0.0.0/8 -j DROP", from("10.0.0.0/8"), drop),
          rule("-A INPUT -s 10.1.0.0/16 -j WEB", from("10.1.0.0/16"), jump("WEB")),
        ],
        drop,
      ),
      chain("WEB", [shared]),
    );
    expect(texts(of(found, "reached"))).toContain(shared.text);
    expect(texts(of(found, "unreachable"))).toEqual(["-A INPUT -s 10.1.0.0/16 -j WEB"]);
  });

  it("never calls a log redundant, but unreachable where it is", () => {
    const late = rule("-A INPUT -j LOG", always, log);
    const found = facts(
      chain(
        "INPUT",
        [rule("-A INPUT -j LOG --log-prefix in", always, log), rule("-A INPUT -j DROP", always, drop), late],
        drop,
      ),
    );
    expect(of(found, "unreachable")).toMatchObject([
      { rule: late, agreement: "none" },
      { rule: { text: "policy" } },
    ]);
    expect(of(found, "redundant")).toEqual([]);
  });

  it("finds the drop redundant that the policy repeats", () => {
    const last = rule("-A INPUT -s 10.0.0.0/8 -j DROP", from("10.0.0.0/8"), drop);
    const found = facts(
      chain("INPUT", [rule("-A INPUT -p tcp --dport 22 -j ACCEPT", tcpTo(22), accept), last], drop),
    );
    expect(of(found, "redundant").map((fact) => [fact.rule.text, texts(fact.by)])).toEqual([
      [last.text, ["policy"]],
    ]);
  });

  it("finds the order that matters by accident, with a packet of the overlap", () => {
    const first = rule("-A INPUT -p tcp --dport 22 -j DROP", tcpTo(22), drop);
    const second = rule("-A INPUT -s 10.0.0.0/8 -j ACCEPT", from("10.0.0.0/8"), accept);
    const [fact] = of(facts(chain("INPUT", [first, second], drop)), "correlated");
    expect(fact?.rule).toBe(second);
    expect(texts(fact?.with ?? [])).toEqual([first.text]);
    expect(packetText(fact?.with[0]?.witness.packet ?? never())).toBe(
      "tcp 10.0.0.1:50000 > 192.0.2.10:22 [SYN]",
    );
  });

  it("reads a rule that jumps to a chain which is not there as one that may do anything", () => {
    const late = rule("-A INPUT -j ACCEPT", always, accept);
    const found = facts(chain("INPUT", [rule("-A INPUT -j GONE", always, jump("GONE")), late], drop));
    expect(of(found, "reached").find((fact) => fact.rule === late)).toMatchObject({ certain: false });
  });
});

describe("what can't be known", () => {
  it("does not let a rate limit hide what stands behind it", () => {
    const limited = rule("-A INPUT -m limit -j ACCEPT", perhaps, accept);
    const late = rule("-A INPUT -p tcp --dport 22 -j ACCEPT", tcpTo(22), accept);
    const found = facts(chain("INPUT", [limited, late], drop));
    expect(of(found, "unreachable")).toEqual([]);
    expect(of(found, "reached").map((fact) => [fact.rule.text, fact.certain])).toEqual([
      [limited.text, false],
      [late.text, false],
      ["policy", false],
    ]);
    expect(of(found, "redundant")).toEqual([]);
  });

  it("hides a rule that may match behind one that surely does", () => {
    const limited = rule("-A INPUT -p tcp --dport 22 -m limit -j ACCEPT", all(tcpTo(22), perhaps), accept);
    const found = facts(chain("INPUT", [rule("-A INPUT -p tcp -j DROP", protocol(6), drop), limited], drop));
    expect(of(found, "unreachable")).toMatchObject([{ rule: limited, agreement: "opposite" }]);
  });

  it("judges a chain that is called under an unknown test by itself", () => {
    const late = rule("-A A -s 10.1.0.0/16 -j DROP", from("10.1.0.0/16"), drop);
    const broad = rule("-A A -s 10.0.0.0/8 -j ACCEPT", from("10.0.0.0/8"), accept);
    const found = facts(
      chain(
        "INPUT",
        [
          rule("-A INPUT -m limit -j A", perhaps, jump("A")),
          rule("-A INPUT -s 10.1.0.0/16 -j ACCEPT", from("10.1.0.0/16"), accept),
        ],
        drop,
      ),
      chain("A", [broad, late]),
    );
    expect(of(found, "unreachable").map((fact) => [fact.rule.text, texts(fact.by)])).toEqual([
      [late.text, [broad.text]],
    ]);
  });

  it("takes a mark for unknown where rules on the way change it", () => {
    const mark = (value: number): Match => ({
      kind: "mark",
      of: "packet",
      mask: 0xffffffff,
      set: [value, value],
    });
    const rules = (...before: Rule[]): Chain =>
      chain(
        "INPUT",
        [
          ...before,
          rule("-m mark --mark 1 -j ACCEPT", mark(1), accept),
          rule("-m mark ! --mark 1 -j DROP", inverted(mark(1)), drop),
        ],
        drop,
      );
    expect(texts(of(facts(rules()), "unreachable"))).toEqual(["policy"]);
    const set = rule("-j MARK --set-mark 1", from("10.0.0.0/8"), {
      kind: "set-mark",
      of: "packet",
      mask: 0xffffffff,
      value: 1,
    });
    expect(texts(of(facts(rules(set)), "unreachable"))).toEqual([]);
  });
});

describe("a union of security groups", () => {
  const office = rule("tcp 22 from 10.0.0.0/16", all(tcpTo(22), from("10.0.0.0/16")), accept);
  const desk = rule("tcp 22 from 10.0.5.0/24", all(tcpTo(22), from("10.0.5.0/24")), accept);
  const halves = [
    rule("tcp 443 from 0.0.0.0/1", all(tcpTo(443), from("0.0.0.0/1")), accept),
    rule("tcp 443 from 128.0.0.0/1", all(tcpTo(443), from("128.0.0.0/1")), accept),
  ];
  const web = rule("tcp 443 from 10.0.0.0/8", all(tcpTo(443), from("10.0.0.0/8")), accept);

  it("finds a rule inside another redundant, whichever stands first", () => {
    for (const rules of [
      [office, desk],
      [desk, office],
    ])
      expect(of(unionCoverage(rules, "eni-1"), "redundant")).toMatchObject([
        { rule: desk, by: [{ rule: office }] },
      ]);
  });

  it("finds a rule inside the union of others redundant, and names what is needed for that", () => {
    const inWeb = rule(
      "tcp 443 from 64.0.0.0/2 and more",
      all(tcpTo(443), from("64.0.0.0/2", "128.0.0.0/2")),
      accept,
    );
    const found = unionCoverage([office, inWeb, ...halves], "eni-1");
    expect(of(found, "redundant").map((fact) => [fact.rule.text, texts(fact.by)])).toEqual([
      [inWeb.text, texts(halves.map((one) => ({ rule: one })))],
    ]);
  });

  it("keeps the first of two that are equal", () => {
    const again = { ...web, origin: { file: "other.rules", line: 9 } };
    expect(of(unionCoverage([web, again], "eni-1"), "redundant")).toMatchObject([
      { rule: again, by: [{ rule: web }] },
    ]);
  });

  it("weighs both families: a rule for IPv4 does not replace one for both", () => {
    const both = rule("tcp 443 from anywhere", tcpTo(443), accept);
    const four = rule("tcp 443 from 0.0.0.0/0", all(tcpTo(443), source(allIpv4)), accept);
    const six = rule("tcp 443 from ::/0", all(tcpTo(443), from("::/0")), accept);
    expect(texts(of(unionCoverage([four, both], "eni-1"), "redundant"))).toEqual([four.text]);
    expect(texts(of(unionCoverage([four, six, both], "eni-1"), "redundant"))).toEqual([four.text, six.text]);
    expect(texts(of(unionCoverage([four, six], "eni-1"), "redundant"))).toEqual([]);
  });
});
