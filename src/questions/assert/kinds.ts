// What each kind of assertion asks of pairs of classes, as sets: what must get through and does not, and what gets through
// and must not. What hangs on something unknown counts against it either way.
import { formatAddress, type Family } from "../../packet/address.ts";
import { isEmptyAddresses, lowestAddress } from "../../packet/address-set.ts";
import type { Assertion } from "../../estate/settings.ts";
import type { PacketSet } from "../../space/space.ts";
import type { Engine } from "../reach/engine.ts";
import type { EndClass, PairReach } from "../reach/model.ts";
import { serviceSet } from "../reach/service-set.ts";
import { endsOf, type Meant } from "./ends.ts";

/** A breach as it is found, before its witness is traced: that is done for the few that are shown. */
export interface Found {
  readonly from: EndClass;
  readonly to: EndClass;
  readonly family: Family;
  readonly pair?: PairReach;
  readonly set: PacketSet;
  readonly why: string;
  /** Who of the class breaks it, where it is not all of it. */
  readonly who?: string;
  /** The ends by the members that the words mean. */
  readonly named?: { readonly from: string; readonly to: string };
}

/** Every breach of an assertion; none where it holds. */
export function breachesOf(engine: Engine, assertion: Assertion): readonly Found[] {
  const found: Found[] = [];
  const [from, to] = [endsOf(engine, assertion.from), endsOf(engine, assertion.to)];
  switch (assertion.kind) {
    case "must":
      must(engine, assertion, from, to, found);
      break;
    case "mustNot":
      mustNot(engine, assertion, from, to, found);
      break;
    case "exactly":
      must(engine, assertion, from, to, found);
      nothingElse(engine, assertion, from, to, found);
      break;
    case "only":
      only(engine, assertion, from, to, found);
      break;
    case "defaultDeny":
      defaultDeny(engine, to, found);
      break;
  }
  return found;
}

type Ends = ReadonlyMap<EndClass, Meant>;

function familiesOf(assertion: Assertion): readonly Family[] {
  return assertion.family === undefined ? [4, 6] : [assertion.family];
}

function asked(engine: Engine, assertion: Assertion, family: Family): PacketSet {
  const { space } = engine;
  if (assertion.services.length === 0) return space.all;
  return space.unionOf(
    assertion.services.map(({ protocol, ports, icmp }) =>
      serviceSet(space, family, {
        protocol,
        ...(ports === undefined ? {} : { destinationPorts: ports }),
        ...(icmp === undefined
          ? {}
          : {
              icmp: {
                types: [icmp.type, icmp.type],
                ...(icmp.code === undefined ? {} : { codes: [icmp.code, icmp.code] }),
              },
            }),
      }),
    ),
  );
}

function possible({ space }: Engine, pair: PairReach): PacketSet {
  return space.or(pair.allowed.set, pair.depends.set);
}

/** Every one of `from` reaches every one of `to`. */
function must(engine: Engine, assertion: Assertion, from: Ends, to: Ends, found: Found[]): void {
  const { space } = engine;
  for (const [a, meantFrom] of from)
    for (const [b, meantTo] of to) {
      const named = { from: nameOf(engine, meantFrom), to: nameOf(engine, meantTo) };
      if (a.kind === "outside" && b.kind === "outside") continue;
      if (a === b && a.kind === "inside" && a.interfaces.length === 1) continue;
      const families = familiesOf(assertion).filter((family) => canSpeak(engine, a, b, family));
      for (const family of families) {
        const pair = engine.examined(a, b, family);
        const wanted = asked(engine, assertion, family);
        if (pair === undefined) {
          found.push({ from: a, to: b, named, family, set: wanted, why: "no way leads there" });
          continue;
        }
        const lacking = space.minus(space.and(pair.all.set, wanted), pair.allowed.set);
        if (space.isEmpty(lacking)) continue;
        const perhaps = space.overlaps(lacking, pair.depends.set);
        const oneWay = space.isSubset(lacking, pair.oneWay.set);
        found.push({
          from: a,
          to: b,
          named,
          family,
          pair,
          set: lacking,
          why: oneWay
            ? "gets there, but the answer does not come back"
            : perhaps
              ? "must get through, and hangs on what is not known"
              : "must get through, and is refused",
        });
      }
    }
}

/** As many members as a name lists before it counts. */
const mostNamed = 3;

/** A class by its members that are meant. */
function nameOf(engine: Engine, { end, others }: Meant): string {
  if (end.kind === "outside" || others.length === 0) return end.name;
  const names = end.interfaces
    .filter((id) => !others.includes(id))
    .map((id) => {
      const place = engine.estate.interfaces.get(id);
      return (place === undefined ? undefined : engine.index.hostOf(place)?.name) ?? place?.name ?? id;
    });
  return names.length <= mostNamed
    ? names.join(", ")
    : `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`;
}

function canSpeak(engine: Engine, a: EndClass, b: EndClass, family: Family): boolean {
  const has = (end: EndClass): boolean =>
    end.kind === "outside"
      ? (family === 4 ? end.addresses.v4 : end.addresses.v6).length > 0
      : end.interfaces.some((id) =>
          engine.estate.interfaces.get(id)?.addresses.some((item) => item.address.family === family),
        );
  return has(a) && has(b);
}

function mustNot(engine: Engine, assertion: Assertion, from: Ends, to: Ends, found: Found[]): void {
  const { space } = engine;
  for (const pair of engine.between([...from.keys()], [...to.keys()])) {
    if (!familiesOf(assertion).includes(pair.family)) continue;
    const set = space.and(possible(engine, pair), asked(engine, assertion, pair.family));
    if (space.isEmpty(set)) continue;
    found.push(open(engine, pair, set, "gets through, and must not"));
  }
}

function nothingElse(engine: Engine, assertion: Assertion, from: Ends, to: Ends, found: Found[]): void {
  const { space } = engine;
  for (const pair of engine.between([...from.keys()], [...to.keys()])) {
    if (!familiesOf(assertion).includes(pair.family)) continue;
    const set = space.minus(possible(engine, pair), asked(engine, assertion, pair.family));
    if (space.isEmpty(set)) continue;
    found.push(open(engine, pair, set, "gets through, and is not among what may"));
  }
}

/** Whoever reaches `to` is one of `from`, by the services that are named. */
function only(engine: Engine, assertion: Assertion, from: Ends, to: Ends, found: Found[]): void {
  const { space } = engine;
  for (const b of to.keys())
    for (const pair of engine.reaching(b)) {
      if (!familiesOf(assertion).includes(pair.family)) continue;
      const all = possible(engine, pair);
      if (space.isEmpty(all)) continue;
      const meant = from.get(pair.from);
      const who = meant === undefined ? undefined : leftOut(meant);
      if (meant === undefined || who !== undefined) {
        found.push(open(engine, pair, all, "gets through, and is not one of those who may", who));
        continue;
      }
      const set = space.minus(all, asked(engine, assertion, pair.family));
      if (!space.isEmpty(set)) found.push(open(engine, pair, set, "gets through, and is not among what may"));
    }
}

/** Members of a class that an assertion's words leave out fare as those whom they mean. */
function leftOut({ others, otherAddresses }: Meant): string | undefined {
  if (others.length > 0) return others.slice(0, 3).join(", ");
  if (otherAddresses === undefined || isEmptyAddresses(otherAddresses)) return undefined;
  const lowest = lowestAddress(otherAddresses);
  return lowest === undefined ? undefined : formatAddress(lowest);
}

/** Each refuses what no rule allows: nobody reaches it by everything there is. */
function defaultDeny(engine: Engine, to: Ends, found: Found[]): void {
  const { space } = engine;
  for (const b of to.keys())
    for (const pair of engine.reaching(b))
      if (space.isSubset(pair.all.set, possible(engine, pair)))
        found.push(
          open(engine, pair, pair.all.set, "everything gets through: nothing refuses what no rule allows"),
        );
}

function open(engine: Engine, pair: PairReach, set: PacketSet, why: string, who?: string): Found {
  const certain = engine.space.overlaps(set, pair.allowed.set);
  return {
    from: pair.from,
    to: pair.to,
    family: pair.family,
    pair,
    // What is certain makes the plainer witness.
    set: certain ? engine.space.and(set, pair.allowed.set) : set,
    why: certain ? why : `${why}: it hangs on what is not known`,
    ...(who === undefined ? {} : { who }),
  };
}
