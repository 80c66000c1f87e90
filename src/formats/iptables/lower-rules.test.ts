import { array, assert, constantFrom, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIptablesSave } from "./save.ts";
import { dump, problemOf } from "./testing/lines.ts";

const addresses = [
  "",
  " -s 10.0.0.1/32",
  " -s 10.1.0.0/16 -d 192.0.2.1/32",
  " -d 10.9.0.0/24",
  " ! -s 10.0.0.1/32",
  " -s 10.0.0.1,10.0.0.2",
];
const endings = [
  "",
  " -j DROP",
  " -p tcp -m state --state NEW -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
  " -p udp -m multiport ! --dports 53,123 -j REJECT --reject-with icmp-port-unreachable",
  " -m mac --mac-source XX:XX:XX:XX:XX:XX -j RETURN",
  " -m recent --update --seconds 60 --name a --rsource -m limit --limit 3/min -j DROP",
  " -m conntrack ! --ctstate NEW --ctexpire 5 -j ACCEPT",
  " -i eth+ ! -o eth1 -j OTHER",
  " -j BARRIER --height 3",
];

/** What a rule says and what it leaves open, without where it stands. */
function meanings(lines: readonly string[]): unknown[] {
  const { tables, unknowns } = parseIptablesSave(
    { path: "x", text: dump("filter", ["MINE", "OTHER"], lines) },
    { family: 4 },
  );
  const rules = tables[0]?.chains.get("MINE")?.rules ?? [];
  return rules.map(({ match, actions, text, origin }) => [
    JSON.stringify([match, actions], (key, value: unknown) => (key === "origin" ? undefined : value)),
    text,
    unknowns
      .filter((unknown) => unknown.origin.line === origin.line)
      .map(({ what, effect }) => [what, effect]),
    unknowns.every((unknown) => unknown.origin.line !== origin.line || unknown.origin.id === origin.id),
  ]);
}

describe("an ending that stood in the dump before", () => {
  test("means the same as it does alone, whatever address stands in front of it", () => {
    const line = tuple(constantFrom(...addresses), constantFrom(...endings)).map(
      ([address, ending]) => `-A MINE${address}${ending}`,
    );
    assert(
      property(array(line, { minLength: 2, maxLength: 30 }), (lines) => {
        expect(meanings(lines)).toEqual(lines.flatMap((one) => meanings([one])));
      }),
      { numRuns: 60 },
    );
  });

  test("keeps the origin of its own rule, in the rule and in what it leaves open", () => {
    const lines = ["10.0.0.1", "10.0.0.2"].map(
      (address) => `-A MINE -s ${address} -m limit --limit 1/s -j DROP`,
    );
    const { tables } = parseIptablesSave({ path: "x", text: dump("filter", ["MINE"], lines) });
    const rules = tables[0]?.chains.get("MINE")?.rules ?? [];
    expect(rules.map(({ origin }) => origin.id)).toEqual(["filter MINE 1", "filter MINE 2"]);
    expect(rules.map(({ match }) => (match.kind === "all" ? match.of.at(-1) : match))).toMatchObject([
      { kind: "unknown", origin: { line: 3 } },
      { kind: "unknown", origin: { line: 4 } },
    ]);
  });

  test("is refused where only its own chain or address makes it wrong", () => {
    const read =
      (...lines: string[]) =>
      () =>
        parseIptablesSave({ path: "x", text: dump("filter", ["MINE"], lines) }, { family: 4 });
    expect(problemOf(read("-A MINE -o eth0 -j DROP", "-A INPUT -o eth0 -j DROP")).origin?.line).toBe(4);
    expect(problemOf(read("-A MINE -s 10.0.0.1 -j DROP", "-A MINE -s 10.0.0.999 -j DROP")).origin?.line).toBe(
      4,
    );
    expect(
      problemOf(read("-A MINE -i lo -s 10.0.0.1", "-A MINE -s 10.0.0.2 -i lo -s 10.0.0.1")).origin?.line,
    ).toBe(4);
  });

  test("of a line that counts for several rules does not share its number", () => {
    const lines = [
      "-A MINE -s 10.0.0.1,10.0.0.2 -j DROP",
      "-A MINE -s 10.0.0.3 -j DROP",
      "-A MINE -s 10.0.0.4 -j DROP",
    ];
    const { tables } = parseIptablesSave({ path: "x", text: dump("filter", ["MINE"], lines) });
    const rules = tables[0]?.chains.get("MINE")?.rules ?? [];
    expect(rules.map(({ origin }) => origin.id)).toEqual(["filter MINE 1", "filter MINE 3", "filter MINE 4"]);
  });
});
