// Follows a plan's references: which resources an argument names whose value is not known before apply, through module
// inputs and outputs, and by the copies that `count` and `for_each` make. What can't be told is said, never guessed.
import { argument, constantOf, referencesOf, type ModuleCall } from "./configuration.ts";
import { configuredName, parseKey, type Key, type ModuleInstance, type Resource } from "./document.ts";
import { isObject, type Json } from "../json.ts";

/** A resource that an expression names, and the attribute that it takes of it; none where an index hides it. */
export interface Target {
  readonly resource: Resource;
  readonly attribute: string | undefined;
}

export interface Followed {
  readonly targets: readonly Target[];
  /** What the expression names and nothing here shows: `local.vpc_id`. */
  readonly open: readonly string[];
}

/** Where an expression stands: its module, and the copy that it is written in. */
export interface Scope {
  readonly module: ModuleInstance;
  readonly key: Key | undefined;
  readonly forEach: Json | undefined;
}

/** A resource's copies; without `count` or `for_each` it is the only one, and has no key. */
export interface CopiesOf {
  readonly all: readonly Resource[];
  readonly byKey: ReadonlyMap<Key, Resource>;
}

/** What the documents hold, as references need it. */
export interface Places {
  /** The copies of a resource in one module instance, by `type.name` with `data.` before data sources. */
  readonly copies: (module: ModuleInstance, name: string) => CopiesOf;
  /** The copies of a module within another. */
  readonly modules: (parent: ModuleInstance, name: string) => readonly ModuleInstance[];
  /** What a local value refers to, where the sources are at hand. */
  readonly local: (module: ModuleInstance, name: string) => readonly string[] | undefined;
}

type Step = string | { readonly key: Key };

/** Modules within modules: deeper is a loop in a broken file. */
const deepest = 40;

export function follow(references: readonly string[], scope: Scope, places: Places, depth = 0): Followed {
  if (depth > deepest) return { targets: [], open: [...references] };
  const whole = longest(references).map(stepsOf);
  const hints = hintsOf(whole, (steps) => followOne(steps, scope, places, noHints, depth).targets.length > 0);
  const found = whole.map((steps) => followOne(steps, scope, places, hints, depth));
  return {
    targets: distinct(found.flatMap((one) => one.targets)),
    open: [...new Set(found.flatMap((one) => one.open))],
  };
}

/** Terraform lists `a.b.id` and then the `a.b` that it begins with; only the longest of them says something. */
function longest(references: readonly string[]): string[] {
  return [...new Set(references)].filter(
    (one) =>
      !references.some(
        (other) =>
          other.length > one.length && other.startsWith(one) && /^[.[]/.test(other.slice(one.length)),
      ),
  );
}

function stepsOf(reference: string): Step[] {
  return [...reference.matchAll(/\[(?<key>\d+|"(?:[^"\\]|\\.)*")\]|(?<name>[^.[\]]+)/g)].map((match) => {
    const key = match.groups?.["key"];
    return key === undefined ? (match.groups?.["name"] ?? "") : { key: parseKey(key) };
  });
}

/** Of what an index that is no constant may be made. */
interface Hints {
  readonly count: boolean;
  readonly eachKey: boolean;
  readonly eachValue: boolean;
  /** Whether something else could be what an index is made of. */
  readonly other: boolean;
}

const noHints: Hints = { count: false, eachKey: false, eachValue: false, other: false };

/** `leads`: whether a reference leads to resources, and so is no index. */
function hintsOf(
  references: readonly (readonly Step[])[],
  leads: (steps: readonly Step[]) => boolean,
): Hints {
  const has = (first: string, second: string): boolean =>
    references.some(([a, b, ...rest]) => a === first && b === second && rest.length === 0);
  return {
    count: has("count", "index"),
    eachKey: has("each", "key"),
    eachValue: has("each", "value"),
    other: references.some((steps) => {
      const [first, second, ...rest] = steps;
      const open =
        first === "var" || first === "local" || (first === "each" && second === "value" && rest.length > 0);
      return open && !leads(steps);
    }),
  };
}

function followOne(
  steps: readonly Step[],
  scope: Scope,
  places: Places,
  hints: Hints,
  depth: number,
): Followed {
  const [first, second] = steps;
  if (typeof first !== "string" || typeof second !== "string") return nothing;
  if (first === "each" && second === "value") return followEach(steps.slice(2), scope, places, depth);
  if (first === "count" || first === "each" || first === "path" || first === "terraform") return nothing;
  if (first === "var") return followInput(second, steps.slice(2), scope, places, hints, depth);
  if (first === "local") {
    const references = places.local(scope.module, second);
    if (references === undefined) return { targets: [], open: [`local.${second}`] };
    return narrowed(follow(references, scope, places, depth + 1), steps.slice(2), scope, hints);
  }
  if (first === "module") return followOutput(second, steps.slice(2), scope, places, hints, depth);
  const data = first === "data";
  const rest = data ? steps.slice(1) : steps;
  const [type, name, ...path] = rest;
  if (typeof type !== "string" || typeof name !== "string") return nothing;
  const copies = copiesOf(`${data ? "data." : ""}${type}.${name}`, path, scope, places, hints);
  return narrowed(
    { targets: copies.map((resource) => ({ resource, attribute: undefined })), open: [] },
    path,
    scope,
    hints,
  );
}

/** A resource's copies, or the one of them that an index names. */
function copiesOf(
  name: string,
  path: readonly Step[],
  scope: Scope,
  places: Places,
  hints: Hints,
): readonly Resource[] {
  const { all, byKey } = places.copies(scope.module, name);
  const [first] = path;
  const key = typeof first === "object" ? first.key : wantedKey(all.length, scope, hints);
  const own = key === undefined ? undefined : byKey.get(key);
  return own === undefined ? all : [own];
}

const nothing: Followed = { targets: [], open: [] };

/** `for_each` over resources: each copy's value is the resource of its own key. */
function followEach(path: readonly Step[], scope: Scope, places: Places, depth: number): Followed {
  if (constantOf(scope.forEach) !== undefined) return nothing;
  const over = follow(referencesOf(scope.forEach), { ...scope, forEach: undefined }, places, depth + 1);
  const own = over.targets.filter((target) => target.resource.key === scope.key);
  const [attribute] = path;
  if (over.targets.length > 0 && own.length === 1 && typeof attribute === "string") {
    return { targets: own.map(({ resource }) => ({ resource, attribute })), open: [] };
  }
  return { targets: [], open: [] };
}

function followInput(
  name: string,
  path: readonly Step[],
  scope: Scope,
  places: Places,
  hints: Hints,
  depth: number,
): Followed {
  const { parent, call } = scope.module;
  if (parent === undefined || call === undefined) return nothing;
  const references = referencesOf(argument(call.inputs, name));
  const outer: Scope = { module: parent, key: scope.module.key, forEach: call.forEach };
  return narrowed(follow(references, outer, places, depth + 1), path, scope, hints);
}

function followOutput(
  name: string,
  path: readonly Step[],
  scope: Scope,
  places: Places,
  hints: Hints,
  depth: number,
): Followed {
  const copies = places.modules(scope.module, name);
  const [first] = path;
  const keyed = typeof first === "object";
  const chosen = keyed
    ? copies.filter((one) => one.key === first.key)
    : picked(copies, (one) => one.key, scope, hints);
  const [output, ...rest] = keyed ? path.slice(1) : path;
  const found = chosen.map((module): Followed => {
    const inner: Scope = { module, key: undefined, forEach: undefined };
    // An index that is not written out hides which output it is: then any of them may be meant.
    const names = typeof output === "string" ? [output] : [...(module.call?.outputs.keys() ?? [])];
    const references = names.flatMap((one) => referencesOf(module.call?.outputs.get(one)));
    return follow(references, inner, places, depth + 1);
  });
  const joined = { targets: found.flatMap((one) => one.targets), open: found.flatMap((one) => one.open) };
  return narrowed(joined, rest, scope, hints);
}

/** What the rest of a reference's path takes of the resources: a copy by its key, and an attribute. */
function narrowed(found: Followed, path: readonly Step[], scope: Scope, hints: Hints): Followed {
  const [first, ...rest] = path;
  if (typeof first === "object") {
    const own = found.targets.filter((target) => target.resource.key === first.key);
    const kept = own.length > 0 ? own : found.targets.filter((target) => target.resource.key === undefined);
    return withAttribute({ ...found, targets: kept }, rest);
  }
  const one = picked(found.targets, (target) => target.resource.key, scope, hints);
  return withAttribute({ ...found, targets: one }, path);
}

function withAttribute(found: Followed, path: readonly Step[]): Followed {
  const attribute = path.findLast((step) => typeof step === "string");
  if (typeof attribute !== "string") return found;
  return {
    ...found,
    targets: found.targets.map((target) =>
      target.attribute === undefined ? { ...target, attribute } : target,
    ),
  };
}

/** Of several copies, the one that an index over this copy's own key takes; all where that can't be told. */
function picked<T>(
  copies: readonly T[],
  keyOf: (copy: T) => Key | undefined,
  scope: Scope,
  hints: Hints,
): readonly T[] {
  const key = wantedKey(copies.length, scope, hints);
  const own = key === undefined ? [] : copies.filter((copy) => keyOf(copy) === key);
  return own.length > 0 ? own : copies;
}

/**
 * The key that an index names which is made of this copy's own. `element(list, count.index)` begins again at the list's
 * end, and a plain index never gets there. Where the index may be made of something else, none is certain.
 */
function wantedKey(copies: number, { key, forEach }: Scope, hints: Hints): Key | undefined {
  const ways = [hints.count, hints.eachKey, hints.eachValue].filter(Boolean).length;
  if (copies < 2 || hints.other || ways !== 1 || key === undefined) return undefined;
  if (hints.count) return typeof key === "number" ? key % copies : undefined;
  if (hints.eachKey) return key;
  // Over a set the value is the key; over a map that is a constant it stands in the configuration.
  const over = constantOf(forEach);
  const value = isObject(over) ? argument(over, String(key)) : key;
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

function distinct(targets: readonly Target[]): Target[] {
  const known = new Map(
    targets.map((target) => [`${target.resource.address} ${target.attribute ?? ""}`, target] as const),
  );
  return [...known.values()];
}

export function scopeOf(resource: Resource): Scope {
  const call: ModuleCall | undefined = resource.module.call;
  const configured = call?.resources.get(configuredName(resource));
  return { module: resource.module, key: resource.key, forEach: configured?.forEach };
}
