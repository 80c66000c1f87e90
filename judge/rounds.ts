// Packets sorted into rounds: in one round each of the gateway's links has one name, each destination is in one place,
// and nobody sends from an address that is the gateway's own. What one round can't hold goes into another.
import type { Sendable } from "./sendable.ts";

export interface Round {
  readonly devices: readonly string[];
  readonly places: ReadonlyMap<string, "gateway" | number>;
  readonly packets: readonly Sendable[];
}

/** Few enough that their ids fit beside one another, openers counted. */
const mostPackets = 20_000;

/** @param names the links' names before the first round; links keep theirs as long as nobody needs another */
export function roundsOf(packets: readonly Sendable[], names: readonly string[]): Round[] {
  const rounds: Round[] = [];
  let left = packets;
  let devices = names;
  while (left.length > 0) {
    devices = arranged(commonest(left, devices.length), devices);
    const named = new Set(devices);
    const fits = (packet: Sendable): boolean => namesOf(packet).every((name) => named.has(name));
    rounds.push(...placed(devices, left.filter(fits)));
    left = left.filter((packet) => !fits(packet));
  }
  return rounds;
}

function namesOf({ inDevice, outDevice }: Sendable): string[] {
  return outDevice === "gateway" ? [inDevice] : [inDevice, outDevice.device];
}

/** The names of the commonest pairs, no more than there are links. */
function commonest(packets: readonly Sendable[], most: number): ReadonlySet<string> {
  const pairs = new Map<string, { readonly names: readonly string[]; count: number }>();
  for (const packet of packets) {
    const names = [...new Set(namesOf(packet))].toSorted();
    const key = names.join(" ");
    const pair = pairs.get(key) ?? { names, count: 0 };
    pair.count += 1;
    pairs.set(key, pair);
  }
  const chosen = new Set<string>();
  for (const { names } of [...pairs.values()].toSorted((a, b) => b.count - a.count)) {
    const missing = names.filter((name) => !chosen.has(name));
    if (chosen.size + missing.length > most) continue;
    for (const name of missing) chosen.add(name);
  }
  return chosen;
}

/** To give a link another name takes longer than to send it a thousand packets. */
function arranged(wanted: ReadonlySet<string>, before: readonly string[]): readonly string[] {
  const missing = [...wanted].filter((name) => !before.includes(name));
  return before.map((name) => (wanted.has(name) ? name : (missing.shift() ?? name)));
}

interface Open {
  readonly places: Map<string, "gateway" | number>;
  readonly sources: Set<string>;
  readonly packets: Sendable[];
}

function placed(devices: readonly string[], packets: readonly Sendable[]): Round[] {
  const open: Open[] = [];
  for (const packet of packets) {
    const { source, destination, outDevice } = packet;
    const place = outDevice === "gateway" ? "gateway" : devices.indexOf(outDevice.device);
    let round = open.find(
      ({ places, sources, packets: held }) =>
        held.length < mostPackets &&
        (places.get(destination) ?? place) === place &&
        places.get(source) !== "gateway" &&
        !(place === "gateway" && sources.has(destination)),
    );
    if (round === undefined) {
      round = { places: new Map(), sources: new Set(), packets: [] };
      open.push(round);
    }
    round.places.set(destination, place);
    round.sources.add(source);
    round.packets.push(packet);
  }
  return open.map(({ places, packets: held }) => ({ devices, places, packets: held }));
}
