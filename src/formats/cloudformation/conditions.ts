// A template's conditions, with three outcomes: they hold, they do not, or a parameter without a value decides.
import { Problem } from "../../problem.ts";
import { callOf, scalarText } from "./template.ts";
import type { Tree } from "../tree.ts";
import { isNotKnown, notKnown, sameValue, unknownIn, type NotKnown, type Value } from "./values.ts";

export type Truth = boolean | NotKnown;

/** What a condition needs of the stack it stands in. */
export interface ConditionScope {
  readonly named: (name: string, at: Tree) => Truth;
  readonly evaluate: (tree: Tree) => Value | undefined;
}

/** @throws Problem `meaning` for what is no condition */
export function truthOf(tree: Tree, scope: ConditionScope): Truth {
  const call = callOf(tree) ?? namedCondition(tree);
  switch (call?.name) {
    case "Condition":
      return scope.named(scalarText(call.argument) ?? "", call.argument);
    case "Fn::Equals":
      return equals(call.argument, scope);
    case "Fn::And":
      return every(parts(call.argument, "Fn::And"), scope);
    case "Fn::Or":
      return not(everyOf(parts(call.argument, "Fn::Or"), (part) => not(truthOf(part, scope))));
    case "Fn::Not": {
      const [only] = parts(call.argument, "Fn::Not");
      return only === undefined ? expected(tree) : not(truthOf(only, scope));
    }
    case undefined: {
      const written = scalarText(tree);
      return written === "true" || written === "false" ? written === "true" : expected(tree);
    }
    default: {
      const value = scope.evaluate(tree);
      if (isNotKnown(value)) return value;
      return value?.kind === "text" && (value.text === "true" || value.text === "false")
        ? value.text === "true"
        : expected(tree);
    }
  }
}

/** `{ Condition: Name }`, which is a call in conditions alone. */
function namedCondition(tree: Tree): ReturnType<typeof callOf> {
  const written = tree.kind === "map" && tree.entries.size === 1 ? tree.entries.get("Condition") : undefined;
  return written === undefined
    ? undefined
    : { name: "Condition", argument: written.value, origin: tree.origin };
}

function expected(tree: Tree): never {
  throw new Problem(
    "meaning",
    "a condition was expected: Fn::Equals, Fn::And, Fn::Or, Fn::Not or {Condition: Name}",
    { origin: tree.origin },
  );
}

function parts(tree: Tree, name: string): readonly Tree[] {
  if (tree.kind === "list") return tree.items;
  throw new Problem("meaning", `${name}: a list of conditions was expected`, { origin: tree.origin });
}

function every(trees: readonly Tree[], scope: ConditionScope): Truth {
  return everyOf(trees, (part) => truthOf(part, scope));
}

/** False where one is; unknown where none is and one may be. */
function everyOf(trees: readonly Tree[], ask: (tree: Tree) => Truth): Truth {
  let open: NotKnown | undefined;
  for (const tree of trees) {
    const truth = ask(tree);
    if (truth === false) return false;
    if (truth !== true) open ??= truth;
  }
  return open ?? true;
}

function not(truth: Truth): Truth {
  return typeof truth === "boolean" ? !truth : { ...truth, name: `not ${truth.name}` };
}

/** Two sides of one unknown are equal whatever it is. */
function equals(tree: Tree, scope: ConditionScope): Truth {
  const [first, second, third] = parts(tree, "Fn::Equals");
  if (first === undefined || second === undefined || third !== undefined) {
    throw new Problem("meaning", "Fn::Equals: two values were expected", { origin: tree.origin });
  }
  const [a, b] = [scope.evaluate(first), scope.evaluate(second)];
  if (a === undefined || b === undefined) return a === b;
  if (sameValue(a, b)) return true;
  const open = unknownIn(a) ?? unknownIn(b);
  return open === undefined ? false : notKnown(open.why, `${open.name} compared`, tree.origin);
}
