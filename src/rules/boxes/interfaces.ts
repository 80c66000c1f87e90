// Interface names as coordinates: every name that no test tells from another is one class, in an order in which the names
// of a tested prefix stand together.
import type { NumberSet } from "../../packet/intervals.ts";
import type { InterfaceClasses } from "./model.ts";

export interface NameTest {
  readonly name: string;
  readonly prefix: boolean;
}

/**
 * The classes of names under some tests. Class 0 is of the names that no test knows; the empty prefix, which every
 * interface has, tells nothing apart.
 *
 * @example interfaceClasses([{ name: "eth", prefix: true }, { name: "eth0", prefix: false }])
 */
export function interfaceClasses(tests: readonly NameTest[]): InterfaceClasses {
  const keyed = new Map<string, NameTest>();
  for (const { name, prefix } of tests)
    if (!prefix || name !== "") keyed.set(sortKey(name, prefix), { name, prefix });
  const sorted = [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, test]) => test);
  return { classes: [{ name: "", prefix: true }, ...sorted] };
}

/** The coordinate of an interface's name: itself, the longest prefix that was tested, or 0. */
export function classOfInterface(names: InterfaceClasses, name: string): number {
  let best = 0;
  let longest = -1;
  for (const [at, { name: tested, prefix }] of names.classes.entries()) {
    if (!prefix && tested === name) return at;
    if (prefix && tested.length > longest && name.startsWith(tested)) {
      best = at;
      longest = tested.length;
    }
  }
  return best;
}

/** The coordinates for which a test holds. */
export function interfaceSet(names: InterfaceClasses, test: NameTest): NumberSet {
  const { classes } = names;
  if (!test.prefix) {
    const at = classes.findIndex(({ name, prefix }) => !prefix && name === test.name);
    return at < 0 ? [] : [at, at];
  }
  if (test.name === "") return [0, classes.length - 1];
  const first = classes.findIndex(({ name, prefix }) => prefix && name === test.name);
  if (first < 0) return [];
  let last = first;
  while (last + 1 < classes.length && classes[last + 1]?.name.startsWith(test.name) === true) last += 1;
  return [first, last];
}

/** A prefix stands before every name that begins with it, and a shorter one before a longer one. */
function sortKey(name: string, prefix: boolean): string {
  return prefix ? name : `${name}\u0000`;
}
