// What the chapters promise: every example is read, and every question of its README has the answer, the deciding rule
// and the blockers that the vendor's semantics give it. Expected values are reasoned, not copied from a run.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { main } from "../src/cli/main.ts";
import { mergeEstate } from "../src/estate/merge.ts";
import { loadEstate } from "../src/formats/load.ts";
import { parseRingwall } from "../src/formats/ringwall/reader.ts";
import { ACK } from "../src/packet/packet.ts";
import { parseProtocol, TCP } from "../src/packet/protocol.ts";
import type { Origin } from "../src/problem.ts";
import { trace, type Trace } from "../src/questions/trace.ts";
import type { Rule } from "../src/rules/rule.ts";
import type { Step } from "../src/rules/step.ts";

const root = relative(process.cwd(), fileURLToPath(new URL("../examples", import.meta.url)));

interface Promised {
  readonly example: string;
  /** `from to [protocol] port [from source port] [ack]`, as a person would say it. */
  readonly ask: string;
  readonly answer: "allowed" | "denied" | "depends";
  /**
   * Refusals in order: `leg layer rule`; a rule is the id of its origin, or `file:line`. Where no rule decides, since
   * none allows it: the ring (`web-sg inbound`), or `-`.
   */
  readonly blockers?: readonly string[];
  /** Steps that must be there: `leg layer verdict rule`. */
  readonly steps?: readonly string[];
}

const promised: readonly Promised[] = [
  // A packet filter without memory judges the reply by the same list as the request.
  {
    example: "stateless/forgetful",
    ask: "internet web 443",
    answer: "denied",
    steps: ["forward packet-filter allowed perimeter 2"],
    blockers: ["reply packet-filter perimeter 3"],
  },
  {
    example: "stateless/forgetful",
    ask: "internet web 22",
    answer: "denied",
    blockers: ["forward packet-filter perimeter 3", "forward endpoint -", "reply packet-filter perimeter 3"],
  },
  {
    example: "stateless/with-replies",
    ask: "internet web 443",
    answer: "allowed",
    steps: ["forward packet-filter allowed perimeter 2", "reply packet-filter allowed perimeter 3"],
  },
  // The forged “reply”: source port 443, flag ACK, to a port that no rule was meant to open.
  {
    example: "stateless/with-replies",
    ask: "203.0.113.66 web 8080 from 443 ack",
    answer: "allowed",
    steps: ["forward packet-filter allowed perimeter 3"],
  },
  // A filter with memory: replies pass by the connection table, and the forged one is in no table.
  {
    example: "stateful",
    ask: "pc-1 93.184.216.34 443 from 52431",
    answer: "allowed",
    steps: ["forward packet-filter allowed border out 1", "reply packet-filter allowed -"],
  },
  {
    example: "stateful",
    ask: "pc-2 8.8.8.8 udp 53 from 54321",
    answer: "allowed",
    steps: ["forward packet-filter allowed border out 2", "reply packet-filter allowed -"],
  },
  {
    example: "stateful",
    ask: "203.0.113.66 pc-1 52431 from 443 ack",
    answer: "denied",
    blockers: ["forward packet-filter border default"],
  },
  {
    example: "stateful",
    ask: "pc-1 93.184.216.34 25",
    answer: "denied",
    blockers: ["forward packet-filter border default"],
  },
  // First match wins.
  {
    example: "rule-order/specific-first",
    ask: "admin-pc server 22",
    answer: "allowed",
    steps: ["forward packet-filter allowed core 100", "reply packet-filter allowed -"],
  },
  {
    example: "rule-order/specific-first",
    ask: "office-pc server 22",
    answer: "denied",
    blockers: ["forward packet-filter core 400"],
  },
  {
    example: "rule-order/specific-first",
    ask: "office-pc database 5432",
    answer: "allowed",
    steps: ["forward packet-filter allowed core 300"],
  },
  {
    example: "rule-order/deny-on-top",
    ask: "admin-pc server 22",
    answer: "denied",
    blockers: ["forward packet-filter core 10"],
  },
  {
    example: "rule-order/deny-on-top",
    ask: "office-pc server 443",
    answer: "denied",
    blockers: ["forward packet-filter core 10"],
  },
  // Security groups: allow rules only, and replies pass.
  {
    example: "web-server-sg",
    ask: "internet web 443",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg in 2", "reply security-group allowed -"],
  },
  {
    example: "web-server-sg",
    ask: "internet web 22",
    answer: "denied",
    blockers: ["forward security-group web-sg inbound"],
  },
  {
    example: "web-server-sg",
    ask: "internet web 8080",
    answer: "denied",
    blockers: ["forward security-group web-sg inbound"],
  },
  {
    example: "web-server-sg",
    ask: "admin-pc web 22",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg in 3"],
  },
  {
    example: "web-server-sg",
    ask: "app web 8080",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg in 4"],
  },
  {
    example: "web-server-sg",
    ask: "admin-pc web 8080",
    answer: "denied",
    blockers: ["forward security-group web-sg inbound"],
  },
  // A group as a source means its members, however many there are.
  ...(["two-web", "four-web"] as const).flatMap((size): Promised[] => [
    {
      example: `chaining/${size}`,
      ask: "alb web-2 8080",
      answer: "allowed",
      steps: ["forward security-group allowed web-sg in 1"],
    },
    {
      example: `chaining/${size}`,
      ask: `${size === "two-web" ? "web-2" : "web-4"} db 5432`,
      answer: "allowed",
      steps: ["forward security-group allowed db-sg in 1"],
    },
    {
      example: `chaining/${size}`,
      ask: "alb db 5432",
      answer: "denied",
      blockers: ["forward security-group db-sg inbound"],
    },
    {
      example: `chaining/${size}`,
      ask: "internet alb 443",
      answer: "allowed",
      steps: ["forward security-group allowed alb-sg in 1"],
    },
  ]),
  // A network ACL has no memory: request and reply each need a rule.
  {
    example: "nacl",
    ask: "internet web 443",
    answer: "allowed",
    steps: ["forward nacl allowed web-acl in 110", "reply nacl allowed web-acl out 120"],
  },
  { example: "nacl", ask: "internet web 22", answer: "denied", blockers: ["forward nacl web-acl inbound *"] },
  {
    example: "nacl-no-ephemeral",
    ask: "internet web 443",
    answer: "denied",
    steps: ["forward nacl allowed web-acl in 100"],
    blockers: ["reply nacl web-acl outbound *"],
  },
  // A Linux host: chains in order, then the policy.
  {
    example: "iptables-web/whole",
    ask: "internet web 443",
    answer: "allowed",
    steps: ["forward host allowed web.rules:10"],
  },
  {
    example: "iptables-web/whole",
    ask: "admin-pc web 22",
    answer: "allowed",
    steps: ["forward host allowed web.rules:8"],
  },
  {
    example: "iptables-web/whole",
    ask: "internet web 22",
    answer: "denied",
    blockers: ["forward host web.rules:3"],
  },
  {
    example: "iptables-web/whole",
    ask: "internet web icmp",
    answer: "allowed",
    steps: ["forward host allowed web.rules:11"],
  },
  {
    example: "iptables-web/whole",
    ask: "web 9.9.9.9 udp 53",
    answer: "allowed",
    steps: ["forward host allowed web.rules:5", "reply host allowed web.rules:7"],
  },
  {
    example: "iptables-web/no-established",
    ask: "web 9.9.9.9 udp 53",
    answer: "denied",
    steps: ["forward host allowed web.rules:5"],
    blockers: ["reply host web.rules:3"],
  },
  {
    example: "iptables-web/no-established",
    ask: "internet web 443",
    answer: "allowed",
    steps: ["forward host allowed web.rules:9"],
  },
  // “I allowed 8080, and it still does not work”: one cause each.
  {
    example: "why-8080/works",
    ask: "client app 8080",
    answer: "allowed",
    steps: [
      "forward nacl allowed app-acl in 100",
      "forward security-group allowed app-sg in 1",
      "reply nacl allowed app-acl out 100",
    ],
  },
  { example: "why-8080/works", ask: "app 203.0.113.80 8080", answer: "allowed" },
  {
    example: "why-8080/wrong-prefix",
    ask: "client app 8080",
    answer: "denied",
    steps: ["forward security-group denied app-sg in 1"], // the line to mend
    blockers: ["forward security-group app-sg inbound"],
  },
  {
    example: "why-8080/udp-for-tcp",
    ask: "client app 8080",
    answer: "denied",
    steps: ["forward security-group denied app-sg in 1"], // the line to mend
    blockers: ["forward security-group app-sg inbound"],
  },
  { example: "why-8080/udp-for-tcp", ask: "client app udp 8080", answer: "denied" },
  {
    example: "why-8080/other-interface",
    ask: "client app/eth0 8080",
    answer: "denied",
    blockers: ["forward security-group base-sg inbound"],
  },
  { example: "why-8080/other-interface", ask: "client app/eth1 8080", answer: "allowed" },
  {
    example: "why-8080/nacl-in",
    ask: "client app 8080",
    answer: "denied",
    blockers: ["forward nacl app-acl in 110"],
  },
  {
    example: "why-8080/nacl-reply",
    ask: "client app 8080",
    answer: "denied",
    steps: ["forward nacl allowed app-acl in 100", "forward endpoint allowed -"],
    blockers: ["reply nacl app-acl outbound *"],
  },
  { example: "why-8080/no-route", ask: "client app 8080", answer: "denied", blockers: ["forward route -"] },
  {
    example: "why-8080/no-nat",
    ask: "app 203.0.113.80 8080",
    answer: "denied",
    blockers: ["forward route -"],
  },
  {
    example: "why-8080/client-egress",
    ask: "client app 8080",
    answer: "denied",
    blockers: ["forward security-group office-sg outbound"],
  },
  {
    example: "why-8080/host-firewall",
    ask: "client app 8080",
    answer: "denied",
    steps: ["forward security-group allowed app-sg in 1"],
    blockers: ["forward host app.rules:3"],
  },
  {
    example: "why-8080/loopback-only",
    ask: "client app 8080",
    answer: "denied",
    steps: ["forward security-group allowed app-sg in 1"],
    blockers: ["forward endpoint -"],
  },
  // A firewall sees only what passes through it.
  {
    example: "side-door/open",
    ask: "internet alb 22",
    answer: "denied",
    blockers: [
      "forward packet-filter perimeter default",
      "forward security-group alb-sg inbound",
      "forward load-balancer -",
    ],
  },
  { example: "side-door/open", ask: "internet alb 443", answer: "allowed" },
  {
    example: "side-door/open",
    ask: "internet batch/eth1 22",
    answer: "allowed",
    steps: ["forward security-group allowed vendor-sg in 1"],
  },
  { example: "side-door/closed", ask: "internet batch/eth1 22", answer: "denied" },
  { example: "side-door/closed", ask: "internet alb 443", answer: "allowed" },
  // Every ring refuses the attack by itself; whichever is off, the others still do.
  ...depth("all-rings", []),
  ...depth("no-packet-filter", ["packet-filter"]),
  ...depth("no-network-acl", ["nacl"]),
  ...depth("no-security-group", ["security-group"]),
  ...depth("no-host-firewall", ["host"]),
  { example: "depth/no-rings", ask: "203.0.113.66 web 6379", answer: "allowed" },
  // The common mistakes and their mended twins.
  {
    example: "mistake-1/wrong",
    ask: "internet web-1 22",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg in 1"],
  },
  { example: "mistake-1/mended", ask: "internet web-1 443", answer: "allowed" },
  {
    example: "mistake-1/mended",
    ask: "203.0.113.7 web-1 22",
    answer: "denied",
    blockers: ["forward security-group web-sg inbound"],
  },
  {
    example: "mistake-1/mended",
    ask: "192.0.2.9 web-1 22",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg in 2"],
  },
  {
    example: "mistake-2/wrong",
    ask: "web-1 203.0.113.66 4444",
    answer: "allowed",
    steps: ["forward security-group allowed web-sg out default"],
  },
  {
    example: "mistake-2/mended",
    ask: "web-1 203.0.113.66 4444",
    answer: "denied",
    blockers: ["forward security-group web-sg outbound"],
  },
  { example: "mistake-2/mended", ask: "web-1 db 5432", answer: "allowed" },
  { example: "mistake-2/mended", ask: "internet web-1 443", answer: "allowed" },
  { example: "mistake-3/wrong", ask: "web-1 db 5432", answer: "allowed" },
  {
    example: "mistake-3/wrong",
    ask: "web-2 db 5432",
    answer: "denied",
    blockers: ["forward security-group db-sg inbound"],
  },
  { example: "mistake-3/mended", ask: "web-2 db 5432", answer: "allowed" },
  {
    example: "mistake-4/wrong",
    ask: "internet web-1 443",
    answer: "denied",
    steps: ["forward nacl allowed web-acl in 100"],
    blockers: ["reply nacl web-acl outbound *"],
  },
  { example: "mistake-4/mended", ask: "internet web-1 443", answer: "allowed" },
  { example: "mistake-4/mended", ask: "web-1 db 5432", answer: "allowed" },
  // The AWS export: rings named as the console names them, since its rule ids say nothing to a reader.
  {
    example: "three-tier",
    ask: "internet 198.51.100.10 443",
    answer: "allowed",
    steps: [
      "forward nacl allowed public-acl inbound",
      "forward security-group allowed alb-sg inbound",
      "reply nacl allowed public-acl outbound",
    ],
  },
  { example: "three-tier", ask: "2001:db8:ffff::1 2001:db8:1200:1::10 443", answer: "allowed" },
  {
    example: "three-tier",
    ask: "203.0.113.7 198.51.100.10 22",
    answer: "denied",
    blockers: [
      "forward nacl public-acl inbound",
      "forward security-group alb-sg inbound",
      "forward load-balancer -",
    ],
  },
  {
    example: "three-tier",
    ask: "app-1 db-1 5432",
    answer: "allowed",
    steps: [
      "forward security-group allowed app-sg outbound",
      "forward nacl allowed db-acl inbound",
      "forward security-group allowed db-sg inbound",
      "forward host allowed db-host.rules:9",
      "reply nacl allowed app-acl inbound",
    ],
  },
  // The application's ACL forgets the ephemeral ports of what comes back through the NAT gateway.
  {
    example: "three-tier",
    ask: "app-1 payment-api 443",
    answer: "denied",
    steps: ["forward nacl allowed app-acl outbound", "reply nacl allowed public-acl inbound"],
    blockers: ["reply nacl app-acl inbound"],
  },
  { example: "three-tier", ask: "web-1 payment-api 443", answer: "allowed" },
  {
    example: "three-tier",
    ask: "web-1 db-1 5432",
    answer: "denied",
    blockers: [
      "forward security-group web-sg outbound",
      "forward nacl web-acl outbound",
      "forward nacl db-acl inbound",
      "forward security-group db-sg inbound",
      "forward host db-host.rules:3",
      "reply nacl db-acl outbound",
    ],
  },
  { example: "three-tier", ask: "192.0.2.5 bastion 22", answer: "allowed" },
  {
    example: "three-tier",
    ask: "203.0.113.7 bastion 22",
    answer: "denied",
    blockers: ["forward nacl public-acl inbound", "forward security-group bastion-sg inbound"],
  },
  {
    example: "three-tier",
    ask: "bastion db-1 22",
    answer: "allowed",
    steps: ["forward host allowed db-host.rules:8"],
  },
  {
    example: "three-tier",
    ask: "db-1 203.0.113.66 443",
    answer: "denied",
    blockers: [
      "forward security-group db-sg outbound",
      "forward nacl db-acl outbound",
      "forward route route table data",
    ],
  },
  // The same shop as templates: rules go by the logical ids of their resources.
  {
    example: "cloudformation",
    ask: "internet shop 443",
    answer: "allowed",
    steps: [
      "forward nacl allowed Network/PublicAclIn100",
      "forward security-group allowed AlbGroup",
      "forward load-balancer allowed Https",
    ],
  },
  {
    example: "cloudformation",
    ask: "app-1 db-1 5432",
    answer: "allowed",
    steps: ["forward security-group allowed AppToDb", "forward security-group allowed DbFromApp"],
  },
  {
    example: "cloudformation",
    ask: "app-1 203.0.113.80 443",
    answer: "denied",
    blockers: ["reply nacl app-acl inbound"],
  },
  {
    example: "cloudformation",
    ask: "web-1 db-1 5432",
    answer: "denied",
    blockers: [
      "forward security-group web-sg outbound",
      "forward nacl web-acl outbound",
      "forward nacl db-acl inbound",
      "forward security-group db-sg inbound",
      "reply nacl db-acl outbound",
    ],
  },
  // Who the partner is, is a parameter without a value: only its port hangs on it.
  { example: "cloudformation", ask: "203.0.113.9 shop 8443", answer: "depends" },
  { example: "cloudformation", ask: "203.0.113.9 shop 8444", answer: "denied" },
  // A plan, before it is applied: rules go by the addresses of their resources, made-up addresses by their machines.
  {
    example: "terraform/state.json",
    ask: "internet web-1 443",
    answer: "allowed",
    steps: ["forward security-group allowed aws_vpc_security_group_ingress_rule.https"],
  },
  {
    example: "terraform/state.json",
    ask: "web-1 db 5432",
    answer: "allowed",
    steps: [
      "forward security-group allowed aws_vpc_security_group_egress_rule.web_to_db",
      "forward security-group allowed aws_vpc_security_group_ingress_rule.db_from_web",
    ],
  },
  {
    example: "terraform/plan.json",
    ask: "internet bastion 22",
    answer: "allowed",
    steps: [
      "forward nacl allowed module.network.aws_default_network_acl.this rule 100",
      "forward security-group allowed aws_vpc_security_group_ingress_rule.bastion_ssh",
    ],
  },
  {
    example: "terraform/plan.json",
    ask: "bastion db 5432",
    answer: "allowed",
    steps: ["forward security-group allowed aws_vpc_security_group_ingress_rule.db_from_bastion"],
  },
  {
    example: "terraform/plan.json",
    ask: "internet web-1 22",
    answer: "denied",
    blockers: ["forward security-group web inbound"],
  },
];

/** The attack on port 6379 with some rings off: the others refuse it, in the order of the wire. */
function depth(twin: string, off: readonly string[]): Promised[] {
  const refusals = [
    ["packet-filter", "forward packet-filter perimeter default"],
    ["nacl", "forward nacl web-acl inbound *"],
    ["security-group", "forward security-group web-sg inbound"],
    ["host", "forward host web.rules:3"],
  ] as const;
  return [
    {
      example: `depth/${twin}`,
      ask: "203.0.113.66 web 6379",
      answer: "denied",
      blockers: refusals.filter(([ring]) => !off.includes(ring)).map(([, refusal]) => refusal),
    },
    { example: `depth/${twin}`, ask: "203.0.113.66 web 443", answer: "allowed" },
  ];
}

describe("examples", () => {
  test.each(promised)("$example: $ask is $answer", async ({ example, ask, answer, blockers, steps }) => {
    const found = await asked(example, ask);
    expect(found.answer).toBe(answer);
    const refused = found.blockers.map(
      ({ leg, step }) => `${leg} ${step.layer} ${ruleOf(step, blockers ?? [])}`,
    );
    expect(refused).toEqual(blockers ?? (answer === "allowed" ? [] : refused));
    const seen = stepsOf(found).map(
      ({ leg, step }) => `${leg} ${step.layer} ${step.verdict} ${ruleOf(step, steps ?? [])}`,
    );
    expect(seen).toEqual(expect.arrayContaining([...(steps ?? [])]));
    const cited = stepsOf(found).flatMap(({ step }) => step.rules);
    expect(cited.filter((rule) => !citesItsLine(rule))).toEqual([]);
  });

  test("every command in a README of the examples has the answer that stands behind it", async () => {
    const commands = readdirSync(root).flatMap((folder) => commandsOf(join(root, folder, "README.md")));
    expect(commands.length).toBeGreaterThan(30);
    for (const { line, args, answer } of commands) {
      let written = "";
      const write = (text: string): void => {
        written += text;
      };
      const terminal = { write, writeError: write, colour: false, progress: false, columns: 100 };
      await main(args, terminal);
      expect([line, /\b(?:ALLOWED|DENIED|DEPENDS)\b/.exec(written)?.[0].toLowerCase()]).toEqual([
        line,
        answer,
      ]);
    }
  });

  test("every estate under examples has a promise, and is read without an unknown", async () => {
    const folders = estates(root);
    const covered = new Set(promised.map((item) => item.example));
    expect(folders.filter((folder) => !covered.has(folder))).toEqual([]);
    for (const folder of folders) expect((await loadEstate(join(root, folder))).unknowns).toEqual([]);
  });
});

/** `ringwall trace … # denied`, with the example's folder as it is from here. */
function commandsOf(readme: string): { line: string; args: string[]; answer: string | undefined }[] {
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  return [...text.matchAll(/^ringwall (?<words>trace .*?)(?:\s+# (?<answer>\w+))?$/gm)].map((found) => ({
    line: found[0],
    args: [...(found.groups?.["words"] ?? "").matchAll(/'([^']*)'|(\S+)/g)].map((word) =>
      (word[1] ?? word[2] ?? "").replace(/^examples\//, `${root}/`),
    ),
    answer: found.groups?.["answer"],
  }));
}

async function asked(example: string, ask: string): Promise<Trace> {
  const words = ask.split(" ");
  const [from = "", to = ""] = words;
  const named = words.slice(2).find((word) => /^(tcp|udp|icmp)$/.test(word)) ?? "tcp";
  const port = words.slice(2).find((word) => /^\d+$/.test(word));
  const sourcePort = words[words.indexOf("from", 2) + 1];
  return trace(await loadEstate(join(root, example)), {
    from,
    to,
    protocol: parseProtocol(named) ?? 0,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(words.includes("from", 2) ? { sourcePort: Number(sourcePort) } : {}),
    ...(words.includes("ack") ? { headers: { tcpFlags: ACK } } : {}),
  });
}

function stepsOf(found: Trace): { leg: string; step: Step }[] {
  return [
    ...found.shown.forward.steps.map((step) => ({ leg: "forward", step })),
    ...(found.shown.reply?.steps ?? []).map((step) => ({ leg: "reply", step })),
  ];
}

/** The deciding rule in the form in which the table says it: by its file and line, by its id, or `*` for an ACL's end. */
function ruleOf(step: Step, expected: readonly string[]): string {
  const [rule] = step.rules;
  if (expected.some((item) => item.endsWith(` ${step.ring}`))) return step.ring;
  if (rule === undefined) return "-";
  const place = `${basename(rule.origin.file)}:${rule.origin.line}`;
  if (expected.some((item) => item.endsWith(` ${place}`))) return place;
  return rule.origin.id ?? place;
}

/** Whether the line that a rule cites holds the rule's own words, or it is a default. JSON spreads a rule over lines. */
function citesItsLine(rule: Rule): boolean {
  if (rule.origin.file.endsWith(".json")) return true;
  const line = lineOf(rule.origin);
  // A rule of a Terraform resource is cited by the line that opens the resource's block.
  const block = /^resource "(?<type>\w+)" "(?<name>\w+)" \{$/.exec(line)?.groups;
  if (block !== undefined) return rule.origin.id?.includes(`${block["type"]}.${block["name"]}`) === true;
  // A rule of a template is cited by the line of its resource, whose logical id is a part of the rule's own.
  const logicalId = /^ {2}(?<id>\w+):$/.exec(line)?.groups?.["id"];
  if (logicalId !== undefined && rule.origin.id?.includes(logicalId) === true) return true;
  const words = rule.text.split(/\s+/).filter((word) => /\w/.test(word));
  return words.some((word) => line.includes(word.replace(/[:,]$/, ""))) || /default|\*/.test(rule.text);
}

function lineOf(origin: Origin): string {
  return readFileSync(origin.file, "utf8").split("\n")[origin.line - 1] ?? "";
}

function estates(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === "ringwall.yaml")
    .map((entry) => relative(folder, entry.parentPath))
    .toSorted();
}

test("the three tiers of the format's documentation are drawn in forty lines, and do what it says", () => {
  const page = readFileSync(new URL("../docs/ringwall-yaml.md", import.meta.url), "utf8");
  const drawn = /```yaml\n(?<text>[^`]*)```/.exec(page)?.groups?.["text"] ?? "";
  expect(drawn.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  const estate = mergeEstate("shop", [parseRingwall({ path: "ringwall.yaml", text: drawn }).part]);
  const answer = (from: string, to: string, port: number) =>
    trace(estate, { from, to, protocol: TCP, port }).answer;
  expect(answer("internet", "alb", 443)).toBe("allowed");
  expect(answer("app-1", "db", 5432)).toBe("allowed");
  expect(answer("app-2", "203.0.113.80", 443)).toBe("allowed");
  expect(answer("192.0.2.7", "bastion", 22)).toBe("allowed");
  expect(answer("bastion", "app-1", 22)).toBe("denied"); // nothing listens on 22 there
  expect(answer("alb", "db", 5432)).toBe("denied");
  expect(answer("db", "203.0.113.80", 443)).toBe("denied");
  expect(answer("203.0.113.7", "bastion", 22)).toBe("denied");
});
