// The parameters of a stack: what a parameters file beside the template gives, else the default, else not known.
import { Problem, type Origin } from "../../problem.ts";
import { isObject, readJson } from "../json.ts";
import type { SourceFile } from "../reader.ts";
import type { MapTree, Tree } from "../tree.ts";
import { scalarText } from "./template.ts";
import { notKnown, textValue, type Value } from "./values.ts";

/** The values that one parameters file gives, by name. */
export interface ParametersFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, Value>;
}

/** `network.parameters.json` is for `network.yaml`; `parameters.json` for every template of its folder. */
export function isParametersFile(file: SourceFile): boolean {
  return (
    /(?:^|[\\/.])parameters\.json$/i.test(file.path) && !/"Resources"\s*:/.test(file.text.slice(0, 65536))
  );
}

/**
 * Either shape: `[{"ParameterKey": …, "ParameterValue": …}]` as the AWS CLI takes it, or `{"Parameters": {…}}` as
 * CodePipeline does.
 *
 * @throws Problem `syntax` or `meaning` for anything else
 */
export function readParametersFile(file: SourceFile): ParametersFile {
  const document = readJson(file);
  const values = new Map<string, Value>();
  const { value } = document;
  const wrong = (part: unknown): Problem =>
    new Problem(
      "meaning",
      "parameters were expected: [{“ParameterKey”: …, “ParameterValue”: …}] or {“Parameters”: {…}}",
      { origin: document.originOf(part) },
    );
  if (Array.isArray(value)) {
    for (const pair of value) {
      if (!isObject(pair)) throw wrong(value);
      const key = pair["ParameterKey"];
      const given = pair["ParameterValue"];
      if (typeof key !== "string") throw wrong(pair);
      // UsePreviousValue: what the stack has now, which is not written here.
      if (given === undefined && pair["UsePreviousValue"] === true) continue;
      if (!isScalar(given)) throw wrong(pair);
      values.set(key, textValue(String(given), document.originOf(pair)));
    }
    return { path: file.path, values };
  }
  const given = isObject(value) ? value["Parameters"] : undefined;
  if (!isObject(given)) throw wrong(value);
  for (const [key, one] of Object.entries(given)) {
    if (!isScalar(one)) throw wrong(given);
    values.set(key, textValue(String(one), document.originOf(given)));
  }
  return { path: file.path, values };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/**
 * What a declared parameter comes to. `given`: from a file, or from the stack that nests this one.
 *
 * @param name with the path of its stack before it, as unknowns are called
 */
export function parameterValue(
  declared: MapTree,
  name: string,
  given: Value | undefined,
  origin: Origin,
): Value {
  const type = fieldText(declared, "Type") ?? "String";
  if (type.startsWith("AWS::SSM::Parameter::Value<")) {
    return notKnown(`the parameter ${name} is kept in the Systems Manager parameter store`, name, origin);
  }
  const fallback = declared.entries.get("Default")?.value;
  const value = given ?? (fallback === undefined ? undefined : defaultValue(fallback));
  if (value === undefined) return notKnown(`the parameter ${name} has no value`, name, origin);
  const isList = type === "CommaDelimitedList" || type.startsWith("List<");
  if (!isList || value.kind !== "text") return value;
  const items = value.text === "" ? [] : value.text.split(",");
  return {
    kind: "list",
    items: items.map((item) => textValue(item.trim(), value.origin)),
    origin: value.origin,
  };
}

function defaultValue(tree: Tree): Value {
  const text = scalarText(tree);
  if (text !== undefined) return textValue(text, tree.origin);
  if (tree.kind === "list") {
    const items = tree.items.map((item) => defaultValue(item));
    return { kind: "list", items, origin: tree.origin };
  }
  return textValue("", tree.origin);
}

function fieldText(map: MapTree, name: string): string | undefined {
  const value = map.entries.get(name)?.value;
  return value === undefined ? undefined : scalarText(value);
}
