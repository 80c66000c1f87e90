// “What can reach what?”: for every pair of classes the flows that get there and whose replies get back. The engine stands
// in reach/engine.ts; here names are turned into classes.
import { findEndpoint } from "../estate/find.ts";
import type { Estate } from "../estate/model.ts";
import { intersectAddresses, isAddress, isEmptyAddresses, singleAddress } from "../packet/address-set.ts";
import { reachability, type Engine } from "./reach/engine.ts";
import type { EndClass, Reach, ReachQuestion } from "./reach/model.ts";

export { reachability, type Engine } from "./reach/engine.ts";
export type * from "./reach/model.ts";

/**
 * @throws Problem `unanswerable` for a name that nothing has; `limit` where the sets outgrow memory
 * @example reach(estate, { from: "internet" }).pairs.map((pair) => [pair.to.name, pair.allowed.services()])
 */
export function reach(estate: Estate, question: ReachQuestion = {}): Reach {
  const engine = reachability(estate);
  const from = question.from === undefined ? engine.classes : classesOf(engine, question.from);
  const to = question.to === undefined ? engine.classes : classesOf(engine, question.to);
  const pairs = engine
    .between(from, to)
    .filter((pair) => question.family === undefined || pair.family === question.family);
  const named = new Set([...from, ...to]);
  return {
    classes: engine.classes.filter((one) => named.has(one)),
    pairs,
    unknowns: engine.unknowns,
  };
}

/** The classes that a name stands for: whole classes, since what holds for one member holds for all. */
function classesOf(engine: Engine, name: string): EndClass[] {
  const end = findEndpoint(engine.estate, name);
  if (end.kind === "inside")
    return [...new Set(end.interfaces.flatMap((place) => engine.classOf(place.id) ?? []))];
  const wanted = isAddress(end.addresses) ? singleAddress(end.addresses) : end.addresses;
  return engine.outside.filter((one) => !isEmptyAddresses(intersectAddresses(one.addresses, wanted)));
}
