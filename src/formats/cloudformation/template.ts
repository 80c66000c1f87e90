// One template as it is written: its sections, unevaluated, with the place of everything. What a short-form tag stands
// for (`!Ref`, `!Sub`) is told here; what it comes to is not.
import { Problem, type Origin } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { readTrees, type Entry, type MapTree, type Tree } from "../tree.ts";

export interface Template {
  readonly file: SourceFile;
  readonly origin: Origin;
  readonly parameters: ReadonlyMap<string, MapTree>;
  readonly mappings: ReadonlyMap<string, MapTree>;
  readonly conditions: ReadonlyMap<string, Entry>;
  readonly resources: ReadonlyMap<string, ResourceTree>;
  readonly outputs: ReadonlyMap<string, MapTree>;
  /** Macros that rewrite the template before it is read, where it names any. */
  readonly transforms: readonly { readonly name: string; readonly origin: Origin }[];
}

export interface ResourceTree {
  readonly type: string;
  readonly condition: Tree | undefined;
  readonly properties: MapTree | undefined;
  readonly dependsOn: Tree | undefined;
  /** Where its logical id stands. */
  readonly origin: Origin;
}

/** @throws Problem `syntax` or `meaning` for what is no template */
export function readTemplate(file: SourceFile): Template {
  const [tree, second] = readTrees(file);
  if (second !== undefined) {
    throw new Problem("syntax", "one template was expected in a file, a second document begins here", {
      origin: second.origin,
    });
  }
  if (tree?.kind !== "map") {
    throw new Problem("meaning", "a template was expected: a map with Resources", {
      origin: tree?.origin ?? { file: file.path, line: 1 },
    });
  }
  return {
    file,
    origin: tree.origin,
    parameters: maps(tree, "Parameters"),
    mappings: maps(tree, "Mappings"),
    conditions: new Map(section(tree, "Conditions")?.entries),
    resources: resourcesOf(tree),
    outputs: maps(tree, "Outputs"),
    transforms: transformsOf(tree),
  };
}

function section(tree: MapTree, name: string): MapTree | undefined {
  const value = tree.entries.get(name)?.value;
  if (value === undefined || (value.kind === "scalar" && value.value === null)) return undefined;
  if (value.kind === "map") return value;
  throw new Problem("meaning", `${name}: a map from names was expected`, { origin: value.origin });
}

function maps(tree: MapTree, name: string): Map<string, MapTree> {
  const found = new Map<string, MapTree>();
  for (const [key, { value, origin }] of section(tree, name)?.entries ?? []) {
    if (value.kind === "map") found.set(key, value);
    else if (!key.startsWith("Fn::"))
      throw new Problem("meaning", `${name}.${key}: a map was expected`, { origin });
  }
  return found;
}

function resourcesOf(tree: MapTree): Map<string, ResourceTree> {
  const found = new Map<string, ResourceTree>();
  for (const [key, { value, origin }] of section(tree, "Resources")?.entries ?? []) {
    // A loop of AWS::LanguageExtensions (Fn::ForEach::Name) is written as a list: it is told by what is not there.
    if (key.startsWith("Fn::")) {
      found.set(key, {
        type: key,
        condition: undefined,
        properties: undefined,
        dependsOn: undefined,
        origin,
      });
      continue;
    }
    if (value.kind !== "map") {
      throw new Problem("meaning", `Resources.${key}: a map with Type and Properties was expected`, {
        origin,
      });
    }
    const type = value.entries.get("Type")?.value;
    if (type?.kind !== "scalar" || typeof type.value !== "string") {
      throw new Problem("meaning", `Resources.${key}: Type was expected, such as AWS::EC2::VPC`, { origin });
    }
    const properties = value.entries.get("Properties")?.value;
    if (properties !== undefined && properties.kind !== "map" && !isNothing(properties)) {
      throw new Problem("meaning", `Resources.${key}: Properties was expected to be a map`, {
        origin: properties.origin,
      });
    }
    found.set(key, {
      type: type.value,
      condition: value.entries.get("Condition")?.value,
      properties: properties?.kind === "map" ? properties : undefined,
      dependsOn: value.entries.get("DependsOn")?.value,
      origin,
    });
  }
  return found;
}

function isNothing(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

function transformsOf(tree: MapTree): { readonly name: string; readonly origin: Origin }[] {
  const written = tree.entries.get("Transform")?.value;
  if (written === undefined) return [];
  return (written.kind === "list" ? written.items : [written]).map((item) => {
    const named = item.kind === "map" ? item.entries.get("Name")?.value : item;
    const name = named?.kind === "scalar" ? String(named.value) : "a macro";
    return { name, origin: item.origin };
  });
}

/**
 * What may bring resources and conditions that are not written in the template, in words: a macro, or a loop. The
 * language extensions alone bring none.
 */
export function bringsMore(template: Template): string | undefined {
  const macro = template.transforms.find(({ name }) => name !== "AWS::LanguageExtensions");
  if (macro !== undefined) return `the transform ${macro.name}`;
  return [...template.resources.keys()].find((name) => name.startsWith("Fn::"));
}

/** A function call as a template writes it, in either form. */
export interface Call {
  /** `Ref`, `Condition`, `Fn::Sub` … */
  readonly name: string;
  readonly argument: Tree;
  readonly origin: Origin;
}

/** The call that a tree is, if it is one: `{ "Fn::Sub": … }`, or a value with a tag. */
export function callOf(tree: Tree): Call | undefined {
  if (tree.tag !== undefined) {
    const { tag, ...argument } = tree;
    const short = tag.slice(1);
    const name = short === "Ref" || short === "Condition" ? short : `Fn::${short}`;
    return { name, argument, origin: tree.origin };
  }
  if (tree.kind !== "map" || tree.entries.size !== 1) return undefined;
  for (const [name, { value }] of tree.entries) {
    if (name === "Ref" || name.startsWith("Fn::")) return { name, argument: value, origin: tree.origin };
  }
  return undefined;
}

/** A scalar as CloudFormation passes it on. */
export function scalarText(tree: Tree): string | undefined {
  return tree.kind === "scalar" && tree.value !== null ? String(tree.value) : undefined;
}
