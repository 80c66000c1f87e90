// Whether two parts of two estates mean the same, wherever they were written: origins, texts and notes are left aside.

/** What says, in things that have an origin, where or how they were written; it bears on no packet. */
const wording: ReadonlySet<string> = new Set(["origin", "text", "name", "tags", "counters"]);

/**
 * Deep equality of plain model values: primitives, arrays, objects, Maps and Sets.
 *
 * @example sameContent(before.networkAcls.get("acl-1"), after.networkAcls.get("acl-1"))
 */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b);
  if (a instanceof Map) return b instanceof Map && sameMap(a, b);
  if (a instanceof Set)
    return b instanceof Set && a.size === b.size && [...a].every((member) => b.has(member));
  if (Array.isArray(b) || b instanceof Map || b instanceof Set) return false;
  return sameFields(a, b);
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, at) => sameContent(item, b[at]));
}

function sameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !sameContent(value, b.get(key))) return false;
  return true;
}

/** The name of an interface that a rule asks for counts: a test has no origin of its own. */
function sameFields(a: object, b: object): boolean {
  const worded = "origin" in a;
  if (worded !== "origin" in b) return false;
  // Every place of two estates passes here: keys are walked, not listed.
  for (const key in b) if (!(key in a) && !(worded && wording.has(key))) return false;
  for (const key in a) {
    if (worded && wording.has(key)) continue;
    if (!(key in b) || !sameContent(Reflect.get(a, key), Reflect.get(b, key))) return false;
  }
  return true;
}
