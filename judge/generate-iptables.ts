// Random iptables and ip6tables rule sets, as text that iptables-restore takes: raw, mangle, nat and filter, user chains
// with jump, goto and RETURN, ipsets, marks, NAT.
import { drawIpsets, drawTest, type Hook, type Spot, type Transport } from "./generate-iptables-match.ts";
import { addressSpan } from "./generate-nft-nat.ts";
import type { Generated } from "./generate-nft.ts";
import type { Random } from "./random.ts";
import type { Feature, GeneratedChain, GeneratedTable, Piece } from "./rule-set.ts";
import { clearHostBits, drawPort, world4, world6, type World } from "./world.ts";

interface Wish {
  readonly world: World;
  readonly devices: readonly string[];
  readonly tracked: boolean;
  readonly ipsets: boolean;
  readonly mostRules: number;
}

const piece = (text: string, ...features: Feature[]): Piece => ({ text, features });

export function generateIptables(
  random: Random,
  language: "iptables" | "ip6tables",
  devices: readonly string[],
  mostRules: number,
): Generated {
  const world = language === "iptables" ? world4 : world6;
  const ipsets = random.chance(50);
  const wish: Wish = { world, devices, tracked: !random.chance(12), ipsets, mostRules };
  const tables: GeneratedTable[] = [];
  if (wish.tracked && random.chance(30)) tables.push(rawTable(random.fork(), wish));
  if (random.chance(35)) tables.push(mangleTable(random.fork(), wish));
  if (wish.tracked && random.chance(45)) tables.push(natTable(random.fork(), wish));
  tables.push(filterTable(random.fork(), wish));
  const sets = ipsets ? drawIpsets(random.fork(), world) : [];
  // Where nobody tracks, rules meet fragments. iptables of nftables then takes a later fragment's payload for ports
  // (Linux 6.18); what the manual says, that ports never match there, is true of the older engine.
  return {
    world,
    ruleSet: { language, ipsets: sets, tables, ...(wish.tracked ? {} : { legacy: true }) },
  };
}

function drawTransport(random: Random): Transport {
  return random.pick(["tcp", "tcp", "tcp", "udp", "udp", "icmp", "any", "any"]);
}

/** A rule up to its target: `-p` and tests in the order that iptables-restore wants. */
function drawRule(
  random: Random,
  spot: Omit<Spot, "transport">,
  target: (spot: Spot, bare: boolean) => Piece,
): Piece {
  const transport = drawTransport(random);
  const full: Spot = { ...spot, transport };
  const tests = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => drawTest(random, full));
  // The same option twice is refused: the first of each kind is kept.
  const kept = tests.filter(
    ({ text }, at) => tests.findIndex((other) => optionsOf(other.text) === optionsOf(text)) === at,
  );
  const action = target(full, kept.length === 0 && transport === "any");
  const protocol =
    transport === "any"
      ? ""
      : `-p ${transport === "icmp" && spot.world.family === 6 ? "ipv6-icmp" : transport}`;
  return {
    text: [protocol, ...kept.map(({ text }) => text), action.text].filter((part) => part !== "").join(" "),
    features: [
      ...(protocol === "" ? [] : (["protocol"] as const)),
      ...kept.flatMap(({ features }) => features),
      ...action.features,
    ],
  };
}

/** What a test asks with, without its values: `-s`, `--dport`, `-m conntrack`. */
function optionsOf(text: string): string {
  const module = /-m (\S+)/.exec(text)?.[1];
  return module ?? text.replace("! ", "").split(" ")[0] ?? text;
}

function filterTable(random: Random, wish: Wish): GeneratedTable {
  const users = Array.from({ length: random.below(6) }, (_, at) => `u${at}`);
  const ladder = random.chance(35) ? Array.from({ length: 6 }, (_, at) => `l${at}`) : [];
  const count = (): number => random.between(1, Math.max(2, Math.floor(wish.mostRules / (users.length + 2))));
  const rules = (hooks: readonly Hook[], targets: readonly string[]): Piece[] => {
    const spot = { ...wish, table: "filter" as const, hooks };
    return Array.from({ length: count() }, () =>
      drawRule(random, spot, (full, bare) => drawTarget(random, full, targets, bare)),
    );
  };
  const inner: readonly Hook[] = ["INPUT", "FORWARD"];
  const chains: GeneratedChain[] = [];
  for (const hook of inner) {
    const policy = random.chance(hook === "FORWARD" ? 50 : 30) ? "drop" : "accept";
    chains.push({
      name: hook,
      base: policy.toUpperCase(),
      rules: [...rules([hook], [...ladder.slice(0, 1), ...users]), piece("", `policy ${policy}`)],
    });
  }
  for (const [at, name] of users.entries()) chains.push({ name, rules: rules(inner, users.slice(at + 1)) });
  for (const [at, name] of ladder.entries()) {
    const below = ladder.slice(at + 1, at + 2);
    const depth: Feature[] = at >= 5 ? ["nested 3 deep", "nested 6 deep"] : at >= 2 ? ["nested 3 deep"] : [];
    const climb = below.map((next) => piece(`-${random.chance(85) ? "j" : "g"} ${next}`, "jump"));
    chains.push({
      name,
      rules: [...climb, ...rules(inner, below)].map((rule) => ({
        ...rule,
        features: [...rule.features, ...depth],
      })),
    });
  }
  return { name: "filter", sets: [], chains };
}

function drawTarget(random: Random, spot: Spot, targets: readonly string[], bare: boolean): Piece {
  const roll = random.below(100);
  if (bare && (roll < 50 || targets.length === 0)) return drawEffect(random, spot);
  if (targets.length > 0) {
    const target = random.chance(60) ? (targets[0] ?? "") : random.pick(targets);
    if (roll < 24 || bare) return piece(`-j ${target}`, "jump");
    if (roll < 34) return piece(`-g ${target}`, "goto");
  }
  if (roll < 56) return piece("-j ACCEPT");
  if (roll < 76) return piece("-j DROP");
  if (roll < 84) return piece("-j RETURN", "return");
  if (roll < 90)
    return spot.transport === "tcp" && random.chance(50)
      ? piece("-j REJECT --reject-with tcp-reset", "reject")
      : piece("-j REJECT", "reject");
  return drawEffect(random, spot);
}

function drawEffect(random: Random, spot: Spot): Piece {
  const effects = [
    piece(
      `-j MARK --set-xmark ${random.pick(["0x1/0xffffffff", "0x10/0xf0", "0x1/0x0", "0x0/0xf"])}`,
      "set mark",
    ),
    piece(""),
    piece("-j NFLOG --nflog-group 99", "log"),
  ];
  if (spot.tracked)
    effects.push(
      piece(`-j CONNMARK --save-mark${masks(random)}`, "save mark"),
      piece(`-j CONNMARK --restore-mark${masks(random)}`, "restore mark"),
      piece(`-j CONNMARK --set-xmark ${random.pick(["0x1/0xffffffff", "0x10/0xff"])}`, "connection mark"),
    );
  return random.pick(effects);
}

function masks(random: Random): string {
  return random.chance(50)
    ? ""
    : ` --nfmask ${random.pick(["0xf", "0xffffffff"])} --ctmask ${random.pick(["0xff", "0xf"])}`;
}

function mangleTable(random: Random, wish: Wish): GeneratedTable {
  const hooks = random.some(["PREROUTING", "FORWARD", "INPUT", "POSTROUTING"] as const, 1, 3);
  return {
    name: "mangle",
    sets: [],
    chains: hooks.map((hook) => ({
      name: hook,
      base: "ACCEPT",
      rules: Array.from({ length: random.between(1, 4) }, () => {
        const rule = drawRule(random, { ...wish, table: "mangle", hooks: [hook] }, (spot) =>
          random.chance(75)
            ? drawEffect(random, spot)
            : piece(`-j ${random.pick(["ACCEPT", "DROP", "RETURN"])}`),
        );
        return { ...rule, features: [...rule.features, "several base chains"] };
      }),
    })),
  };
}

function rawTable(random: Random, wish: Wish): GeneratedTable {
  const spot = { ...wish, tracked: false, table: "raw" as const, hooks: ["PREROUTING"] as const };
  return {
    name: "raw",
    sets: [],
    chains: [
      {
        name: "PREROUTING",
        base: "ACCEPT",
        rules: Array.from({ length: random.between(1, 3) }, () =>
          drawRule(random, { ...spot, world: wish.world }, () =>
            piece(random.pick(["-j CT --notrack", "-j NOTRACK"]), "notrack", "several base chains"),
          ),
        ).filter(({ text }) => !text.includes("-f ")),
      },
    ],
  };
}

function natTable(random: Random, wish: Wish): GeneratedTable {
  const chain = (hook: "PREROUTING" | "POSTROUTING"): GeneratedChain => ({
    name: hook,
    base: "ACCEPT",
    rules: Array.from({ length: random.between(1, 4) }, () =>
      drawRule(random, { ...wish, table: "nat", hooks: [hook] }, (spot) => {
        const family: Feature[] = wish.world.family === 6 ? ["ipv6"] : [];
        const drawn = hook === "PREROUTING" ? drawDestination(random, spot) : drawSource(random, spot);
        return { ...drawn, features: [...drawn.features, ...family] };
      }),
    ),
  });
  return { name: "nat", sets: [], chains: [chain("PREROUTING"), chain("POSTROUTING")] };
}

function drawDestination(random: Random, { world, transport }: Spot): Piece {
  const to = random.pick([...world.servers, ...world.dmz, ...world.translated.slice(2)]);
  const ended = world.family === 4 ? to : `[${to}]`;
  const ported = transport === "tcp" || transport === "udp";
  switch (ported ? random.below(10) : random.pick([3, 4, 5, 6, 7])) {
    case 0:
    case 1:
      return piece(`-j DNAT --to-destination ${ended}:${drawPort(random)}`, "dnat", "dnat port");
    case 2:
      return piece(`-j REDIRECT --to-ports ${drawPort(random)}`, "redirect", "dnat port");
    case 3:
      return piece("-j REDIRECT", "redirect");
    case 4:
      return piece(
        `-j NETMAP --to ${clearHostBits(random.pick(world.dmz), world.family === 4 ? 24 : 64)}`,
        "netmap",
      );
    case 5:
      return piece(`-j ${random.pick(["ACCEPT", "RETURN"])}`);
    case 7: {
      const [first, last] = addressSpan(random, world);
      return piece(`-j DNAT --to-destination ${first}-${last}`, "dnat", "nat range");
    }
    case 8:
      return piece(
        `-j DNAT --to-destination ${ended}:8000-8${random.pick(["001", "099"])}`,
        "dnat",
        "nat range",
      );
    case 9:
      return piece(`-j REDIRECT --to-ports 7000-7${random.pick(["001", "099"])}`, "redirect", "nat range");
    default:
      return piece(`-j DNAT --to-destination ${to}`, "dnat");
  }
}

function drawSource(random: Random, { world, transport }: Spot): Piece {
  const ported = transport === "tcp" || transport === "udp";
  const to = random.pick(world.translated);
  switch (random.below(ported ? 8 : 6)) {
    case 5: {
      const [first, last] = addressSpan(random, world);
      return piece(`-j SNAT --to-source ${first}-${last}`, "snat", "nat range");
    }
    case 6:
      return piece(
        `-j SNAT --to-source ${world.family === 4 ? to : `[${to}]`}:2000-2999`,
        "snat",
        "nat range",
      );
    case 7:
      return piece("-j MASQUERADE --to-ports 30000-60000", "masquerade", "nat range");
    case 0:
      return piece("-j MASQUERADE", "masquerade");
    case 1:
      return piece(
        `-j NETMAP --to ${clearHostBits(random.pick(world.translated), world.family === 4 ? 24 : 64)}`,
        "netmap",
      );
    case 2:
      return piece(`-j ${random.pick(["ACCEPT", "RETURN"])}`);
    default:
      return piece(`-j SNAT --to-source ${to}`, "snat");
  }
}
