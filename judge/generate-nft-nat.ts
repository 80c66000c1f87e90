// Rules of nft's nat chains: destination NAT, source NAT, masquerade, redirect, whole prefixes and maps.
import { drawMatch, type Place } from "./generate-nft-match.ts";
import type { Random } from "./random.ts";
import type { Feature, Piece } from "./rule-set.ts";
import { clearHostBits, drawPort, ports, type World } from "./world.ts";

export function drawTranslation(random: Random, place: Place, hook: "prerouting" | "postrouting"): Piece {
  const match =
    random.chance(70) || place.transport === "icmp" ? drawMatch(random, place) : { text: "", features: [] };
  const action = hook === "prerouting" ? drawDestination(random, place) : drawSource(random, place);
  const features: Feature[] = [...match.features, ...action.features];
  if (place.world.family === 6) features.push("ipv6");
  return { text: `${match.text} counter ${action.text}`.trim(), features };
}

const piece = (text: string, ...features: Feature[]): Piece => ({ text, features });

function drawDestination(random: Random, { world, transport }: Place): Piece {
  const word = world.family === 4 ? "ip" : "ip6";
  const to = random.pick([...world.servers, ...world.dmz, ...world.translated.slice(2)]);
  const ended = world.family === 4 ? to : `[${to}]`;
  const [near, far] = [
    clearHostBits(random.pick(world.servers), world.family === 4 ? 24 : 64),
    clearHostBits(random.pick(world.dmz), world.family === 4 ? 24 : 64),
  ];
  const ported = transport === "tcp" || transport === "udp";
  switch (ported ? random.below(11) : random.pick([3, 6, 7, 8])) {
    case 0:
      return piece(
        `meta l4proto ${transport} dnat ${word} to ${ended}:${drawPort(random)}`,
        "dnat",
        "dnat port",
      );
    case 1:
      return piece(
        `${transport} dport ${random.pick(ports)} redirect to :${drawPort(random)}`,
        "redirect",
        "dnat port",
      );
    case 2:
      return piece(`meta l4proto ${transport} redirect`, "redirect");
    case 3:
      return piece(`${word} daddr ${near} dnat ${word} prefix to ${far}`, "netmap");
    case 4:
      return piece(
        `dnat ${word} to ${transport} dport map { 80 : ${to}, 443 : ${random.pick(world.dmz)} }`,
        "dnat",
        "nat map",
      );
    case 5:
      return piece(
        `dnat ${word} addr . port to ${transport} dport map { ${random.pick([22, 80])} : ${to} . ${drawPort(random)}, 443 : ${random.pick(world.dmz)} . 8443 }`,
        ...(["dnat", "dnat port", "nat map"] as const),
      );
    case 6:
      return piece(random.pick(["accept", "return"]));
    case 8: {
      const [first, last] = addressSpan(random, world);
      return piece(`dnat ${word} to ${first}-${last}`, "dnat", "nat range");
    }
    case 9:
      return piece(
        `meta l4proto ${transport} dnat ${word} to ${ended}:${random.pick(["80-90", "8000-9000", "1-65535"])}`,
        ...(["dnat", "dnat port", "nat range"] as const),
      );
    case 10:
      return piece(
        `meta l4proto ${transport} redirect to :7000-7${random.pick(["000", "099"])}`,
        "redirect",
        "nat range",
      );
    default:
      return piece(`dnat ${word} to ${to}`, "dnat");
  }
}

/** A few neighbouring addresses: the kernel picks one of them by a hash of both ends. */
export function addressSpan(random: Random, world: World): [string, string] {
  const stem =
    world.family === 4
      ? random.pick(["10.20.5.", "10.40.5."])
      : random.pick(["2001:db8:20:5::", "2001:db8:40:5::"]);
  const first = random.between(1, 4);
  return [`${stem}${first}`, `${stem}${first + random.between(1, 5)}`];
}

function drawSource(random: Random, { world, transport }: Place): Piece {
  const word = world.family === 4 ? "ip" : "ip6";
  const to = random.pick(world.translated);
  const [near, far] = [
    clearHostBits(random.pick(world.clients), world.family === 4 ? 24 : 64),
    clearHostBits(random.pick(world.translated), world.family === 4 ? 24 : 64),
  ];
  const ported = transport === "tcp" || transport === "udp";
  switch (random.below(ported ? 8 : 6)) {
    case 5: {
      const [first, last] = addressSpan(random, world);
      return piece(`snat ${word} to ${first}-${last}`, "snat", "nat range");
    }
    case 6:
      return piece(
        `meta l4proto ${transport} snat ${word} to ${world.family === 4 ? to : `[${to}]`}:${random.pick(["2000-2999", "10000-60000"])}`,
        "snat",
        "nat range",
      );
    case 7:
      return piece(
        `meta l4proto ${transport} masquerade to :${random.pick(["2000-2999", "30000-60000"])}`,
        "masquerade",
        "nat range",
      );
    case 0:
      return piece("masquerade", "masquerade");
    case 1:
      return piece(`${word} saddr ${near} snat ${word} prefix to ${far}`, "netmap");
    case 2:
      return piece(random.pick(["accept", "return"]));
    default:
      return piece(`snat ${word} to ${to}`, "snat");
  }
}
