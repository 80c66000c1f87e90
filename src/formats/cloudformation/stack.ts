// A stack: one template with its parameters, and everything in it evaluated on demand. Stacks that it nests are stacks of
// their own. Knows functions and references; what a resource means for packets is told in resources/.
import { closest } from "../../closest.ts";
import { Problem, type Origin } from "../../problem.ts";
import type { MapTree, Tree } from "../tree.ts";
import { attributeOf } from "./attributes.ts";
import { truthOf, type Truth } from "./conditions.ts";
import { cidr, expected, join, select, split, textArgument } from "./functions.ts";
import { findInMap } from "./mappings.ts";
import { parameterValue } from "./parameters.ts";
import { pseudoParameter } from "./pseudo.ts";
import { References } from "./references.ts";
import type { Resource, StackScope, World } from "./scope.ts";
import { substitute } from "./substitute.ts";
import { bringsMore, callOf, scalarText, type Call, type Template } from "./template.ts";
import { isNotKnown, notKnown, sameValue, shown, textValue, type Value } from "./values.ts";

export class Stack implements StackScope {
  readonly name: string;
  /** Stands before every logical id: empty for the only stack, `Network/` for one nested under that id. */
  readonly prefix: string;
  readonly template: Template;
  readonly world: World;
  readonly #given: ReadonlyMap<string, Value>;
  readonly #conditions = new Map<string, Truth | "asked">();
  readonly #resources = new Map<string, Resource>();
  readonly #asked = new Set<string>();
  readonly #references = new References();
  /** How many branches of conditions that are not known stand around what is being evaluated. */
  #perhaps = 0;

  constructor(
    name: string,
    prefix: string,
    template: Template,
    given: ReadonlyMap<string, Value>,
    world: World,
  ) {
    this.name = name;
    this.prefix = prefix;
    this.template = template;
    this.world = world;
    this.#given = given;
  }

  /** The resources that are or may be there, each with its properties evaluated. */
  resources(): Resource[] {
    const all = [...this.template.resources.keys()].flatMap((id) => this.resource(id) ?? []);
    this.#references.refuseCircles();
    return all;
  }

  resource(logicalId: string): Resource | undefined {
    const known = this.#resources.get(logicalId);
    if (known !== undefined) return known;
    const tree = this.template.resources.get(logicalId);
    if (tree === undefined) return undefined;
    const there =
      tree.condition === undefined ? true : this.#truthOf(scalarText(tree.condition) ?? "", tree.condition);
    if (there === false) return undefined;
    if (this.#asked.has(logicalId)) {
      throw new Problem("reference", `${logicalId} is defined by way of itself (a circular reference)`, {
        origin: tree.origin,
      });
    }
    this.#asked.add(logicalId);
    this.#references.enter(logicalId);
    if (isNotKnown(there)) this.#perhaps += 1;
    const properties = new Map<string, Value>();
    for (const [name, { value }] of tree.properties?.entries ?? []) {
      const found = this.evaluate(value);
      if (found !== undefined) properties.set(name, found);
    }
    this.#noteDependsOn(tree.dependsOn);
    if (isNotKnown(there)) this.#perhaps -= 1;
    this.#references.leave();
    const id = this.prefix + logicalId;
    const resource: Resource = {
      id,
      logicalId,
      type: tree.type,
      properties,
      origin: { ...tree.origin, id },
      stack: this,
      ...(isNotKnown(there) ? { uncertain: `whether ${id} is there is not known: ${there.why}` } : {}),
    };
    this.#resources.set(logicalId, resource);
    return resource;
  }

  /** An output's value; undefined where there is no such output. */
  output(name: string): Value | undefined {
    const tree = this.template.outputs.get(name);
    if (tree === undefined) return undefined;
    const condition = tree.entries.get("Condition")?.value;
    const there = condition === undefined ? true : this.#truthOf(scalarText(condition) ?? "", condition);
    if (there === false) return undefined;
    if (isNotKnown(there)) return there;
    const value = tree.entries.get("Value")?.value;
    return value === undefined ? undefined : this.evaluate(value);
  }

  /** The name that an output is exported by, where it is. */
  exportName(output: MapTree): Value | undefined {
    const condition = output.entries.get("Condition")?.value;
    if (condition !== undefined && this.#truthOf(scalarText(condition) ?? "", condition) === false)
      return undefined;
    const exported = output.entries.get("Export")?.value;
    const name = exported?.kind === "map" ? exported.entries.get("Name")?.value : undefined;
    return name === undefined ? undefined : this.evaluate(name);
  }

  /** @throws Problem where an expression names what is not there, or asks a function what it can't give */
  evaluate(tree: Tree): Value | undefined {
    const call = callOf(tree);
    if (call !== undefined) return this.#call(call);
    switch (tree.kind) {
      case "scalar": {
        const text = scalarText(tree);
        if (text === undefined) return undefined;
        if (text.includes("{{resolve:")) {
          return notKnown(`${text} is resolved when the stack is created`, text, tree.origin);
        }
        return textValue(text, tree.origin);
      }
      case "list":
        return {
          kind: "list",
          items: tree.items.flatMap((item) => this.evaluate(item) ?? []),
          origin: tree.origin,
        };
      case "map": {
        const entries = new Map<string, Value>();
        for (const [name, { value }] of tree.entries) {
          const found = this.evaluate(value);
          if (found !== undefined) entries.set(name, found);
        }
        return { kind: "map", entries, origin: tree.origin };
      }
    }
  }

  #call({ name, argument, origin }: Call): Value | undefined {
    switch (name) {
      case "Ref":
        return this.#reference(scalarText(argument) ?? "", "Ref", origin);
      case "Fn::GetAtt":
        return this.#attribute(argument, origin);
      case "Fn::Sub":
        return this.#substitute(argument, origin);
      case "Fn::Join":
        return join(this.#arguments(name, argument), origin);
      case "Fn::Select":
        return select(this.#arguments(name, argument), origin);
      case "Fn::Split":
        return split(this.#arguments(name, argument), origin);
      case "Fn::Cidr":
        return cidr(this.#arguments(name, argument), origin);
      case "Fn::If":
        return this.#choose(argument, origin);
      case "Fn::FindInMap":
        return this.#findInMap(argument, origin);
      case "Fn::ImportValue":
        return this.#import(argument, origin);
      case "Fn::GetAZs":
        this.evaluate(argument);
        return notKnown("the availability zones of the region are not in the template", "GetAZs", origin);
      case "Fn::Base64":
        return this.evaluate(argument);
      case "Fn::Equals":
      case "Fn::And":
      case "Fn::Or":
      case "Fn::Not":
      case "Condition": {
        const truth = truthOf({ ...argument, tag: `!${name.replace("Fn::", "")}` }, this.#conditionScope());
        return isNotKnown(truth) ? truth : textValue(String(truth), origin);
      }
      default:
        return notKnown(`${name} is not evaluated here`, name, origin);
    }
  }

  #arguments(name: string, argument: Tree): readonly (Value | undefined)[] {
    if (argument.kind === "list" && callOf(argument) === undefined) {
      return argument.items.map((item) => this.evaluate(item));
    }
    throw expected(name, "a list of arguments", this.evaluate(argument), argument.origin);
  }

  #reference(name: string, by: string, origin: Origin): Value | undefined {
    if (name.startsWith("AWS::")) return pseudoParameter(name, this.name, origin);
    const declared = this.template.parameters.get(name);
    if (declared !== undefined) {
      return parameterValue(declared, this.prefix + name, this.#given.get(name), origin);
    }
    return this.#resourceAt(name, by, origin, (resource) => attributeOf(resource, undefined, origin));
  }

  /** What is asked of a resource; a resource that is certainly not there is a broken reference. */
  #resourceAt(
    name: string,
    by: string,
    origin: Origin,
    ask: (resource: { readonly type: string; readonly id: string; readonly whole: () => Resource }) => Value,
  ): Value {
    const tree = this.template.resources.get(name);
    if (tree === undefined) {
      const more = bringsMore(this.template);
      if (more !== undefined) return notKnown(`${name} may be made by ${more}`, this.prefix + name, origin);
      throw this.#nothingNamed(name, by, origin);
    }
    this.#references.note(name, origin);
    const there =
      tree.condition === undefined ? true : this.#truthOf(scalarText(tree.condition) ?? "", tree.condition);
    if (there === false) {
      if (this.#perhaps > 0) return notKnown(`${name} is not there by its condition`, name, origin);
      throw new Problem("reference", `${by}: ${name} is not created here, by its condition`, {
        origin,
        remedy: `choose with Fn::If on the condition of ${name}`,
      });
    }
    return ask({
      type: tree.type,
      id: this.prefix + name,
      whole: () => this.resource(name) ?? this.#gone(name, origin),
    });
  }

  #gone(name: string, origin: Origin): never {
    throw new Problem("reference", `${name} is not created here`, { origin });
  }

  #nothingNamed(name: string, by: string, origin: Origin): Problem {
    const near = closest(name, [...this.template.parameters.keys(), ...this.template.resources.keys()]);
    return new Problem("reference", `${by}: no parameter and no resource is called “${name}”`, {
      origin,
      ...(near === undefined ? {} : { remedy: `did you mean ${near}?` }),
    });
  }

  #attribute(argument: Tree, origin: Origin): Value {
    const written = scalarText(argument);
    if (written !== undefined) return this.#attributeAt(written, "Fn::GetAtt", origin);
    const [name, ...attribute] = argument.kind === "list" ? argument.items : [];
    const logicalId = name === undefined ? undefined : scalarText(name);
    if (logicalId === undefined || attribute.length === 0) {
      throw new Problem("meaning", "Fn::GetAtt: [logical id, attribute] was expected", { origin });
    }
    const parts = attribute.map((part) => this.evaluate(part));
    const open = parts.find((part) => isNotKnown(part));
    if (open !== undefined) return open;
    return this.#attributeAt(
      [logicalId, ...parts.map((part) => textOf(part))].join("."),
      "Fn::GetAtt",
      origin,
    );
  }

  #attributeAt(path: string, by: string, origin: Origin): Value {
    const dot = path.indexOf(".");
    if (dot < 0) throw new Problem("meaning", `${by}: an attribute was expected after ${path}`, { origin });
    const name = path.slice(0, dot);
    return this.#resourceAt(name, by, origin, (resource) =>
      attributeOf(resource, path.slice(dot + 1), origin),
    );
  }

  #substitute(argument: Tree, origin: Origin): Value {
    const [text, more] = argument.kind === "list" ? argument.items : [argument];
    const given = text === undefined ? undefined : this.evaluate(text);
    const written = textArgument("Fn::Sub", "a text", given, origin);
    if (isNotKnown(written)) return written;
    const names = more === undefined ? undefined : this.evaluate(more);
    return substitute(
      written,
      (name) => {
        const own = names?.kind === "map" ? names.entries.get(name) : undefined;
        if (own !== undefined) return own;
        return name.includes(".")
          ? this.#attributeAt(name, "Fn::Sub", origin)
          : this.#reference(name, "Fn::Sub", origin);
      },
      origin,
    );
  }

  #choose(argument: Tree, origin: Origin): Value | undefined {
    const [condition, yes, no, more] = argument.kind === "list" ? argument.items : [];
    const name = condition === undefined ? undefined : scalarText(condition);
    if (
      condition === undefined ||
      name === undefined ||
      yes === undefined ||
      no === undefined ||
      more !== undefined
    ) {
      throw new Problem("meaning", "Fn::If: [condition, value if true, value if false] was expected", {
        origin,
      });
    }
    const truth = this.#truthOf(name, condition);
    if (truth === true) return this.evaluate(yes);
    if (truth === false) return this.evaluate(no);
    this.#perhaps += 1;
    const branches = [this.evaluate(yes), this.evaluate(no)].flatMap((branch) => branch ?? []);
    this.#perhaps -= 1;
    const [first, second] = branches;
    if (first !== undefined && second !== undefined && sameValue(first, second)) return first;
    const names = branches.map((branch) => shown(branch)).join(" or ");
    return notKnown(truth.why, `If(${name}: ${names})`, origin, branches.flatMap(alternatives));
  }

  #findInMap(argument: Tree, origin: Origin): Value | undefined {
    const items = argument.kind === "list" ? argument.items : [];
    const keys = items.slice(0, 3).map((item) => this.evaluate(item));
    const found = findInMap(this.template.mappings, keys, items[3], origin);
    return isNotKnown(found) ? found : this.evaluate(found);
  }

  #import(argument: Tree, origin: Origin): Value {
    const name = textArgument("Fn::ImportValue", "an export's name", this.evaluate(argument), origin);
    if (isNotKnown(name)) return notKnown(name.why, `ImportValue(${name.name})`, origin);
    return (
      this.world.exported(name, origin) ??
      notKnown(`no template that was read exports ${name}`, `ImportValue(${name})`, origin)
    );
  }

  #conditionScope(): Parameters<typeof truthOf>[1] {
    return { named: (name, at) => this.#truthOf(name, at), evaluate: (tree) => this.evaluate(tree) };
  }

  #truthOf(name: string, at: Tree): Truth {
    const known = this.#conditions.get(name);
    if (known === "asked") {
      throw new Problem("reference", `the condition ${name} hangs on itself`, { origin: at.origin });
    }
    if (known !== undefined) return known;
    const entry = this.template.conditions.get(name);
    if (entry === undefined) {
      const more = bringsMore(this.template);
      if (more !== undefined)
        return notKnown(`the condition ${name} may be made by ${more}`, name, at.origin);
      const near = closest(name, [...this.template.conditions.keys()]);
      throw new Problem("reference", `no condition is called “${name}”`, {
        origin: at.origin,
        ...(near === undefined ? {} : { remedy: `did you mean ${near}?` }),
      });
    }
    this.#conditions.set(name, "asked");
    const truth = truthOf(entry.value, this.#conditionScope());
    const named: Truth = isNotKnown(truth)
      ? notKnown(
          `the condition ${this.prefix}${name} is open: ${truth.why}`,
          `${this.prefix}${name}`,
          truth.origin,
        )
      : truth;
    this.#conditions.set(name, named);
    return named;
  }

  #noteDependsOn(tree: Tree | undefined): void {
    for (const item of tree?.kind === "list" ? tree.items : tree === undefined ? [] : [tree]) {
      const name = scalarText(item);
      if (name === undefined) continue;
      if (!this.template.resources.has(name) && bringsMore(this.template) === undefined)
        throw this.#nothingNamed(name, "DependsOn", item.origin);
      this.#references.note(name, item.origin);
    }
  }
}

function textOf(value: Value | undefined): string {
  return value?.kind === "text" ? value.text : "";
}

/** What one branch may come to: itself, or where it is open too, its own branches. */
function alternatives(branch: Value): readonly Value[] {
  return isNotKnown(branch) && branch.may.length > 0 ? branch.may : [branch];
}
