import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Estate } from "../../estate/model.ts";
import { loadEstate } from "../../formats/load.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import { thereAndBack } from "../trace/there-and-back.ts";
import { decidingRings } from "../../estate/walk/deciding.ts";
import { reach, reachability, type PairReach, type Service } from "../reach.ts";
import { compareWithTrace } from "./testing/compare.ts";

const examples = new URL("../../../examples/", import.meta.url).pathname;

async function estateOf(files: Readonly<Record<string, string>>): Promise<Estate> {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-reach-test-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await loadEstate(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The one IPv4 pair between two names. */
function pairOf(estate: Estate, from: string, to: string): PairReach {
  const { pairs } = reach(estate, { from, to, family: 4 });
  const [pair, ...others] = pairs;
  if (pair === undefined || others.length > 0) throw new Error(`${pairs.length} pairs from ${from} to ${to}`);
  return pair;
}

const tcp = (...destinationPorts: number[]): Service => ({ protocol: TCP, destinationPorts });

describe("the attack surface", () => {
  test("the side door is found: the vendor's machine beside the balancer", async () => {
    const { pairs } = reach(await loadEstate(join(examples, "side-door/open")), { from: "internet" });
    // vendor-sg: tcp 22 from anywhere, in a public subnet without the perimeter; alb-sg: tcp 443 from the internet.
    expect(pairs.map((pair) => [pair.to.name, pair.allowed.services()])).toEqual([
      ["batch", [tcp(22, 22)]],
      ["alb", [tcp(443, 443)]],
    ]);
  });

  test("with the route gone, the balancer is the only way in", async () => {
    const { pairs } = reach(await loadEstate(join(examples, "side-door/closed")), { from: "internet" });
    expect(pairs.map((pair) => pair.to.name)).toEqual(["alb"]);
  });

  test("a name that nothing has is a problem", async () => {
    const estate = await loadEstate(join(examples, "side-door/open"));
    expect(() => reach(estate, { from: "nobody" })).toThrow(Problem);
  });
});

describe("what gets there and is not answered", () => {
  test("a network ACL without ephemeral ports leaves requests one-way, and each ring says its share", async () => {
    const pair = pairOf(await loadEstate(join(examples, "nacl-no-ephemeral")), "internet", "web");
    expect(pair.allowed.isEmpty).toBe(true);
    expect(pair.oneWay.services()).toEqual([tcp(443, 443)]);
    // In: entry 100 allows 443. Out: entry 100 is for port 443, and answers go to the client's port, so * refuses them.
    const shares = pair.rings().filter((share) => share.layer === "nacl");
    expect(
      shares.map(({ leg, ring, lets, rules }) => [
        leg,
        ring,
        lets.services(),
        rules.map((rule) => rule.text),
      ]),
    ).toEqual([
      ["forward", "web-acl inbound", [tcp(443, 443)], [expect.stringContaining("tcp 443"), "* deny all"]],
      ["reply", "web-acl outbound", [], ["* deny all"]],
    ]);
  });

  test("an ACL that opens a part of the ephemeral ports lists the flow with the ports that work", async () => {
    const estate = await estateOf({
      "ringwall.yaml": `
ringwall: 1
networks:
  shop: { prefix: 10.0.0.0/16 }
subnets:
  clients: { prefix: 10.0.1.0/24 }
  web: { prefix: 10.0.2.0/24, network-acl: web-acl }
hosts:
  pc: { address: 10.0.1.5, system: linux }
  windows: { address: 10.0.1.6, system: windows }
  web: { address: 10.0.2.10, system: linux }
network-acls:
  web-acl:
    in: { 100: allow tcp 443 from any }
    out: { 100: allow tcp 49152-65535 to any }
`,
    });
    // Linux picks 32768–60999, of which 49152–60999 get their answers; Windows picks 49152–65535: all of them.
    expect(pairOf(estate, "pc", "web").allowed.services()).toEqual([
      { ...tcp(443, 443), sourcePorts: [49_152, 60_999] },
    ]);
    expect(pairOf(estate, "pc", "web").oneWay.services()).toEqual([
      { ...tcp(443, 443), sourcePorts: [32_768, 49_151] },
    ]);
    expect(pairOf(estate, "windows", "web").allowed.services()).toEqual([tcp(443, 443)]);
  });
});

const hosts = {
  "ringwall.yaml": `
ringwall: 1
networks:
  shop: { prefix: 10.0.0.0/16 }
subnets:
  a: { prefix: 10.0.1.0/24 }
  b: { prefix: 10.0.2.0/24, public: true }
hosts:
  pc: { address: 10.0.1.5, system: linux }
  peer: { address: 10.0.2.11, system: linux, firewall: peer.rules }
  web: { address: 10.0.2.10, public-address: 198.51.100.10, system: linux, firewall: web.rules }
`,
  "web.rules": `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 10.0.1.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 8080 -m conntrack --ctorigdstport 80 -j ACCEPT
-A INPUT -p udp -m limit --limit 5/min -m udp --dport 53 -j ACCEPT
COMMIT
`,
  "peer.rules": `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j NOTRACK
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 9000:9010 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -m mark --mark 0x1 -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 443 --sport 40000:65535 -j ACCEPT
-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A OUTPUT -p udp -m udp --sport 53 --dport 50000:65535 -j ACCEPT
-A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
`,
};

describe("host firewalls", () => {
  test("a redirected port is open as the client asks for it, and the port behind it is not", async () => {
    const pair = pairOf(await estateOf(hosts), "pc", "web");
    // 22 by its rule; 80 since it becomes 8080 and began as 80; 8080 itself began as 8080 and is dropped.
    expect(pair.allowed.services()).toEqual([tcp(22, 22, 80, 80)]);
    // A rate limit can't be known.
    expect(pair.depends.services()).toEqual([{ protocol: UDP, destinationPorts: [53, 53] }]);
    expect(pair.causes.map((cause) => cause.kind)).toContain("condition");
  });

  test("exempt from tracking, an answer needs a rule of its own; a mark opens what a rule marked", async () => {
    const pair = pairOf(await estateOf(hosts), "pc", "peer");
    expect(pair.allowed.services()).toEqual([
      // Marked by mangle and accepted by the mark.
      tcp(9000, 9010),
      // Accepted from source port 40000 on, and Linux picks up to 60999.
      { ...tcp(443, 443), sourcePorts: [40_000, 60_999] },
      // Answers from port 53 are let out to 50000–65535 alone.
      { protocol: UDP, destinationPorts: [53, 53], sourcePorts: [50_000, 60_999] },
    ]);
    expect(pair.oneWay.services()).toEqual([
      { protocol: UDP, destinationPorts: [53, 53], sourcePorts: [32_768, 49_999] },
    ]);
  });

  test("translation, marks and exemptions come out as a trace has them", { timeout: 60_000 }, async () => {
    const found = compareWithTrace(await estateOf(hosts), 800, 7);
    expect(found.differences).toEqual([]);
    expect(Math.min(...Object.values(found.byAnswer))).toBeGreaterThan(10);
  });
});

describe("the engine", () => {
  test("interfaces that no rule tells apart are one class", async () => {
    const many = (count: number): string =>
      Array.from(
        { length: count },
        (_, at) => `  app-${at}: { address: 10.0.2.${at + 10}, security-groups: app }`,
      ).join("\n");
    const text = (count: number): string => `
ringwall: 1
networks:
  shop: { prefix: 10.0.0.0/16 }
subnets:
  app: { prefix: 10.0.2.0/24 }
  db: { prefix: 10.0.3.0/24 }
hosts:
  db: { address: 10.0.3.10, security-groups: db }
${many(count)}
security-groups:
  app: { in: tcp 8080 from app }
  db: { in: tcp 5432 from app }
`;
    const [few, lots] = [
      await estateOf({ "ringwall.yaml": text(3) }),
      await estateOf({ "ringwall.yaml": text(60) }),
    ];
    const inside = (estate: Estate): number[] =>
      reachability(estate).classes.flatMap((one) => (one.kind === "inside" ? [one.interfaces.length] : []));
    expect(inside(few)).toEqual([1, 3]);
    expect(inside(lots)).toEqual([1, 60]);
    // Members reach each other, by the group's reference to itself.
    expect(
      reachability(lots)
        .pairs()
        .filter((pair) => pair.from === pair.to)
        .map((pair) => pair.allowed.services()),
    ).toEqual([[tcp(8080, 8080)]]);
  });

  test("a tier parts what no rule tells apart", async () => {
    const estate = await estateOf({
      "ringwall.yaml": `
ringwall: 1
networks:
  shop: { prefix: 10.0.0.0/16 }
subnets:
  app: { prefix: 10.0.2.0/24 }
hosts:
  app-1: { address: 10.0.2.10 }
  app-2: { address: 10.0.2.11 }
  app-3: { address: 10.0.2.12 }
tiers:
  front: { members: app-1, from: internet }
`,
    });
    const inside = reachability(estate).classes.flatMap((one) =>
      one.kind === "inside" ? [[one.tier, one.interfaces.length]] : [],
    );
    expect(inside).toEqual([
      ["front", 1],
      [undefined, 2],
    ]);
  });

  test("a witness is a packet whose trace has the answer of its set", async () => {
    const estate = await loadEstate(join(examples, "three-tier"));
    const engine = reachability(estate);
    const answers = engine.pairs().flatMap((pair) => {
      const packet = pair.witness(pair.allowed);
      if (packet === undefined) return [];
      const from =
        pair.from.kind === "inside" ? estate.interfaces.get(pair.from.interfaces[0] ?? "") : undefined;
      const to = pair.to.kind === "inside" ? estate.interfaces.get(pair.to.interfaces[0] ?? "") : undefined;
      const ends = {
        packet,
        start:
          from === undefined
            ? ({ kind: "outside" } as const)
            : ({ kind: "interface", interface: from } as const),
        ...(to === undefined ? {} : { goal: to }),
      };
      return [thereAndBack(engine.index, decidingRings, ends, packet).answer];
    });
    expect(answers.length).toBeGreaterThan(20);
    expect(new Set(answers)).toEqual(new Set(["allowed"]));
  });
});
