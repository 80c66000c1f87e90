// What a change does, on small estates with changes whose effect is plain, and on random ones where traces are the judge.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { parseRingwall } from "../../formats/ringwall/reader.ts";
import { TCP } from "../../packet/protocol.ts";
import { diff, type Diff } from "../diff.ts";
import { flowText } from "../reach/service-text.ts";
import { trace } from "../trace.ts";

/** Two hosts behind a group each, a network ACL before the second's subnet. */
const base = `ringwall: 1
names: { office: 203.0.113.0/24 }
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets:
  web: { prefix: 10.0.1.0/24, public: true }
  data: { prefix: 10.0.2.0/24, network-acl: data-acl }
hosts:
  web-1: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg }
  db-1: { address: 10.0.2.10, security-groups: db-sg }
security-groups:
  web-sg:
    in: [WEB-IN]
    out: [all to any]
  db-sg:
    in: [tcp 5432 from web-sg]
    out: []
network-acls:
  data-acl:
    in: { 100: allow tcp 5432 from subnet web, 110: ACL-IN }
    out: { 100: allow tcp 1024-65535 to subnet web }
`;

function estate(
  webIn = "tcp 443 from any",
  aclIn = "allow tcp 22 from office",
  edit = (text: string) => text,
): Estate {
  const text = edit(base.replace("WEB-IN", webIn).replace("ACL-IN", aclIn));
  return mergeEstate("shop", [parseRingwall({ path: "ringwall.yaml", text }).part]);
}

/** `opened internet → web-1 tcp 22 critical`. */
const told = ({ changes }: Diff): string[] =>
  changes.map(
    (change) =>
      `${change.kind} ${change.from.map((end) => end.name).join("+")} → ${change.to.map((end) => end.name).join("+")} ${change.services.map(flowText).join("; ")} ${change.severity}`,
  );
const cut = ({ cuts }: Diff): string[] =>
  cuts.map((item) => `${item.services.map(flowText).join("; ")} ${item.tracking} ${item.at}`);

describe("a change of the configuration", () => {
  test("that says the same in other words changes nothing, and is proved so", () => {
    const found = diff(estate('"tcp 80,443 from any"'), estate("tcp 443 from any, tcp 80 from any"));
    expect(found.changes).toEqual([]);
    expect(found.compared.same).toBe(found.compared.pairs);
    expect(found.compared.pairs).toBeGreaterThan(3);
  });

  test("that opens ssh to the world is critical, cites the new rule, and closes nothing", () => {
    const found = diff(estate(), estate("tcp 443 from any, tcp 22 from any"));
    expect(told(found)).toEqual(["opened internet+office → web-1 tcp 22 critical"]);
    expect(found.changes[0]?.because.map(({ side, text }) => `${side}: ${text}`)).toEqual([
      "after: tcp 22 from any",
    ]);
    expect(found.cuts).toEqual([]);
  });

  test("in one ring that another ring refuses in any case changes no flow", () => {
    expect(told(diff(estate(), estate(undefined, "allow all from any")))).toEqual([]);
  });

  test("of a network ACL's replies closes what still gets there, and cuts it at once", () => {
    const found = diff(
      estate(),
      estate(undefined, undefined, (text) =>
        text.replace("allow tcp 1024-65535 to", "allow tcp 1024-32767 to"),
      ),
    );
    expect(told(found)).toEqual(["closed web-1 → db-1 tcp 5432 note"]);
    expect(cut(found)).toEqual(["tcp 5432 stateless once"]);
  });

  test("of a group leaves tracked connections alone", () => {
    // The database's way out is closed, so its group tracks what comes in.
    const found = diff(
      estate(),
      estate(undefined, undefined, (text) => text.replace("tcp 5432 from web-sg", "tcp 5433 from web-sg")),
    );
    expect(told(found)).toEqual(["closed web-1 → db-1 tcp 5432 note"]);
    expect(cut(found)).toEqual(["tcp 5432 tracked end"]);
  });

  test("of a group that is open to everybody both ways cuts its untracked connections at once", () => {
    const found = diff(estate(), estate("tcp 443 from office"));
    expect(told(found)).toEqual(["closed internet → web-1 tcp 443 note"]);
    expect(cut(found)).toEqual(["tcp 443 untracked once"]);
  });

  test("of a group whose rule names one network leaves the connections tracked, though its way out is open", () => {
    const found = diff(estate("tcp 443 from office"), estate("tcp 8443 from office"));
    expect(cut(found)).toEqual(["tcp 443 tracked end"]);
  });

  test("that takes a host away closes its flows and cuts them", () => {
    const gone = (text: string): string => text.replace(/ {2}db-1:.*\n/, "");
    const found = diff(estate(), estate(undefined, undefined, gone));
    expect(told(found)).toEqual(["closed web-1 → db-1 tcp 5432 note"]);
    expect(found.removed.map((end) => end.name)).toEqual(["db-1"]);
    expect(found.cuts.map((item) => item.at)).toEqual(["once"]);
  });

  test("that adds a host to a group opens what the group's rules and those that name it give", () => {
    const more = (text: string): string =>
      text.replace(/( {2}db-1:.*\n)/, "$1  web-2: { address: 10.0.1.11, security-groups: web-sg }\n");
    const found = diff(estate(), estate(undefined, undefined, more));
    expect(told(found)).toContain("opened web-2 → db-1 tcp 5432 medium");
    expect(told(found)).not.toContain("opened web-1 → db-1 tcp 5432 medium");
    expect(found.added.map((end) => end.name)).toEqual(["web-2"]);
  });

  test("that names one of several alike machines opens for it alone, and closes nothing among them", () => {
    // web-1 and web-2 are one class before; the new rule tells them apart.
    const twins = (text: string): string =>
      text
        .replace(
          /( {2}db-1:.*\n)/,
          "$1  web-2: { address: 10.0.1.11, security-groups: web-sg }\n  web-3: { address: 10.0.1.12, security-groups: web-sg }\n",
        )
        .replace("public-address: 198.51.100.10, ", "")
        .replace("out: [tcp 5432 to any]", "out: [all to any]")
        .replace("in: [tcp 443 from any]", "in: [tcp 443 from any, tcp 9000 from web-sg]")
        .replace("allow tcp 22 from office", "allow tcp 22 from any");
    const found = diff(
      estate(undefined, undefined, twins),
      estate(undefined, undefined, (text) =>
        twins(text).replace("[tcp 5432 from web-sg]", "[tcp 5432 from web-sg, tcp 22 from 10.0.1.12]"),
      ),
    );
    expect(told(found)).toEqual(["opened web-3 → db-1 tcp 22 medium"]);
  });

  test("of a route takes the way out, and what used it is cut", () => {
    const found = diff(
      estate(),
      estate(undefined, undefined, (text) => text.replace(", public: true", "")),
    );
    expect(told(found)).toContain("closed internet+office → web-1 tcp 443 note");
    expect(found.cuts.every((item) => item.at === "once")).toBe(true);
  });
});

/** Rules that any of the rings may get in a random change. */
const webRule = fc.constantFrom(
  "tcp 443 from any",
  "tcp 22 from office",
  "tcp 22-25 from any",
  "udp 53 from any",
  "all from office",
  "tcp 8000-9000 from any",
);
const aclRule = fc.constantFrom(
  "allow tcp 22 from office",
  "deny tcp 5432 from any",
  "allow all from any",
  "allow udp 53 from any",
);
const dbRule = fc.constantFrom(
  "tcp 5432 from web-sg",
  "tcp 5432-5433 from any",
  "all from web-sg",
  "tcp 22 from 10.0.1.10",
);

const side = fc.record({
  web: fc.uniqueArray(webRule, { minLength: 1, maxLength: 3 }),
  acl: aclRule,
  db: dbRule,
});

const ends = ["internet", "203.0.113.9", "web-1", "db-1"] as const;

test("opened and closed are what traces before and after say, packet by packet", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      side,
      side,
      fc.array(
        fc.tuple(
          fc.constantFrom(...ends),
          fc.constantFrom("web-1", "db-1"),
          fc.constantFrom(22, 25, 443, 5432, 5433, 8080),
        ),
        {
          minLength: 8,
          maxLength: 8,
        },
      ),
      (a, b, probes) => {
        const [before, after] = [a, b].map((one) =>
          estate(one.web.join(", "), one.acl, (text) => text.replace("tcp 5432 from web-sg", one.db)),
        );
        if (before === undefined || after === undefined) return;
        const found = diff(before, after);
        for (const [from, to, port] of probes) {
          if (from === to) continue;
          const question = { from, to, protocol: TCP, port, sourcePort: 50_000 };
          const [was, is] = [trace(before, question).answer, trace(after, question).answer];
          // “internet” as a whole may fare differently in its parts; the office's own address does not.
          if (was === "depends" || is === "depends") continue;
          const name = from === "203.0.113.9" ? "office" : from;
          const changed = found.changes.filter(
            (change) =>
              change.from.some((end) => end.name === name) &&
              change.to.some((end) => end.name === to) &&
              change.services.some(
                ({ protocol, destinationPorts }) =>
                  protocol === "any" ||
                  (protocol === TCP &&
                    (destinationPorts === undefined ||
                      destinationPorts.some(
                        (edge, at) =>
                          at % 2 === 0 && edge <= port && port <= (destinationPorts[at + 1] ?? -1),
                      ))),
              ),
          );
          const expected = was === is ? [] : [is === "allowed" ? "opened" : "closed"];
          expect(changed.map((change) => change.kind)).toEqual(expected);
        }
      },
    ),
    { numRuns: 60 },
  );
});
