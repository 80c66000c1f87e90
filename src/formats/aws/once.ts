// One resource that stands in several files is one. Where the files contradict each other there is no right answer,
// so that is an error which names both places.
import { Problem, originText, type Origin } from "../../problem.ts";

interface Named {
  readonly id: string;
  readonly origin: Origin;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * The resources by id. Tags and names may differ, since an account does not see the tags of what others share with it.
 *
 * @throws Problem `reference` where two of one id say different things
 */
export function once<T extends Named>(kind: string, resources: Iterable<T>): Map<string, T> {
  const known = new Map<string, T>();
  for (const resource of resources) {
    const before = known.get(resource.id);
    if (before === undefined) {
      known.set(resource.id, resource);
      continue;
    }
    if (!sameMeaning(before, resource)) throw contradiction(kind, before, resource);
    if (Object.keys(resource.tags ?? {}).length > Object.keys(before.tags ?? {}).length) {
      known.set(resource.id, resource);
    }
  }
  return known;
}

export function contradiction(kind: string, before: Named, now: Named): Problem {
  return new Problem(
    "reference",
    `${kind} ${now.id} is described twice and differently: also at ${originText(before.origin)}`,
    { origin: now.origin, remedy: "keep the newer one of the two exports" },
  );
}

const besideTheMatter = new Set(["origin", "name", "tags", "text", "zone"]);

/** Whether two resources say the same, whatever the order of their lists and the file that they stand in. */
export function sameMeaning(a: unknown, b: unknown): boolean {
  return essence(a) === essence(b);
}

export function essence(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(essence).toSorted().join()}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .filter(([key, part]) => !besideTheMatter.has(key) && part !== undefined)
      .map(([key, part]) => `${key}:${essence(part)}`)
      .toSorted()
      .join()}}`;
  }
  return JSON.stringify(value) ?? "";
}
