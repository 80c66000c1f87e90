// Breaks JSON where its grammar is whole: a value becomes another one, a member is lost, doubled under another name or
// wrapped, so that readers are reached behind the parser.
import type { Random } from "./random.ts";

const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  65536,
  1e21,
  -1e-7,
  "",
  "0",
  "any",
  "10.0.0.0/33",
  "::/0",
  "__proto__",
  "\u0000",
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  "@set",
  "sg-1",
];

interface Slot {
  readonly holder: { [key: string]: unknown };
  readonly key: string;
}

/** Every place in the tree where a value stands; arrays count as objects with numbers for keys. */
function slotsOf(value: unknown, into: Slot[] = []): Slot[] {
  if (typeof value !== "object" || value === null) return into;
  const holder = value as { [key: string]: unknown };
  for (const key of Object.keys(holder)) {
    into.push({ holder, key });
    slotsOf(holder[key], into);
  }
  return into;
}

/** The text mutated as JSON, or undefined where it is none. */
export function mutateJson(text: string, random: Random): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const slots = slotsOf(value);
    if (slots.length === 0) break;
    change(random.pick(slots), random, slots);
  }
  return JSON.stringify(value);
}

function change({ holder, key }: Slot, random: Random, slots: readonly Slot[]): void {
  const own = holder[key];
  switch (random.below(7)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      if (Array.isArray(holder)) holder.push(structuredClone(own));
      else holder[`${key}2`] = structuredClone(own);
      break;
    case 2:
      holder[key] = [own];
      break;
    case 3: {
      const other = random.pick(slots);
      holder[key] = structuredClone(other.holder[other.key]);
      break;
    }
    case 4:
      if (typeof own === "number") holder[key] = own * random.pick([-1, 2, 1000, 0.5]) + random.pick([0, 1]);
      else holder[key] = structuredClone(random.pick(values));
      break;
    default:
      holder[key] = structuredClone(random.pick(values));
  }
}
