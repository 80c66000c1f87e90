// Rules of an estate's own, on one small shop: each kind holding, and broken by one change.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadEstate } from "../../formats/load.ts";
import { mergeEstate } from "../../estate/merge.ts";
import { parseRingwall } from "../../formats/ringwall/reader.ts";
import { Problem } from "../../problem.ts";
import { checkAssertions } from "../assert.ts";
import { flowText } from "../reach/service-text.ts";
import type { Checked } from "./model.ts";

const shop = `ringwall: 1
names: { office: 203.0.113.0/24 }
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets:
  web: { prefix: 10.0.1.0/24, public: true }
  data: { prefix: 10.0.2.0/24 }
hosts:
  web-1: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg }
  web-2: { address: 10.0.1.11, public-address: 198.51.100.11, security-groups: web-sg }
  jump: { address: 10.0.1.20, public-address: 198.51.100.20, security-groups: jump-sg }
  db-1: { address: 10.0.2.10, security-groups: db-sg }
security-groups:
  web-sg: { in: [tcp 443 from any], out: [tcp 5432 to any] }
  jump-sg: { in: [tcp 22 from office], out: [all to 10.0.0.0/16] }
  db-sg: { in: [tcp 5432 from web-sg], out: [] }
tiers:
  front: { members: [web-sg] }
  data: { members: [data] }
assert:
`;

function check(assertion: string, edit: (text: string) => string = (text) => text): Checked {
  const text = `${edit(shop)}  - ${assertion}\n`;
  const [checked] = checkAssertions(
    mergeEstate("shop", [parseRingwall({ path: "ringwall.yaml", text }).part]),
  ).checked;
  if (checked === undefined) throw new Error("there is one assertion");
  return checked;
}

const told = (checked: Checked): string[] =>
  checked.breaches.map(
    ({ from, to, services, why }) => `${from} → ${to} ${services.map(flowText).join("; ")}: ${why}`,
  );

describe("must", () => {
  test("holds where each reaches each by all of the services", () => {
    expect(check("must: { from: tier front, to: tier data, services: tcp 5432 }").holds).toBe(true);
    expect(check("must: { from: office, to: jump, services: tcp 22 }").holds).toBe(true);
  });

  test("is broken by one of several services, and the packet's trace names the ring", () => {
    const checked = check("must: { from: internet, to: web-1, services: 'tcp 80,443' }");
    expect(told(checked)[0]).toBe("internet → web-1 tcp 80: must get through, and is refused");
    const blocker = checked.breaches[0]?.witness?.trace.blockers[0];
    expect(blocker?.step.ring).toBe("web-sg inbound");
  });

  test("is broken where no way leads there at all", () => {
    const checked = check("must: { from: internet, to: db-1, services: tcp 5432 }");
    expect(checked.holds).toBe(false);
    expect(checked.breaches[0]?.why).toBe("no way leads there");
  });
});

describe("mustNot", () => {
  test("holds where nothing gets through", () => {
    expect(check("mustNot: { from: internet, to: tier data }").holds).toBe(true);
  });

  test("is broken by any one of the services, from any part of the internet", () => {
    const checked = check("mustNot: { from: internet, to: jump }");
    expect(told(checked)).toEqual(["office → jump tcp 22: gets through, and must not"]);
    expect(checked.breaches[0]?.witness?.trace.answer).toBe("allowed");
  });

  test("looks at the services that it names alone", () => {
    expect(check("mustNot: { from: internet, to: jump, services: tcp 23 }").holds).toBe(true);
  });
});

describe("exactly", () => {
  test("holds where these services get through and no others do", () => {
    expect(check("exactly: { from: internet, to: web-1, services: tcp 443 }").holds).toBe(true);
  });

  test("is broken by a service more, and by one less", () => {
    const more = check("exactly: { from: internet, to: web-1, services: tcp 443 }", (text) =>
      text.replace("[tcp 443 from any]", "[tcp 443 from any, udp 443 from any]"),
    );
    expect(told(more)[0]).toMatch(/udp 443: gets through, and is not among what may$/);
    const less = check("exactly: { from: internet, to: web-1, services: 'tcp 443-444' }");
    expect(told(less)[0]).toMatch(/tcp 444: must get through, and is refused$/);
  });
});

describe("only", () => {
  test("holds where nobody else reaches it, and by nothing else", () => {
    expect(check("only: { from: [web-1, web-2], to: db-1, services: tcp 5432 }").holds).toBe(true);
  });

  test("is broken by somebody else", () => {
    const checked = check("only: { from: tier front, to: db-1, services: tcp 5432 }", (text) =>
      text.replace("[tcp 5432 from web-sg]", "[tcp 5432 from web-sg, tcp 22 from jump-sg]"),
    );
    expect(told(checked)).toEqual(["jump → db-1 tcp 22: gets through, and is not one of those who may"]);
  });

  test("is broken by a member of the same class whom its words leave out", () => {
    // web-1 and web-2 are alike to every rule: what lets the one in lets the other in.
    const checked = check("only: { from: web-1, to: db-1, services: tcp 5432 }");
    expect(checked.holds).toBe(false);
    expect(checked.breaches[0]?.from).toMatch(/web-2/);
  });

  test("is broken by addresses of one network that its words leave out", () => {
    const checked = check("only: { from: 203.0.113.9, to: jump, services: tcp 22 }");
    expect(checked.holds).toBe(false);
    expect(checked.breaches[0]?.from).toBe("office (203.0.113.0)");
  });

  test("does not ask that anybody reaches it", () => {
    expect(
      check("only: { from: jump, to: db-1 }", (text) => text.replace("[tcp 5432 from web-sg]", "[]")).holds,
    ).toBe(true);
  });
});

describe("defaultDeny", () => {
  test("holds behind a security group that names what it allows", () => {
    expect(check("defaultDeny: [tier front, tier data]").holds).toBe(true);
  });

  test("is broken where everything gets through from somewhere", () => {
    const checked = check("defaultDeny: [web-1, db-1]", (text) =>
      text.replace("[tcp 5432 from web-sg]", "[all from any]"),
    );
    expect(told(checked)).toEqual([
      "jump → db-1 everything: everything gets through: nothing refuses what no rule allows",
    ]);
  });
});

test("what hangs on something unknown is not proved, whichever way it is asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-assert-"));
  try {
    const drawing = shop.replace(
      "10.0.2.10, security-groups: db-sg }",
      "10.0.2.10, security-groups: db-sg, firewall: db.rules }",
    );
    // A rate limit lets a packet through or not: no header says which.
    writeFileSync(
      join(folder, "db.rules"),
      "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m limit --limit 1/s -j ACCEPT\nCOMMIT\n",
    );
    const both = "{ from: tier front, to: db-1, services: tcp 5432 }";
    writeFileSync(join(folder, "ringwall.yaml"), `${drawing}  - must: ${both}\n  - mustNot: ${both}\n`);
    const { checked } = checkAssertions(await loadEstate(folder));
    expect(checked.map((one) => one.holds)).toEqual([false, false]);
    expect(checked.map((one) => one.breaches[0]?.why)).toEqual([
      "must get through, and hangs on what is not known",
      "gets through, and must not: it hangs on what is not known",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a name that nothing has is an error at its own place", () => {
  const mistake = (text: string): string => {
    try {
      check(text);
      return "none";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return `${error.code} ${error.origin?.line}:${error.origin?.column} ${error.message} ${error.remedy}`;
    }
  };
  expect(mistake("must: { from: wbe-1, to: db-1 }")).toMatch(/^reference 20:19 .*wbe-1.*web-1/);
  expect(mistake("defaultDeny: tier dta")).toMatch(
    /^reference 20:18 there is no tier “dta” did you mean data\?/,
  );
});
