// Sets of whole numbers as sorted, disjoint, closed intervals in one flat array: [first, last, first, last, …].
// Indexing within an array's own length is cast, since a check there would cost every packet.
// The same code serves ports and IPv4 addresses (number) and IPv6 addresses (bigint). Knows no meaning of them.

/** Sorted, disjoint and never adjacent: two equal sets have equal arrays. */
export type Intervals<T extends number | bigint> = readonly T[];
export type NumberSet = Intervals<number>;

/** A span of whole numbers in which sets live: its ends, and the step to a neighbour. */
export interface Domain<T extends number | bigint> {
  readonly first: T;
  readonly last: T;
  readonly next: (value: T) => T;
  readonly previous: (value: T) => T;
}

/** The whole numbers 0 … last, for `last` up to 2^53 − 1. */
export function numberDomain(last: number): Domain<number> {
  return { first: 0, last, next: (value) => value + 1, previous: (value) => value - 1 };
}

/** Any list of [first, last] pairs as a set: sorted, overlaps and neighbours merged. Pairs with first > last are a caller's mistake. */
export function fromPairs<T extends number | bigint>(
  domain: Domain<T>,
  pairs: Iterable<readonly [T, T]>,
): Intervals<T> {
  const sorted = [...pairs].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const flat: T[] = [];
  for (const [first, last] of sorted) {
    const end = flat.at(-1);
    if (end !== undefined && (end >= first || domain.next(end) === first)) {
      if (last > end) flat[flat.length - 1] = last;
    } else {
      flat.push(first, last);
    }
  }
  return flat;
}

/** The [first, last] pairs of a set, ascending. */
export function pairsOf<T extends number | bigint>(set: Intervals<T>): [T, T][] {
  const pairs: [T, T][] = [];
  for (let at = 0; at + 1 < set.length; at += 2) pairs.push([set[at] as T, set[at + 1] as T]);
  return pairs;
}

/** Whether the set holds the value; binary search. */
export function holds<T extends number | bigint>(set: Intervals<T>, value: T): boolean {
  const first = set[endingAtOrAfter(set, value)];
  return first !== undefined && first <= value;
}

export function union<T extends number | bigint>(
  domain: Domain<T>,
  a: Intervals<T>,
  b: Intervals<T>,
): Intervals<T> {
  return fromPairs(domain, [...pairsOf(a), ...pairsOf(b)]);
}

export function intersection<T extends number | bigint>(a: Intervals<T>, b: Intervals<T>): Intervals<T> {
  if (isWithinOne(a, b)) return a;
  if (isWithinOne(b, a)) return b;
  const flat: T[] = [];
  // Sets of thousands of intervals meet single prefixes: what lies before the other's beginning is not gone through.
  let i = b.length > 0 ? endingAtOrAfter(a, b[0] as T) : a.length;
  let j = a.length > 0 ? endingAtOrAfter(b, a[0] as T) : b.length;
  while (i < a.length && j < b.length) {
    const [aFirst, aLast, bFirst, bLast] = [a[i] as T, a[i + 1] as T, b[j] as T, b[j + 1] as T];
    const first = aFirst > bFirst ? aFirst : bFirst;
    const last = aLast < bLast ? aLast : bLast;
    if (first <= last) flat.push(first, last);
    if (aLast < bLast) i += 2;
    else j += 2;
  }
  return flat;
}

/** Whether `b` is one interval that holds all of `a`. */
function isWithinOne<T extends number | bigint>(a: Intervals<T>, b: Intervals<T>): boolean {
  return (
    a.length > 0 && b.length === 2 && (b[0] as T) <= (a[0] as T) && (b[1] as T) >= (a[a.length - 1] as T)
  );
}

/** Where the first interval begins whose last value is at or above another; binary search. */
function endingAtOrAfter<T extends number | bigint>(set: Intervals<T>, value: T): number {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle * 2 + 1] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

export function complement<T extends number | bigint>(domain: Domain<T>, set: Intervals<T>): Intervals<T> {
  const flat: T[] = [];
  let from: T | undefined = domain.first;
  for (const [first, last] of pairsOf(set)) {
    if (from !== undefined && first > from) flat.push(from, domain.previous(first));
    from = last < domain.last ? domain.next(last) : undefined;
  }
  if (from !== undefined) flat.push(from, domain.last);
  return flat;
}

export function difference<T extends number | bigint>(
  domain: Domain<T>,
  a: Intervals<T>,
  b: Intervals<T>,
): Intervals<T> {
  return intersection(a, complement(domain, b));
}

/** Whether every value of `a` is in `b`. */
export function isSubset<T extends number | bigint>(a: Intervals<T>, b: Intervals<T>): boolean {
  if (a.length === 0 || isWithinOne(a, b)) return true;
  let j = endingAtOrAfter(b, a[0] as T);
  for (let i = 0; i < a.length; i += 2) {
    const last = a[i + 1] as T;
    while (j < b.length && (b[j + 1] as T) < last) j += 2;
    // The interval of `b` that reaches to the end of this one of `a` has to begin at or before it.
    if (j >= b.length || (b[j] as T) > (a[i] as T)) return false;
  }
  return true;
}

export function equalSets<T extends number | bigint>(a: Intervals<T>, b: Intervals<T>): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
