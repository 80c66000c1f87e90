// Label selectors as Kubernetes has them: every label and every expression must hold; an empty selector selects all.
// (kubernetes.io, "Labels and Selectors"; NotIn and DoesNotExist also hold for what lacks the label.)
import { Problem } from "../../problem.ts";
import { asMap, asText, asWord, field, listField, onlyFields, required, textMap } from "./fields.ts";
import type { Tree } from "../tree.ts";

const operators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

export interface Requirement {
  readonly key: string;
  readonly operator: (typeof operators)[number];
  readonly values: readonly string[];
}

/** All requirements together; none: everything is selected. */
export type Selector = readonly Requirement[];

export type Labels = ReadonlyMap<string, string>;

/** @throws Problem where a field is none of a selector's, or an expression lacks the values its operator needs */
export function readSelector(tree: Tree, what: string): Selector {
  const map = asMap(tree, what);
  onlyFields(map, what, ["matchLabels", "matchExpressions"]);
  const equal = [...textMap(field(map, "matchLabels"), "matchLabels")].map(([key, value]): Requirement => ({
    key,
    operator: "In",
    values: [value],
  }));
  const expressions = listField(map, "matchExpressions").map((item): Requirement => {
    const expression = asMap(item, "an expression of matchExpressions");
    onlyFields(expression, "an expression of matchExpressions", ["key", "operator", "values"]);
    const key = asText(required(expression, "key", "an expression"), "key");
    const operator = asWord(required(expression, "operator", "an expression"), "operator", operators);
    const values = listField(expression, "values").map((value) => asText(value, "a value of an expression"));
    const needsValues = operator === "In" || operator === "NotIn";
    if (needsValues !== values.length > 0) {
      throw new Problem(
        "meaning",
        `an expression with ${operator} is expected to have ${needsValues ? "at least one of its values" : "no values"}`,
        { origin: expression.origin },
      );
    }
    return { key, operator, values };
  });
  return [...equal, ...expressions];
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels.get(key);
    switch (operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
    }
  });
}

/** A selector as people write it on kubectl's command line: `app=web,tier in (front,back),!legacy`. */
export function selectorText(selector: Selector): string {
  if (selector.length === 0) return "all";
  return selector
    .map(({ key, operator, values }) => {
      const [only = ""] = values;
      switch (operator) {
        case "In":
          return values.length === 1 ? `${key}=${only}` : `${key} in (${values.join(",")})`;
        case "NotIn":
          return values.length === 1 ? `${key}!=${only}` : `${key} notin (${values.join(",")})`;
        case "Exists":
          return key;
        case "DoesNotExist":
          return `!${key}`;
      }
    })
    .join(",");
}
