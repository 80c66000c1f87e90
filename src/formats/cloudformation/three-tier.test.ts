// The three tiers of examples/three-tier are AWS's export of a shop; examples/cloudformation are templates of the same
// shop, written by hand from the same drawing. Every question has to have one answer, by the same rings.
import { beforeAll, expect, test } from "vitest";
import type { Estate } from "../../estate/model.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import { trace, type Trace } from "../../questions/trace.ts";
import { loadEstate } from "../load.ts";

const servers = ["bastion", "web-1", "web-2", "app-1", "app-2", "db-1"];
const outside = ["192.0.2.7", "203.0.113.80"];
const ports = [22, 80, 443, 5432, 8080, 9000, 50000];

let exported: Estate;
let written: Estate;

beforeAll(async () => {
  // Without the drawing, which attaches a host firewall that no template has.
  exported = await loadEstate("examples/three-tier/aws");
  written = await loadEstate("examples/cloudformation");
});

/** The answer, and every ring that refuses, on which leg. */
function gist(found: Trace): { readonly answer: string; readonly blockers: readonly string[] } {
  return {
    answer: found.answer,
    blockers: found.blockers.map(({ leg, step }) =>
      // Route tables have no names in a template; the others go by theirs.
      step.layer === "route" ? `${leg} route` : `${leg} ${step.layer} ${step.ring}`,
    ),
  };
}

/** The answers to every question from one end to the other. */
function answers(estate: Estate, from: string, to: string): unknown[] {
  return [
    ...ports.map((port) => [port, gist(trace(estate, { from, to, protocol: TCP, port }))]),
    ["udp 53", gist(trace(estate, { from, to, protocol: UDP, port: 53 }))],
  ];
}

const pairs = [...servers, ...outside].flatMap((from) =>
  [...servers, ...outside]
    .filter((to) => to !== from && !(outside.includes(from) && outside.includes(to)))
    .map((to) => [from, to] as const),
);

test.each(pairs)("templates and export agree on %s → %s", (from, to) => {
  expect(answers(written, from, to)).toEqual(answers(exported, from, to));
});

test("the questions are of both kinds: what is compared is not all refused", () => {
  const found = pairs.flatMap(([from, to]) =>
    ports.map((port) => trace(written, { from, to, protocol: TCP, port }).answer),
  );
  expect(found.filter((answer) => answer === "allowed").length).toBeGreaterThan(10);
  expect(found.filter((answer) => answer === "denied").length).toBeGreaterThan(100);
});

test("they agree on what the internet reaches of the load balancer, and that it reaches the web servers", () => {
  const balancer = (estate: Estate): string =>
    [...estate.loadBalancers.values()].find((one) => one.name === "shop")?.id ?? "";
  for (const port of [22, 80, 443, 8080]) {
    const asked = (estate: Estate): Trace =>
      trace(estate, { from: "internet", to: balancer(estate), protocol: TCP, port });
    expect([port, gist(asked(written))]).toEqual([port, gist(asked(exported))]);
    expect(asked(written).onward?.length).toBe(asked(exported).onward?.length);
  }
});

test("what the two share has the same shape: networks, subnets, groups, ACLs and who wears what", () => {
  const names = (places: ReadonlyMap<string, { readonly name: string }>): string[] =>
    [...places.values()].map((place) => place.name).toSorted();
  expect(names(written.subnets)).toEqual(names(exported.subnets));
  expect(names(written.hosts)).toEqual(names(exported.hosts));
  expect(names(written.securityGroups)).toEqual(names(exported.securityGroups));
  const wears = (estate: Estate): string[] =>
    [...estate.interfaces.values()]
      .filter((one) => one.kind === "instance" || one.kind === "load-balancer")
      .map((one) => {
        const groups = one.securityGroups.map((id) => estate.securityGroups.get(id)?.name);
        return `${one.kind} in ${estate.subnets.get(one.subnet)?.name ?? ""} wears ${groups.join(", ")}`;
      })
      .toSorted();
  expect(wears(written)).toEqual(wears(exported));
});
