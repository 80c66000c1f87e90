// Random nftables rule sets, as text that `nft -f` takes: tables, base chains at several priorities, chains that jump
// to chains, sets and verdict maps, marks, NAT.
import { drawMatch, drawTransport, portKey, type Place } from "./generate-nft-match.ts";
import { drawTranslation } from "./generate-nft-nat.ts";
import { drawSets, drawVerdictMaps } from "./generate-nft-sets.ts";
import type { Random } from "./random.ts";
import type { Feature, GeneratedChain, GeneratedTable, Piece, RuleSet } from "./rule-set.ts";
import { everyAddress, ports, world4, world6, type World } from "./world.ts";

type Hook = "prerouting" | "input" | "forward" | "postrouting";

export interface Generated {
  readonly ruleSet: RuleSet;
  readonly world: World;
}

/** @param mostRules about how many rules a rule set has at most */
export function generateNft(random: Random, devices: readonly string[], mostRules: number): Generated {
  const world = random.chance(60) ? world4 : world6;
  const family = random.chance(60) ? "inet" : world.family === 4 ? "ip" : "ip6";
  const tables = [`${family} first`, ...(random.chance(40) ? [`${family} second`] : [])];
  // Without tracking nobody puts fragments together: rules meet them one by one.
  const tracked = !random.chance(12);
  const nat = tracked && random.chance(45);
  return {
    world,
    ruleSet: {
      language: "nft",
      ipsets: [],
      tables: tables.map((name, at) =>
        generateTable(random.fork(), name, {
          world,
          devices,
          tracked,
          nat: nat && at === 0,
          first: at === 0,
          mostRules,
        }),
      ),
    },
  };
}

interface Wish {
  readonly world: World;
  readonly devices: readonly string[];
  readonly tracked: boolean;
  readonly nat: boolean;
  /** The first table has a forward chain that may drop by policy; others are beside it. */
  readonly first: boolean;
  readonly mostRules: number;
}

function generateTable(random: Random, name: string, wish: Wish): GeneratedTable {
  const { world } = wish;
  const short = name.split(" ")[1] ?? name;
  // Each chain jumps only to chains of a higher number, so nothing loops.
  const users = Array.from({ length: random.below(6) }, (_, at) => `${short}_u${at}`);
  // Of these each is reached from the one before only: what decides in the last is six jumps deep.
  const ladder = random.chance(35) ? Array.from({ length: 6 }, (_, at) => `${short}_l${at}`) : [];
  const verdictMaps = users.length === 0 ? [] : drawVerdictMaps(random, world, users);
  const sets = [...drawSets(random, world), ...verdictMaps];
  const rules = (hook: Place["hook"], tracked: boolean, targets: readonly string[]): Piece[] => {
    const place = { world, hook, tracked, devices: wish.devices, sets, inet: name.startsWith("inet") };
    const count = random.between(1, Math.max(2, Math.floor(wish.mostRules / (users.length + 2))));
    return Array.from({ length: count }, () =>
      drawRule(random, { ...place, transport: drawTransport(random) }, targets),
    );
  };
  const chains: GeneratedChain[] = users.map((user, at) => ({
    name: user,
    rules: rules("anywhere", wish.tracked, users.slice(at + 1)),
  }));
  for (const [at, rung] of ladder.entries()) {
    const below = ladder.slice(at + 1, at + 2);
    const depth: Feature[] = [
      ...(at >= 2 ? ["nested 3 deep" as const] : []),
      ...(at >= 5 ? ["nested 6 deep" as const] : []),
    ];
    const climb = below.map((next) =>
      piece(`counter ${random.chance(85) ? "jump" : "goto"} ${next}`, "jump"),
    );
    chains.push({
      name: rung,
      rules: [...climb, ...rules("anywhere", wish.tracked, below)].map(({ text, features }) => ({
        text,
        features: [...features, ...depth],
      })),
    });
  }
  const reachable = [...ladder.slice(0, 1), ...users];
  const base = (hook: Hook, priority: number, policy: "accept" | "drop", many: boolean): void => {
    const several: Feature[] = many ? ["several base chains"] : [];
    chains.push({
      name: `${short}_${hook}_${priority < 0 ? `m${-priority}` : priority}`,
      base: `type filter hook ${hook} priority ${priority}; policy ${policy};`,
      // The last counts what the policy decides.
      rules: [
        ...rules(hook, wish.tracked && priority > -200, reachable),
        piece("counter", `policy ${policy}`, ...several),
      ],
    });
  };
  base(
    "forward",
    wish.first ? 0 : random.pick([-10, 5, 50]),
    random.chance(wish.first ? 50 : 15) ? "drop" : "accept",
    false,
  );
  if (random.chance(30)) base("forward", random.pick([-150, 10, 220]), "accept", true);
  if (random.chance(30))
    base("prerouting", random.pick([-150, -120]), random.chance(10) ? "drop" : "accept", true);
  if (random.chance(40)) base("input", random.pick([0, 7]), random.chance(40) ? "drop" : "accept", false);
  if (random.chance(20)) base("postrouting", random.pick([-150, 10]), "accept", true);
  if (wish.first && random.chance(25)) chains.push(rawChain(random, short, world, wish.devices));
  if (wish.nat) chains.push(...natChains(random, short, world, wish.devices));
  return { name, sets, chains };
}

/** Actions and what they bring; jumps go to chains further down only. */
function drawRule(random: Random, place: Place, targets: readonly string[]): Piece {
  const matches = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => drawMatch(random, place));
  const action = drawAction(random, place, targets, matches.length === 0);
  return {
    text: [...matches.map(({ text }) => text), "counter", action.text].join(" ").trim(),
    features: [...matches.flatMap(({ features }) => features), ...action.features],
  };
}

const piece = (text: string, ...features: Feature[]): Piece => ({ text, features });

function drawAction(random: Random, place: Place, targets: readonly string[], unconditional: boolean): Piece {
  const roll = random.below(100);
  // A rule that matches everything and ends the walk would leave those after it untried.
  if (unconditional && (roll < 50 || targets.length === 0)) return drawEffect(random, place);
  if (targets.length > 0) {
    const target = random.chance(60) ? (targets[0] ?? "") : random.pick(targets);
    if (roll < 22 || unconditional) return piece(`jump ${target}`, "jump");
    if (roll < 30) return piece(`goto ${target}`, "goto");
    if (roll < 36) return drawVerdictMap(random, place, target);
  }
  if (roll < 56) return piece("accept");
  if (roll < 76) return piece("drop");
  if (roll < 82) return piece("return", "return");
  if (roll < 86 && (place.hook === "forward" || place.hook === "input")) return piece("reject", "reject");
  if (roll < 90 && (place.transport === "tcp" || place.transport === "udp")) {
    const verdicts = random
      .some(ports.slice(0, 5), 1, 3)
      .map((port) => `${port} : ${random.pick(["accept", "drop", "continue"])}`);
    return piece(
      `${place.transport} dport vmap { ${verdicts.join(", ")}, 2000-6000 : drop }`,
      "verdict map",
      "port",
      "interval set",
    );
  }
  return drawEffect(random, place);
}

/** What leaves a trace and goes on. */
function drawEffect(random: Random, place: Place): Piece {
  const effects = [
    piece(`meta mark set ${random.pick(["0x1", "0x10", "0x11"])}`, "set mark"),
    piece("meta mark set meta mark | 0x1", "set mark"),
    piece("meta mark set meta mark & 0xfffffff0", "set mark"),
    piece("meta mark set meta mark ^ 0x11", "set mark"),
    piece(""),
    piece("log group 99", "log"),
    piece("continue"),
  ];
  if (place.tracked) {
    effects.push(
      piece("ct mark set meta mark", "save mark"),
      piece("meta mark set ct mark", "restore mark"),
      piece(`ct mark set ${random.pick(["0x1", "0x12"])}`, "connection mark"),
    );
  }
  return random.pick(effects);
}

function drawVerdictMap(random: Random, place: Place, target: string): Piece {
  const word = place.world.family === 4 ? "ip" : "ip6";
  const ported = place.transport === "tcp" || place.transport === "udp";
  const port = portKey(place.transport, "dport").key;
  const maps = place.sets.filter(
    ({ holds }) => holds === "verdicts by address" || (ported && holds === "verdicts by port"),
  );
  const verdict = (): string =>
    random.pick(["accept", "drop", `jump ${target}`, `goto ${target}`, "return", "continue"]);
  const some = random.some(everyAddress(place.world), 2, 4);
  switch (random.below(place.tracked ? 5 : 4)) {
    case 0: {
      if (maps.length === 0) return piece(`jump ${target}`, "jump");
      const map = random.pick(maps);
      const key = map.holds === "verdicts by address" ? `${word} ${random.pick(["saddr", "daddr"])}` : port;
      return piece(`${key} vmap @${map.name}`, "verdict map", "named verdict map");
    }
    case 1:
      if (!ported) return piece(`jump ${target}`, "jump");
      return piece(
        `${word} saddr . ${port} vmap { ${some.map((each) => `${each} . ${random.pick(ports)} : ${verdict()}`).join(", ")} }`,
        "verdict map",
        "concatenation",
      );
    case 2:
      if (place.transport !== "other") return piece(`jump ${target}`, "jump");
      return piece(`meta l4proto vmap { tcp : ${verdict()}, udp : ${verdict()} }`, "verdict map", "protocol");
    case 3:
      return piece(
        `${word} ${random.pick(["saddr", "daddr"])} vmap { ${some.map((each) => `${each} : ${verdict()}`).join(", ")} }`,
        "verdict map",
      );
    default:
      return piece(
        `ct state vmap { established : accept, related : ${verdict()}, invalid : drop }`,
        "verdict map",
        "state established",
        "state related",
        "state invalid",
      );
  }
}

function rawChain(random: Random, short: string, world: World, devices: readonly string[]): GeneratedChain {
  const rules = Array.from({ length: random.between(1, 3) }, () => {
    const match = drawMatch(random, {
      world,
      hook: "prerouting",
      tracked: false,
      devices,
      sets: [],
      inet: false,
      transport: drawTransport(random),
    });
    return {
      text: `${match.text} counter notrack`,
      features: [...match.features, "notrack"] satisfies Feature[],
    };
  });
  return {
    name: `${short}_raw`,
    base: "type filter hook prerouting priority -300; policy accept;",
    rules,
  };
}

function natChains(
  random: Random,
  short: string,
  world: World,
  devices: readonly string[],
): GeneratedChain[] {
  const make = (hook: "prerouting" | "postrouting", priority: number): GeneratedChain => ({
    name: `${short}_nat_${hook}`,
    base: `type nat hook ${hook} priority ${priority}; policy accept;`,
    rules: Array.from({ length: random.between(1, 4) }, () => {
      const place = { world, hook, tracked: true, devices, sets: [], inet: false };
      return drawTranslation(random, { ...place, transport: drawTransport(random) }, hook);
    }),
  });
  return [make("prerouting", -100), make("postrouting", 100)];
}
