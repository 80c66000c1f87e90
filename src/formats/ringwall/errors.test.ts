// Every mistake is one error: at its place, saying what was expected, with the likely meaning of what is misspelt.
import { assert, constantFrom, nat, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { parseRingwall } from "./reader.ts";

function problemOf(text: string): Problem | undefined {
  try {
    parseRingwall({ path: "ringwall.yaml", text });
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const base = `ringwall: 1
networks: { n: { prefix: 10.0.0.0/16 } }
subnets: { s: { prefix: 10.0.1.0/24 } }
`;
const group = (rule: string): string => `${base}security-groups:\n  web: { in: "${rule}" }\n  alb: {}\n`;
const filter = (rule: string): string =>
  `${base}packet-filters:\n  p:\n    stateful: false\n    default: deny\n    rules:\n      - ${rule}\n`;

test.each([
  // the file
  ["", 1, 1, /empty/, undefined],
  ["- ringwall: 1\n", 1, 1, /no mapping/, undefined],
  ["networks: {}\n", 1, 1, /“ringwall” is missing: the version/, undefined],
  ["ringwall: 2\n", 1, 11, /version of this format, 1.*not “2”/, undefined],
  [`${base}subnts: {}\n`, 4, 1, /unknown key “subnts”; did you mean “subnets”\?/, undefined],
  [`${base}colour: red\n`, 4, 1, /unknown key “colour”: the file has ringwall, names/, undefined],
  // YAML
  [`${base}hosts:\n\ta: {}\n`, 5, 1, /tab/, /spaces/],
  [`${base}hosts: { a: &x {}, b: *x }\n`, 4, 16, /anchors/, undefined],
  [`${base}hosts: !x {}\n`, 4, 8, /tags/, undefined],
  [`${base}a: b: c\n`, 4, 4, /second “: ”/, /quotes/],
  [`${base}---\na: 1\n`, 4, 1, /second document/, undefined],
  [`${base}hosts:\n  h: 1\n  h: 2\n`, 6, 3, /“h” stands here twice/, undefined],
  ["ringwall: 1\nx: \u0000\n", 2, 4, /U\+0000/, undefined],
  [`ringwall: 1\nnames: { __proto__: 10.0.0.1 }\n`, 2, 10, /__proto__/, undefined],
  ["a: [1,\n", 2, 1, /not YAML/, undefined],
  // shape
  [`${base}hosts:\n`, 4, 1, /“hosts” is empty/, undefined],
  [
    `${base}hosts: { a: { address: 10.0.1.1, running: yes } }\n`,
    4,
    43,
    /true or false was expected, not “yes”/,
    undefined,
  ],
  [
    `${base}security-groups:\n  web: { in: [{ protocol: tcp, prots: 80, from: any }] }\n`,
    5,
    32,
    /“prots”; did you mean “ports”/,
    undefined,
  ],
  [
    `${base}security-groups:\n  web: { in: 7 }\n`,
    5,
    14,
    /a rule such as “tcp 443 from anywhere”.*not “7”/,
    undefined,
  ],
  [`${base}packet-filters:\n  p: { stateful: true, rules: [] }\n`, 5, 3, /“default” is missing/, undefined],
  // places
  ["ringwall: 1\nnetworks: { n: { prefix: 10.0.0.0/33 } }\n", 2, 26, /0 to 32, not “33”/, undefined],
  ["ringwall: 1\nnetworks: { n: { prefix: 10.0.0.5/16 } }\n", 2, 26, /bits set beyond/, /10\.0\.0\.0\/16/],
  [`${base}hosts: { a: { address: 10.0.2.1 } }\n`, 4, 24, /10\.0\.2\.1 lies in no subnet/, /10\.0\.1\.0\/24/],
  [`${base}hosts: { a: { address: 10.0.1.1, subnet: t } }\n`, 4, 42, /no subnet “t”/, undefined],
  [`${base}hosts: { a: { address: 10.0.1.0/24 } }\n`, 4, 24, /not an address/, /leave the length out/],
  [
    `${base}hosts:\n  a: { address: 10.0.1.1 }\n  b: { address: 10.0.1.1 }\n`,
    6,
    3,
    /b has the address 10\.0\.1\.1, and so has a at ringwall\.yaml:5:3/,
    undefined,
  ],
  [
    `${base}hosts: { a: { address: 10.0.1.1, security-groups: web } }\nsecurity-groups: { wbe: {} }\n`,
    4,
    51,
    /no security group “web”/,
    /“wbe”/,
  ],
  [`${base}hosts: { a: { } }\n`, 4, 10, /“a” has no address/, /address:/],
  [
    "ringwall: 1\nnetworks: { n: { prefix: 10.0.0.0/16 } }\nsubnets: { s: { prefix: 10.1.0.0/24 } }\n",
    3,
    25,
    /lies in no network/,
    undefined,
  ],
  [
    "ringwall: 1\nnetworks: { n: { prefix: 10.0.0.0/16 } }\nsubnets: { s: { prefix: 10.0.1.0/24, nat: gw } }\n",
    3,
    43,
    /no NAT gateway “gw”/,
    undefined,
  ],
  [
    "ringwall: 1\nnetworks: { n: { prefix: 10.0.0.0/16 } }\nsubnets:\n  s: { prefix: 10.0.1.0/24, public: true, routes: { default: internet } }\n",
    4,
    53,
    /two routes for 0\.0\.0\.0\/0/,
    undefined,
  ],
  [
    `${base}hosts: { a: { address: 10.0.1.1 } }\nnat-gateways: { a: { address: 10.0.1.2 } }\n`,
    5,
    17,
    /“a” is a NAT gateway here and a host at/,
    undefined,
  ],
  [`${base}names: { any: 10.0.0.1 }\n`, 4, 10, /a meaning already/, undefined],
  [
    `${base}names: { web: 10.0.0.1 }\nsecurity-groups: { web: {} }\n`,
    4,
    10,
    /names a security group, too/,
    undefined,
  ],
  [
    `${base}hosts: { a: { address: 10.0.1.1, security-groups: [w, w] } }\nsecurity-groups: { w: {} }\n`,
    4,
    55,
    /“w” stands here twice/,
    undefined,
  ],
  [
    "ringwall: 1\nnetworks: { a: { prefix: 10.0.0.0/8 }, b: { prefix: 10.1.0.0/16 } }\npeerings: { p: { networks: [a, b] } }\n",
    3,
    28,
    /10\.0\.0\.0\/8 is in both a and b/,
    undefined,
  ],
  [
    "ringwall: 1\nnetworks: { n: { prefix: 10.0.0.0/16 } }\nsubnets: { s: { prefix: 10.0.1.0/24, routes: { default: egress-only } } }\n",
    3,
    57,
    /0\.0\.0\.0\/0 can't lead there/,
    /::\/0/,
  ],
  [`${base}peerings: { p: { networks: [n] } }\n`, 4, 28, /joins two networks/, undefined],
  // rules
  [group("tcp 99999 from alb"), 5, 14, /0 to 65535, not “99999”/, undefined],
  [group("tcp 80 from lab"), 5, 14, /“lab” is no address/, /“alb”/],
  [group("tcp 80 from s"), 5, 14, /“s” is no address/, /subnet s/],
  [group("tcq 80 from alb"), 5, 14, /“tcq” is not a protocol/, /“tcp”/],
  [group("allow tcp 80 from alb"), 5, 14, /not “allow”/, /only allows/],
  [group("deny all from alb"), 5, 14, /not “deny”/, /network ACL/],
  [group("tcp 80 to alb"), 5, 14, /“from” was expected, not “to”/, undefined],
  [group("all 80 from alb"), 5, 14, /ports need a protocol/, undefined],
  [group("icmp 300 from alb"), 5, 14, /“300” is not an ICMP type/, undefined],
  [group("tcp 90-80 from alb"), 5, 14, /empty/, undefined],
  [group("tcp 80 from"), 5, 14, /but the rule ends/, undefined],
  [
    `${base}network-acls:\n  a:\n    in:\n      100: allow tcp 80 from any\n      100: deny all from any\n`,
    8,
    7,
    /“100” stands here twice/,
    undefined,
  ],
  [
    `${base}network-acls:\n  a:\n    in:\n      40000: allow tcp 80 from any\n`,
    7,
    7,
    /from 1 to 32766.*not “40000”/,
    undefined,
  ],
  [`${base}network-acls:\n  a:\n    in:\n      "*": deny all from any\n`, 7, 7, /not “\*”/, /always there/],
  [
    `${base}network-acls:\n  a:\n    in:\n      100: alow tcp 80 from any\n`,
    7,
    12,
    /allow or deny was expected, not “alow”/,
    /“allow”/,
  ],
  // A plain scalar's own column: the word, not the line, is what is wrong.
  [filter("allow tcp any -> 10.0.0.0/33:22"), 9, 26, /not “33”/, undefined],
  [filter("allow tcp any -> any:70000"), 9, 30, /0 to 65535, not “70000”/, undefined],
  [filter("allow tcp any -> any flgas syn"), 9, 30, /“flgas” is no part/, /“flags”/],
  [filter("allow udp any -> any flags syn"), 9, 30, /only tcp has flags/, undefined],
  [filter("allow tcp any"), 9, 19, /“any” is not a port/, undefined],
  [filter("allow icmp any:8 -> any"), 9, 24, /have ports/, undefined],
])("%j is an error at %i:%i", (text, line, column, message, remedy) => {
  const problem = problemOf(text);
  expect(problem?.message).toMatch(message);
  expect([problem?.origin?.line, problem?.origin?.column]).toEqual([line, column]);
  expect(problem?.remedy ?? "").toMatch(remedy ?? /^/);
});

test("of several mistakes the first by position is told", () => {
  const problem = problemOf(`${base}network-acls:
  a: { in: { 100: allow tcp 99999 from any } }
hosts:
  h: { address: 10.9.9.9 }
`);
  expect(problem?.origin?.line).toBe(5);
});

test("what follows from a mistake is not told before it", () => {
  const problem = problemOf(`ringwall: 1
subnets: { s: { prefix: 10.0.1.0/24 } }
hosts: { h: { address: 10.0.1.9 } }
security-groups: { g: { in: tcp 80 from office, out: tcp 22 to host h } }
names: { office: 203.0.113.5/24 }
networks: { n: { prefix: 10.0.0.0/33 } }
`);
  expect([problem?.origin?.line, problem?.message]).toEqual([5, expect.stringMatching(/203/)]);
});

test("aliases that multiply are refused before they are unfolded", () => {
  const lines = [
    "a: &a [1, 2]",
    ...Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? "a" : `b${at - 1}`}, *a]`),
  ];
  const before = performance.now();
  expect(problemOf(`ringwall: 1\n${lines.join("\n")}\n`)?.message).toMatch(/anchors/);
  expect(performance.now() - before).toBeLessThan(2000);
});

test("values nested a hundred thousand deep are an error, not a crash", () => {
  expect(problemOf(`ringwall: 1\nx: ${"[".repeat(100_000)}`)).toBeInstanceOf(Problem);
  expect(problemOf(`ringwall: 1\nx: ${"[".repeat(50_000)}${"]".repeat(50_000)}\n`)).toBeInstanceOf(Problem);
});

const whole = `${base}names: { office: 203.0.113.0/24 }
hosts:
  h: { address: 10.0.1.9, security-groups: web, listens: tcp 80 }
security-groups:
  web: { in: [tcp 80 from office, { protocol: icmp, icmp: 3/4, from: any }] }
network-acls:
  a: { in: { 100: allow tcp 443 from any } }
packet-filters:
  p: { stateful: true, default: deny, rules: [allow tcp any:80 -> host h:443 flags ack] }
`;

test("whatever is changed in a file, it is read or it is one Problem with a place in it", () => {
  const piece = oneof(
    string({ maxLength: 8 }),
    constantFrom(
      "\n",
      "  ",
      ": ",
      "- ",
      "[",
      "{",
      "}",
      "]",
      "|",
      "&a",
      "*a",
      "!",
      "#",
      '"',
      "'",
      "/33",
      "99999",
      "-> ",
      "null",
      "__proto__",
      "constructor",
    ),
  );
  assert(
    property(nat(whole.length), nat(12), piece, (at, cut, added) => {
      const text = whole.slice(0, at) + added + whole.slice(at + cut);
      const problem = problemOf(text);
      if (problem === undefined) return;
      expect(problem.origin?.line).toBeGreaterThan(0);
      expect(problem.origin?.line).toBeLessThanOrEqual(text.split("\n").length + 1);
    }),
    { numRuns: 1000 },
  );
});
