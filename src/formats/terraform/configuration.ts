// The `configuration` of a plan: which resources each module writes, what their arguments refer to, what a module call
// passes in and what it hands out. References are words here; references.ts follows them.
import { child, children, optionalText, text, type Item } from "../aws/item.ts";
import { isObject, type Json } from "../json.ts";

export interface ModuleCall {
  /** `net` of `module "net"`; empty for the root. */
  readonly name: string;
  /** As `source` has it: `./modules/net`, or a registry's name. */
  readonly source: string;
  /** The arguments of the call. */
  readonly inputs: Json | undefined;
  /** What `for_each` of the call is. */
  readonly forEach: Json | undefined;
  /** By `type.name`, with `data.` before data sources. */
  readonly resources: ReadonlyMap<string, ConfiguredResource>;
  readonly outputs: ReadonlyMap<string, Json>;
  readonly calls: ReadonlyMap<string, ModuleCall>;
}

export interface ConfiguredResource {
  readonly expressions: Json;
  readonly forEach: Json | undefined;
  /** `aws`, `aws.west`, `module.net:aws` */
  readonly provider: string;
}

export function rootCall(configuration: Item): ModuleCall {
  const module = child(configuration, "root_module");
  return callOf("", "", undefined, undefined, module);
}

function callOf(
  name: string,
  source: string,
  inputs: Json | undefined,
  forEach: Json | undefined,
  module: Item | undefined,
): ModuleCall {
  const resources = module === undefined ? [] : children(module, "resources");
  return {
    name,
    source,
    inputs,
    forEach,
    resources: new Map(
      resources.map((item) => [
        text(item, "address"),
        {
          expressions: item.value["expressions"] ?? {},
          forEach: item.value["for_each_expression"],
          provider: optionalText(item, "provider_config_key") ?? "aws",
        },
      ]),
    ),
    outputs: new Map(
      fieldsOf(module, "outputs").map((output) => [output.name, output.item.value["expression"] ?? {}]),
    ),
    calls: new Map(
      fieldsOf(module, "module_calls").map(({ name: called, item }) => [
        called,
        callOf(
          called,
          optionalText(item, "source") ?? "",
          item.value["expressions"],
          item.value["for_each_expression"],
          child(item, "module"),
        ),
      ]),
    ),
  };
}

function fieldsOf(item: Item | undefined, key: string): { readonly name: string; readonly item: Item }[] {
  const whole = item === undefined ? undefined : child(item, key);
  if (whole === undefined) return [];
  return Object.keys(whole.value).flatMap((name) => {
    const field = child(whole, name);
    return field === undefined ? [] : [{ name, item: field }];
  });
}

/** Everything that an argument refers to, however deep its blocks are. */
export function referencesOf(expression: Json | undefined): string[] {
  if (Array.isArray(expression)) return expression.flatMap((part) => referencesOf(part));
  if (!isObject(expression)) return [];
  const { references } = expression;
  if (Array.isArray(references)) return references.filter((one) => typeof one === "string");
  return Object.values(expression).flatMap((part) => referencesOf(part));
}

/** The argument of a name, where the expressions are a resource's or a block's. */
export function argument(expressions: Json | undefined, name: string): Json | undefined {
  return isObject(expressions) && Object.hasOwn(expressions, name) ? expressions[name] : undefined;
}

/** What an expression is for certain, where it is a constant. */
export function constantOf(expression: Json | undefined): Json | undefined {
  return argument(expression, "constant_value");
}
