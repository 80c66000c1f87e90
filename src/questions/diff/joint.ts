// The ends of a comparison: interfaces that are alike before and alike after, and outside addresses in the same way. One
// side is absent where a place is new or gone.
import type { Estate } from "../../estate/model.ts";
import type { Address } from "../../packet/address.ts";
import { intersectAddresses, isEmptyAddresses } from "../../packet/address-set.ts";
import { familiarAddress } from "../../packet/familiar.ts";
import type { Engine } from "../reach/engine.ts";
import type { EndClass } from "../reach/model.ts";
import type { Bearing, Touched } from "./changed.ts";
import type { DiffEnd } from "./model.ts";

export interface JointEnd extends DiffEnd {
  readonly before?: EndClass;
  readonly after?: EndClass;
  /** How the change bears on its members, if it does. */
  readonly touched: Bearing;
  readonly inside: boolean;
  /** Interfaces that are alike before and alike after; none where it is outside. */
  readonly members: readonly string[];
  /** Of an outside end: an address that it has before and after. */
  readonly address?: Address;
}

/** As many members as a name lists before it counts. */
const mostNamed = 3;

export function jointEnds(before: Engine, after: Engine, touched: Touched): JointEnd[] {
  return [...insideEnds(before, after, touched), ...outsideEnds(before, after)];
}

interface Draft {
  readonly before?: EndClass;
  readonly after?: EndClass;
  readonly members: string[];
  readonly touched: Bearing;
}

function insideEnds(before: Engine, after: Engine, touched: Touched): JointEnd[] {
  const drafts = new Map<string, Draft>();
  const ids = new Set([...before.estate.interfaces.keys(), ...after.estate.interfaces.keys()]);
  for (const id of ids) {
    const [was, is] = [before.classOf(id), after.classOf(id)];
    if (was === undefined && is === undefined) continue;
    const bears = touched.interface(id);
    const key = `${was?.id ?? ""}\n${is?.id ?? ""}\n${bears ?? ""}`;
    const draft = drafts.get(key);
    if (draft === undefined)
      drafts.set(key, {
        ...(was === undefined ? {} : { before: was }),
        ...(is === undefined ? {} : { after: is }),
        members: [id],
        touched: bears,
      });
    else draft.members.push(id);
  }
  return [...drafts].map(([key, { members, ...draft }]) => ({
    ...draft,
    members,
    id: key,
    // Made when somebody asks: most ends are never told of.
    get name() {
      return nameOf(draft.after === undefined ? before : after, members);
    },
    inside: true,
  }));
}

function nameOf(engine: Engine, members: readonly string[]): string {
  const names = [...new Set(members.map((id) => memberName(engine.estate, engine, id)))];
  return names.length <= mostNamed
    ? names.join(", ")
    : `${names.slice(0, mostNamed - 1).join(", ")} and ${names.length - mostNamed + 1} more`;
}

function memberName(estate: Estate, engine: Engine, id: string): string {
  const place = estate.interfaces.get(id);
  if (place === undefined) return id;
  const owner = engine.index.hostOf(place) ?? engine.index.loadBalancerOf(place);
  return owner?.name ?? place.name;
}

function outsideEnds(before: Engine, after: Engine): JointEnd[] {
  const ends: JointEnd[] = [];
  for (const was of before.outside)
    for (const is of after.outside) {
      const shared = intersectAddresses(was.addresses, is.addresses);
      if (isEmptyAddresses(shared)) continue;
      // The narrower of the two names it; where neither holds the other, both do.
      const name = was.name === is.name ? was.name : narrower(was, is, shared.v4.length + shared.v6.length);
      const address = familiarAddress(shared);
      ends.push({
        id: `${was.id}\n${is.id}`,
        name,
        ...(address === undefined ? {} : { address }),
        before: was,
        after: is,
        touched: undefined,
        inside: false,
        members: [],
      });
    }
  return ends;
}

function narrower(was: Engine["outside"][number], is: Engine["outside"][number], sharedEnds: number): string {
  const size = (one: typeof was): number => one.addresses.v4.length + one.addresses.v6.length;
  if (size(is) === sharedEnds) return is.name;
  return size(was) === sharedEnds ? was.name : `${is.name} (before: ${was.name})`;
}
