// Plays flows against the kernel: round by round, each flow says its next line, the kernel answers for all of them, and
// what it did decides what the ends say next. Gives the probes in the order in which they were sent, with their fates.
import { hasAddress, prefixSet, unionOfAddresses, type AddressSet } from "../src/packet/address-set.ts";
import { parsePrefix } from "../src/packet/address.ts";
import { Conversation } from "./conversation.ts";
import { drawFlow, type Flow } from "./flows.ts";
import type { Kernel } from "./kernel.ts";
import { requireAddress, type Fate, type Probe } from "./probe.ts";
import type { Random } from "./random.ts";
import type { Link } from "./topology.ts";
import type { World } from "./world.ts";

export interface Played {
  readonly probes: readonly Probe[];
  readonly fates: readonly Fate[];
}

/** Draws flows until about `packets` packets are planned; no two share a source port. */
export function drawFlows(random: Random, world: World, packets: number): Flow[] {
  const flows: Flow[] = [];
  const step = 7919;
  let port = random.below(60_000);
  // ESP, PIM and OSPF, which rules may name, and numbers that IANA has given to nobody.
  const portless = [...Array.from({ length: 90 }, (_, at) => 150 + at), 89, 103, 50];
  let planned = 0;
  while (planned < packets) {
    port = (port + step) % 64_000;
    const flow = drawFlow(random, world, 1024 + port, portless);
    flows.push(flow);
    planned += flow.lines.length;
  }
  return flows;
}

/** @param linkOf which link an address sends from; as the gateway routes it, if absent */
export function play(
  random: Random,
  kernel: Kernel,
  flows: readonly Flow[],
  linkOf: (address: string) => number = linkFinder(kernel.links),
): Played {
  const own = new Set(kernel.links.flatMap(({ address4, address6 }) => [bare(address4), bare(address6)]));
  const probes: Probe[] = [];
  const fates: Fate[] = [];
  let talking = flows.map((flow, number) => new Conversation(random, flow, number, linkOf, own));
  while (talking.length > 0) {
    const said = talking.flatMap((conversation) => {
      const probe = conversation.next();
      return probe === undefined ? [] : [{ conversation, probe }];
    });
    const answered = kernel.send(said.map(({ probe }) => probe));
    for (const [at, { conversation, probe }] of said.entries()) {
      const fate = answered[at] ?? [];
      conversation.learn(fate);
      probes.push(probe);
      fates.push(fate);
    }
    talking = said.map(({ conversation }) => conversation);
  }
  return { probes, fates };
}

function bare(prefix: string): string {
  return prefix.split("/")[0] ?? prefix;
}

/** Which link an address is behind, as the gateway routes it. The most particular prefix wins. */
export function linkFinder(links: readonly Link[]): (address: string) => number {
  const known = new Map<string, number>();
  const behind: { readonly set: AddressSet; readonly length: number; readonly link: number }[] = links
    .flatMap((link, at) =>
      [...link.routes4, ...link.routes6, link.address4, link.address6].map((text) => {
        const prefix = parsePrefix(text);
        if (prefix === undefined) throw new Error(`${text} is not a prefix`);
        return { set: unionOfAddresses([prefixSet(prefix)]), length: prefix.length, link: at };
      }),
    )
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const address = requireAddress(text);
    const link = behind.find(({ set }) => hasAddress(set, address))?.link ?? 1;
    known.set(text, link);
    return link;
  };
}
