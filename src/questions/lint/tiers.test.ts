// Who stands in a tier, and the mistakes that people make in naming it.
import { expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import { parseRingwall } from "../../formats/ringwall/reader.ts";
import { Problem } from "../../problem.ts";
import { tierPlaces } from "./tiers.ts";

const estate = (tiers: string) =>
  mergeEstate("shop", [
    parseRingwall({
      path: "ringwall.yaml",
      text: `ringwall: 1
networks: { shop: { prefix: 10.0.0.0/16 } }
names: { office: 192.0.2.0/24 }
subnets:
  public: { prefix: 10.0.1.0/24, public: true }
  app: { prefix: 10.0.2.0/24 }
hosts:
  web: { address: 10.0.1.10, security-groups: web-sg }
  app-1: { address: 10.0.2.11, security-groups: app-sg }
  app-2: { address: 10.0.2.12, security-groups: app-sg }
security-groups: { web-sg: {}, app-sg: {} }
tiers:
${tiers}`,
    }).part,
  ]);

const membersOf = (tiers: string) =>
  tierPlaces(estate(tiers)).map((tier) => [...tier.interfaces].map((place) => place.id));

test.each([
  ["a subnet", "  one: { members: app }", [["app-1/eth0", "app-2/eth0"]]],
  ["a group", "  one: { members: app-sg }", [["app-1/eth0", "app-2/eth0"]]],
  ["a host", "  one: { members: [app-2, web] }", [["app-2/eth0", "web/eth0"]]],
])("%s stands for its interfaces", (_what, tiers, members) => {
  expect(membersOf(tiers)).toEqual(members);
});

test("the first tier is the internet's, and each is reached from the one before it, unless it says otherwise", () => {
  const [web, app, office] = tierPlaces(
    estate(
      "  web: { members: public }\n  app: { members: app-sg }\n  admin: { members: web, from: [office] }",
    ),
  );
  expect([web?.fromInternet, app?.fromInternet, office?.fromInternet]).toEqual([true, false, false]);
  expect([...(app?.tiers ?? [])]).toEqual(["app", "web"]);
  expect([...(office?.tiers ?? [])]).toEqual(["admin"]);
  expect(office?.fromNames).toHaveLength(1);
});

test.each([
  ["  one: { members: ap }", "there is no subnet, host, security group or tag “ap”", 13],
  ["  one: { members: app, from: offce }", "there is no tier or name of addresses “offce”", 13],
])("%s is refused where it stands", (tiers, message, line) => {
  let problem: unknown;
  try {
    tierPlaces(estate(tiers));
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ message, code: "reference", origin: { line } });
});
