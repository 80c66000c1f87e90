// The .tf sources that a plan or state was made from, where they lie beside it: the line of every resource's block, and
// the local values of each module, which the JSON leaves out.
import { dirname, join } from "node:path";
import type { Origin } from "../../problem.ts";
import { isObject, readJson } from "../json.ts";
import type { Beside } from "../reader.ts";
import { configuredName, type ModuleInstance, type Resource } from "./document.ts";
import { blocksOf, localsOf } from "./hcl.ts";

interface ModuleSource {
  /** By `type.name`, with `data.` before data sources. */
  readonly places: ReadonlyMap<string, { readonly file: string; readonly line: number }>;
  readonly locals: ReadonlyMap<string, readonly string[]>;
  /** By a call's name: its `source`, for documents without a configuration. */
  readonly calls: ReadonlyMap<string, string>;
}

const noSource: ModuleSource = { places: new Map(), locals: new Map(), calls: new Map() };

export class Sources {
  readonly #beside: Beside;
  readonly #root: string | undefined;
  readonly #folders = new Map<string, ModuleSource>();
  /** Where `terraform init` put each module, by the names of the calls that lead to it. */
  readonly #installed: ReadonlyMap<string, string>;

  /** @param path of the document: the sources lie in its folder, or in one of the two above it */
  constructor(path: string, beside: Beside) {
    this.#beside = beside;
    const own = dirname(path);
    this.#root = [own, join(own, ".."), join(own, "../..")].find((folder) =>
      beside.filesIn(folder).some((file) => file.endsWith(".tf")),
    );
    this.#installed = this.#root === undefined ? new Map() : installedModules(this.#root, beside);
  }

  placeOf(resource: Resource): Origin | undefined {
    const place = this.#moduleOf(resource.module).places.get(configuredName(resource));
    return place === undefined ? undefined : { ...place, id: resource.address };
  }

  local(module: ModuleInstance, name: string): readonly string[] | undefined {
    return this.#moduleOf(module).locals.get(name);
  }

  #moduleOf(module: ModuleInstance): ModuleSource {
    const folder = this.#folderOf(module);
    if (folder === undefined) return noSource;
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const read = readModule(folder, this.#beside);
    this.#folders.set(folder, read);
    return read;
  }

  #folderOf(module: ModuleInstance): string | undefined {
    if (this.#root === undefined || module.parent === undefined) return this.#root;
    const installed = this.#installed.get(callNames(module).join("."));
    if (installed !== undefined) return join(this.#root, installed);
    const outer = this.#folderOf(module.parent);
    if (outer === undefined) return undefined;
    const name = callNames(module).at(-1) ?? "";
    const source = module.call?.source ?? this.#moduleOf(module.parent).calls.get(name) ?? "";
    return /^\.{1,2}(?:\/|$)/.test(source) ? join(outer, source) : undefined;
  }
}

/** `["net", "subnets"]` for `module.net["a"].module.subnets`. */
function callNames(module: ModuleInstance): string[] {
  if (module.parent === undefined) return [];
  const rest = module.address.slice(module.parent.address === "" ? 0 : module.parent.address.length + 1);
  const name = /^module\.(?<name>[^.[]+)/.exec(rest)?.groups?.["name"] ?? "";
  return [...callNames(module.parent), name];
}

function readModule(folder: string, beside: Beside): ModuleSource {
  const places = new Map<string, { file: string; line: number }>();
  const locals = new Map<string, readonly string[]>();
  const calls = new Map<string, string>();
  for (const path of beside.filesIn(folder).filter((file) => file.endsWith(".tf"))) {
    for (const { kind, labels, line, body } of blocksOf(beside.openFile(path).text)) {
      const [first = "", second = ""] = labels;
      if (kind === "resource") places.set(`${first}.${second}`, { file: path, line });
      if (kind === "data") places.set(`data.${first}.${second}`, { file: path, line });
      if (kind === "module")
        calls.set(first, /\bsource\s*=\s*"(?<source>[^"]*)"/.exec(body)?.groups?.["source"] ?? "");
      if (kind === "locals") for (const [name, references] of localsOf(body)) locals.set(name, references);
    }
  }
  return { places, locals, calls };
}

/** `.terraform/modules/modules.json`, as `terraform init` writes it; none where it is absent or of another shape. */
function installedModules(root: string, beside: Beside): Map<string, string> {
  const path = beside.filesIn(join(root, ".terraform/modules")).find((file) => file.endsWith("modules.json"));
  if (path === undefined) return new Map();
  const { value } = readJson(beside.openFile(path));
  const modules = isObject(value) && Array.isArray(value["Modules"]) ? value["Modules"] : [];
  return new Map(
    modules.flatMap((module) => {
      if (!isObject(module)) return [];
      const { Key, Dir } = module;
      return typeof Key === "string" && typeof Dir === "string" && Key !== "" ? [[Key, Dir] as const] : [];
    }),
  );
}
