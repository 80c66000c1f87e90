// What holds of every check: suppressions and their last day, weights, and remedies that are tried on an edited estate.
import { expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { parseRingwall } from "../../formats/ringwall/reader.ts";
import { Problem } from "../../problem.ts";
import { lint } from "../lint.ts";
import { checks } from "./checks.ts";
import { Context } from "./context.ts";
import { removeGroupRule } from "./edits.ts";
import type { Check, Finding } from "./model.ts";
import { settingsOf } from "./settings.ts";
import { tryRemedy } from "./try-remedy.ts";

const drawing = `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24, public: true } }
hosts: { web: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg } }
security-groups:
  web-sg: { in: [tcp 443 from anywhere, tcp 22 from anywhere] }
`;

function estate(settings = ""): Estate {
  const text = `ringwall: 1\n${drawing}${settings}`;
  return mergeEstate("shop", [parseRingwall({ path: "ringwall.yaml", text }).part]);
}

const suppressed = (until: string, at = "web-sg"): Estate =>
  estate(
    `lint: { suppress: [{ check: RW101, at: "${at}", reason: the VPN comes in May, until: ${until} }] }`,
  );

const only = checks.filter((check) => check.number === "RW101");
const ask = (from: Estate, today = "2026-11-22") => lint(from, { today, only });

test("a suppression counts up to and with its last day", () => {
  expect(ask(suppressed("2026-11-22")).findings).toEqual([]);
  expect(ask(suppressed("2026-11-22")).suppressed.map(({ by }) => by.reason)).toEqual([
    "the VPN comes in May",
  ]);
});

test("a suppression that has run out shows the finding again, and says so", () => {
  const { findings, suppressed: hidden } = ask(suppressed("2026-11-21"));
  expect(hidden).toEqual([]);
  expect(findings.map((finding) => finding.expired?.until)).toEqual(["2026-11-21"]);
});

test("a suppression of another place covers nothing, and is reported as unused", () => {
  const { findings, unused } = ask(suppressed("2026-12-31", "db-sg"));
  expect(findings).toHaveLength(1);
  expect(unused.map((item) => item.at)).toEqual(["db-sg"]);
});

test.each([
  "ringwall.yaml",
  "ringwall.yaml:7",
  "inbound tcp 22 from anywhere",
  "web-sg inbound tcp 22 from anywhere",
])("a suppression can say where as “%s”", (at) => {
  expect(ask(suppressed("2026-12-31", at)).findings).toEqual([]);
});

test("a disabled check is not run, and the estate's own weight counts", () => {
  const today = "2026-11-22";
  expect(lint(estate("lint: { disable: open-to-world-admin }"), { today }).checks).not.toContain(only[0]);
  expect(
    ask(estate("lint: { severity: { RW101: low } }")).findings.map((finding) => finding.severity),
  ).toEqual(["low"]);
});

test("ports of a class are the estate's to say", () => {
  expect(
    ask(estate("lint: { ports: { admin: 443 } }")).findings.map((finding) => finding.subject.part),
  ).toEqual(["inbound tcp 443 from anywhere"]);
});

test("a setting that names no check is refused with what was meant", () => {
  const wrong = (): unknown => lint(estate("lint: { disable: open-to-world-admn }"), { today: "2026-11-22" });
  expect(wrong).toThrow(Problem);
  expect(wrong).toThrow("there is no check “open-to-world-admn”");
});

test("numbers and names of checks are their own", () => {
  expect(new Set(checks.map((check) => check.number)).size).toBe(checks.length);
  expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
  expect(checks.map((check) => check.number)).toEqual(checks.map((check) => check.number).toSorted());
});

// A check of its own, so that what the trial of a remedy finds out is not hidden by what a real check does right.
const wide: Check = {
  number: "RW999",
  name: "wide",
  title: "open",
  severity: "high",
  why: "for a test",
  references: [],
  *run(context): Iterable<Finding> {
    for (const group of context.groups())
      for (const rule of group.inbound)
        yield {
          subject: { kind: "security-group", id: group.id, name: group.name, part: rule.text },
          title: `${rule.text} is open`,
          origins: [rule.origin],
        };
  },
};

function attempt(remedy: Parameters<typeof tryRemedy>[4]) {
  const shop = estate();
  const settings = settingsOf(shop, checks);
  const [finding] = wide.run(new Context(shop, settings));
  if (finding === undefined) throw new Error("the drawing has rules");
  return tryRemedy(shop, settings, wide, finding, remedy);
}

const firstRule = estate().securityGroups.get("web-sg")?.inbound[0];
if (firstRule === undefined) throw new Error("the drawing has rules");
const question = { from: "internet", to: "web", protocol: 6, port: 443 };

test("a remedy that takes the rule away works", () => {
  expect(attempt({ text: "", edit: removeGroupRule("web-sg", "inbound", firstRule) })).toEqual({
    outcome: "works",
  });
});

test("a remedy that changes nothing fails", () => {
  expect(attempt({ text: "", edit: (same) => same })).toEqual({
    outcome: "fails",
    why: "the change changes nothing",
  });
});

test("a remedy that leaves the finding fails", () => {
  expect(attempt({ text: "", edit: (same) => ({ ...same }) })).toMatchObject({
    outcome: "fails",
    why: "with it, the finding is still there",
  });
});

test("a remedy that brings another mistake of the same weight fails", () => {
  const tried = attempt({
    text: "",
    edit: (old) => ({
      ...old,
      securityGroups: new Map(
        [...old.securityGroups].map(([id, group]) => [
          id,
          { ...group, inbound: [{ ...firstRule, text: "all from anywhere" }] },
        ]),
      ),
    }),
  });
  expect(tried).toEqual({
    outcome: "fails",
    why: "with it, another finding appears: all from anywhere is open",
  });
});

test("a remedy that breaks what must work fails, and names the packet", () => {
  const tried = attempt({
    text: "",
    edit: removeGroupRule("web-sg", "inbound", firstRule),
    expect: [{ question, answer: "allowed" }],
  });
  expect(tried).toMatchObject({ outcome: "fails" });
  expect(tried).toHaveProperty("why", expect.stringContaining("198.51.100.10:443"));
});

test("a remedy that only a person can apply is not tried, and says why", () => {
  expect(attempt({ text: "", unchecked: "the office's addresses are not here" })).toEqual({
    outcome: "untried",
    why: "the office's addresses are not here",
  });
});
