// The named sets and verdict maps of a random nft table: addresses, prefixes, ports, pairs of them, and verdicts by them.
import type { NamedSet } from "./generate-nft-match.ts";
import type { Random } from "./random.ts";
import { drawPrefix, everyAddress, ports, type World } from "./world.ts";

export function drawSets(random: Random, world: World): NamedSet[] {
  const type = world.family === 4 ? "ipv4_addr" : "ipv6_addr";
  const addresses = random.some(everyAddress(world), 2, 6).join(", ");
  const nets = [...new Set([random.pick(world.clients), random.pick(world.servers)])]
    .map((each) => drawPrefix(random, world, [each]))
    .join(", ");
  return [
    {
      name: "hosts",
      holds: "addresses",
      text: `set hosts { type ${type}; elements = { ${addresses} }; }`,
      features: [],
    },
    {
      name: "nets",
      holds: "addresses",
      text: `set nets { type ${type}; flags interval; auto-merge; elements = { ${nets} }; }`,
      features: ["interval set"],
    },
    {
      name: "services",
      holds: "ports",
      text: `set services { type inet_service; flags interval; elements = { ${random.pick([22, 53, 80, 443])}, 5000-5500 }; }`,
      features: ["interval set"],
    },
    {
      name: "pairs",
      holds: "pairs",
      text: `set pairs { type ${type} . inet_service; flags interval; elements = { ${drawPrefix(random, world)} . 1-${random.pick(ports)} }; }`,
      features: ["interval set", "concatenation"],
    },
  ];
}

export function drawVerdictMaps(random: Random, world: World, users: readonly string[]): NamedSet[] {
  const type = world.family === 4 ? "ipv4_addr" : "ipv6_addr";
  // Any chain may name the map, so only the last chain is safe to jump to: it has nobody after it.
  const last = users.at(-1) ?? "";
  const elements = random
    .some(everyAddress(world), 2, 5)
    .map((each) => `${each} : ${random.pick(["accept", "drop", "return", `jump ${last}`])}`);
  return [
    {
      name: "by_address",
      holds: "verdicts by address",
      text: `map by_address { type ${type} : verdict; elements = { ${elements.join(", ")} }; }`,
      features: ["named verdict map"],
    },
    {
      name: "by_port",
      holds: "verdicts by port",
      text: `map by_port { type inet_service : verdict; flags interval; elements = { ${random.pick([22, 25, 53])} : accept, 80-443 : jump ${last}, 5000-9000 : drop }; }`,
      features: ["named verdict map", "interval set"],
    },
  ];
}
