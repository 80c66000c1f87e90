// Asks a subnet's route table for the way to a packet's destination, and says which route it was.
import { addressText } from "../../packet/packet.ts";
import { longestPrefix } from "../routes.ts";
import type { Route, Subnet } from "../model.ts";
import { depend, pass, refuse, subnetName, type Passage } from "./passage.ts";

/** The route, or none with a step that says why. */
export function chooseRoute(passage: Passage, subnet: Subnet): Route | undefined {
  const { index } = passage.walk;
  const table = index.routeTableOf(subnet);
  const { destination } = passage.packet;
  const place = subnetName(subnet);
  const family = passage.packet.family;
  const ring = table === undefined ? "local route" : `route table ${table.name}`;
  const own = index.networkOf(subnet);
  const implied = (own?.prefixes ?? []).map((prefix) => ({
    route: localRoute(subnet),
    prefix,
    propagated: false,
  }));
  const written = (table?.routes ?? []).flatMap((route) =>
    route.prefixes.map((prefix) => ({ route, prefix, propagated: route.propagated })),
  );
  const choice = longestPrefix(
    [...written, ...implied].filter((item) => item.prefix.family === family),
    destination,
  );
  if (choice.kind === "split") {
    depend(
      passage,
      { layer: "route", place, ring, why: `only part of ${addressText(destination)} has this route` },
      [choice.cause],
    );
    return undefined;
  }
  if (choice.kind === "none") {
    refuse(passage, {
      layer: "route",
      place,
      ring,
      why: `no route leads to ${addressText(destination)}`,
      remedy: `add to ${table === undefined ? `the subnet ${subnet.name}` : `${table.name} (${table.id})`} a route for ${addressText(destination)} to a gateway that leads there`,
    });
    return undefined;
  }
  const { route } = choice;
  if (route.target.kind === "blackhole") {
    refuse(passage, {
      layer: "route",
      place,
      ring,
      why: `the route ${route.text} is a blackhole: it drops what it is for`,
      remedy: `point the route ${route.text} of ${table?.name ?? place} at a target that exists`,
      rules: [routeRule(route)],
    });
    return undefined;
  }
  if (route.target.kind === "unknown") {
    depend(
      passage,
      {
        layer: "route",
        place,
        ring,
        why: `the route ${route.text} leads to ${route.target.what}, which was not read`,
      },
      [{ kind: "condition", what: `what stands behind ${route.target.what}`, origin: route.origin }],
    );
    return undefined;
  }
  pass(passage, { layer: "route", place, ring, why: `route ${route.text}`, rules: [routeRule(route)] });
  return route;
}

/** Every network carries its own addresses, whether the table says so or not. */
function localRoute(subnet: Subnet): Route {
  return {
    destination: { v4: [], v6: [] },
    prefixes: [],
    target: { kind: "local" },
    propagated: false,
    origin: subnet.origin,
    text: "local",
  };
}

/** A route in the shape of a rule, so that steps cite it like any other line. */
function routeRule(route: Route): {
  match: { kind: "always" };
  actions: [];
  origin: Route["origin"];
  text: string;
} {
  return { match: { kind: "always" }, actions: [], origin: route.origin, text: route.text };
}
