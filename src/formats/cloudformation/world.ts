// All stacks that are read together: which templates stand for themselves and which are nested, which parameters file is
// whose, and what one stack exports to the others.
import { basename, dirname, join } from "node:path";
import { Problem, type Origin, type Unknown } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { isParametersFile, readParametersFile, type ParametersFile } from "./parameters.ts";
import type { Resource, StackScope, World } from "./scope.ts";
import { Stack } from "./stack.ts";
import { readTemplate, scalarText, type Template } from "./template.ts";
import { notKnown, type Value } from "./values.ts";

/** A quota of CloudFormation is 2 000 stacks; a bound so that templates that nest one another twofold come to an end. */
const mostStacks = 2000;

export interface ReadStacks {
  readonly resources: readonly Resource[];
  readonly templates: readonly Template[];
  readonly unknowns: readonly Unknown[];
}

/**
 * Every resource of every stack that the files describe.
 *
 * @param ipv6Block gives a made-up IPv6 block for the resource of an id
 * @throws Problem for what CloudFormation itself would refuse
 */
export function readStacks(files: readonly SourceFile[], ipv6Block: (id: string) => string): ReadStacks {
  return new Stacks(files, ipv6Block).read();
}

class Stacks implements World {
  readonly ipv6Block: (id: string) => string;
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #parameters: readonly ParametersFile[];
  readonly #nested = new Map<string, Stack | string>();
  /** By a nested stack, the files that it stands inside of. */
  readonly #chains = new Map<StackScope, readonly string[]>();
  readonly #stacks: Stack[] = [];
  readonly #roots: readonly Stack[];
  readonly #importing = new Set<string>();
  readonly #usedParameters = new Set<ParametersFile>();

  constructor(files: readonly SourceFile[], ipv6Block: (id: string) => string) {
    this.ipv6Block = ipv6Block;
    this.#parameters = files.filter((file) => isParametersFile(file)).map((file) => readParametersFile(file));
    this.#templates = new Map(
      files.filter((file) => !isParametersFile(file)).map((file) => [file.path, readTemplate(file)]),
    );
    this.#roots = this.#findRoots();
  }

  read(): ReadStacks {
    const resources = this.#roots.flatMap((stack) => this.#below(stack, undefined));
    const left = this.#parameters.filter((file) => !this.#usedParameters.has(file));
    return {
      resources,
      templates: [...this.#templates.values()],
      unknowns: left.map((file) => ({
        origin: { file: file.path, line: 1 },
        what: "parameters of no template that was read beside them",
        effect:
          "left out: name.parameters.json is for name.yaml, parameters.json for all templates of its folder",
      })),
    };
  }

  nested(resource: Resource): StackScope | string {
    const known = this.#nested.get(resource.id);
    if (known !== undefined) return known;
    const opened = this.#open(resource);
    this.#nested.set(resource.id, opened);
    return opened;
  }

  exported(name: string, origin: Origin): Value | undefined {
    if (this.#importing.has(name)) {
      throw new Problem("reference", `the export ${name} is imported to make itself`, { origin });
    }
    this.#importing.add(name);
    try {
      const found = this.#stacks.flatMap((stack) =>
        [...stack.template.outputs].flatMap(([output, tree]) => {
          const exported = stack.exportName(tree);
          return exported?.kind === "text" && exported.text === name ? [{ stack, output }] : [];
        }),
      );
      const [only, second] = found;
      if (only === undefined) return undefined;
      if (second !== undefined) {
        const why = `${only.stack.name} and ${second.stack.name} both export ${name}`;
        return notKnown(why, `ImportValue(${name})`, origin);
      }
      return only.stack.output(only.output);
    } finally {
      this.#importing.delete(name);
    }
  }

  /** A stack's resources and those of the stacks inside it; what an uncertain stack holds is uncertain. */
  #below(stack: Stack, uncertain: string | undefined): Resource[] {
    return stack.resources().flatMap((resource) => {
      const why = uncertain ?? resource.uncertain;
      const own = why === undefined ? resource : { ...resource, uncertain: why };
      if (resource.type !== "AWS::CloudFormation::Stack") return [own];
      const inside = this.nested(resource);
      return inside instanceof Stack ? [own, ...this.#below(inside, why)] : [own];
    });
  }

  #findRoots(): Stack[] {
    const nested = new Set<string>();
    for (const [path, template] of this.#templates) {
      for (const { type, properties } of template.resources.values()) {
        if (type !== "AWS::CloudFormation::Stack") continue;
        const url = properties?.entries.get("TemplateURL")?.value;
        const inside = url === undefined ? undefined : localPath(path, scalarText(url) ?? "");
        if (inside !== undefined && inside !== path) nested.add(inside);
      }
    }
    const paths = [...this.#templates.keys()];
    const own = paths.filter((path) => !nested.has(path));
    // Templates that only nest one another: refused where the circle is walked.
    const roots = own.length === 0 ? paths.slice(0, 1) : own;
    const names = stackNames(roots);
    return roots.flatMap((path, at) => {
      const template = this.#templates.get(path);
      const name = names[at];
      if (template === undefined || name === undefined) return [];
      const prefix = roots.length === 1 ? "" : `${name}/`;
      const stack = new Stack(name, prefix, template, this.#given(template), this);
      this.#stacks.push(stack);
      this.#chains.set(stack, [path]);
      return [stack];
    });
  }

  #open(resource: Resource): Stack | string {
    const url = resource.properties.get("TemplateURL");
    const within = resource.stack.template.file.path;
    if (url?.kind !== "text") return `the template of ${resource.id} is not known`;
    const path = localPath(within, url.text);
    const template = path === undefined ? undefined : this.#templates.get(path);
    if (path === undefined || template === undefined) {
      return `the template of ${resource.id} (${url.text}) is not among the files that were read`;
    }
    const chain = this.#chains.get(resource.stack) ?? [];
    if (chain.includes(path)) {
      throw new Problem("reference", `${path} nests itself: ${[...chain, path].join(" → ")}`, {
        origin: resource.origin,
      });
    }
    if (this.#stacks.length >= mostStacks) {
      throw new Problem("limit", `over ${mostStacks} nested stacks`, { origin: resource.origin });
    }
    const given = resource.properties.get("Parameters");
    const stack = new Stack(
      resource.id.replaceAll("/", "-"),
      `${resource.id}/`,
      template,
      given?.kind === "map" ? given.entries : new Map(),
      this,
    );
    this.#stacks.push(stack);
    this.#chains.set(stack, [...chain, path]);
    return stack;
  }

  /** What the file of the template's own name gives counts before what the folder's does. */
  #given(template: Template): ReadonlyMap<string, Value> {
    const { path } = template.file;
    const own = new Set([withoutExtension(path), path, join(dirname(path), stackName(path))]);
    const given = new Map<string, Value>();
    for (const file of this.#parameters) {
      if (dirname(file.path) !== dirname(path) || !/^parameters\.json$/i.test(basename(file.path))) continue;
      this.#usedParameters.add(file);
      for (const [name, value] of file.values) if (template.parameters.has(name)) given.set(name, value);
    }
    for (const file of this.#parameters) {
      if (!own.has(file.path.replace(/\.parameters\.json$/i, ""))) continue;
      this.#usedParameters.add(file);
      for (const [name, value] of file.values) {
        if (!template.parameters.has(name)) {
          throw new Problem("reference", `${path} has no parameter “${name}”`, { origin: value.origin });
        }
        given.set(name, value);
      }
    }
    return given;
  }
}

/** Where a TemplateURL that is a path leads, from the file that it stands in. */
function localPath(from: string, url: string): string | undefined {
  if (url === "" || /^[a-z][a-z0-9+.-]*:/i.test(url) || url.includes("${")) return undefined;
  return join(dirname(from), url);
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^./\\]+$/, "");
}

/** What the stacks of templates are called, in their order: by file; by path below their folder where two are alike. */
function stackNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => stackName(path));
  const parts = paths.map((path) => path.split(/[\\/]/));
  const [first = []] = parts;
  const shared = first.findIndex((part, at) =>
    parts.some((one) => at === one.length - 1 || one[at] !== part),
  );
  return names.map((name, at) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : (parts[at] ?? []).slice(Math.max(shared, 0)).join("/").replaceAll(/\s/g, "-"),
  );
}

/** `network` of `stacks/network.template.yaml`: what AWS::StackName is taken to be. */
function stackName(path: string): string {
  let name = basename(path);
  while (/.\.(?:ya?ml|json|template|cfn|txt)$/i.test(name)) name = withoutExtension(name);
  return name.replaceAll(/\s/g, "-");
}
