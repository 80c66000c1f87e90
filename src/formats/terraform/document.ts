// A document of `terraform show -json`, taken apart: the resources that are (of a state) or will be (of a plan), module
// by module, with what of each is not known before apply. What a resource means is not asked here.
import { Problem } from "../../problem.ts";
import { child, children, hasField, misshapen, optionalText, text, type Item } from "../aws/item.ts";
import { isObject, readJson, type Json } from "../json.ts";
import type { SourceFile } from "../reader.ts";
import { rootCall, type ModuleCall } from "./configuration.ts";

/** One copy of a module: a call with `for_each` has several. */
export interface ModuleInstance {
  /** `module.net["a"].module.subnets`; empty for the root. */
  readonly address: string;
  readonly key: Key | undefined;
  readonly parent: ModuleInstance | undefined;
  /** As the configuration has it; absent where the document has none. */
  readonly call: ModuleCall | undefined;
}

/** What `count` or `for_each` tells a resource's copies apart by. */
export type Key = string | number;

export interface Resource {
  /** `module.net.aws_subnet.private["a"]` */
  readonly address: string;
  readonly data: boolean;
  readonly type: string;
  readonly name: string;
  readonly key: Key | undefined;
  readonly module: ModuleInstance;
  /** The resource as the document has it. */
  readonly item: Item;
  /** Its attributes; those that are not known are absent. */
  readonly values: Item;
  /** In the shape of the attributes: true where one is not known before apply. */
  readonly unknown: Json;
}

/** How a resource is called in its module's configuration. */
export function configuredName(resource: Resource): string {
  return `${resource.data ? "data." : ""}${resource.type}.${resource.name}`;
}

/** What a plan takes away or replaces: the attributes as they were. */
export interface Removed {
  readonly address: string;
  readonly type: string;
  readonly before: Item;
}

export interface TerraformDocument {
  readonly whole: Item;
  readonly planned: boolean;
  readonly resources: readonly Resource[];
  readonly removed: readonly Removed[];
  /** Why the plan may not be all that will happen. */
  readonly unfinished: readonly string[];
}

/** @throws Problem where it is no JSON, of a version that is not known, or without its values */
export function readDocument(file: SourceFile): TerraformDocument {
  const document = readJson(file);
  const { value } = document;
  if (!isObject(value)) {
    throw new Problem("syntax", "an object with “format_version” was expected", {
      origin: { file: file.path, line: 1 },
    });
  }
  const whole: Item = { value, path: "", document };
  checkVersion(whole);
  const planned = hasField(whole, "planned_values");
  const values = child(whole, planned ? "planned_values" : "values");
  if (values === undefined && hasField(whole, "resource_changes")) {
    misshapen(whole, "planned_values", "what will be after apply");
  }
  const configuration = child(whole, "configuration");
  const root: ModuleInstance = {
    address: "",
    key: undefined,
    parent: undefined,
    call: configuration === undefined ? undefined : rootCall(configuration),
  };
  const changes = children(whole, "resource_changes");
  const unknown = new Map(
    changes.map((change) => [text(change, "address"), child(change, "change")?.value["after_unknown"]]),
  );
  const take = (from: Item | undefined, dataOnly: boolean): Resource[] => {
    const module = from === undefined ? undefined : child(from, "root_module");
    return module === undefined
      ? []
      : resourcesIn(module, root, unknown).filter((resource) => resource.data || !dataOnly);
  };
  const resources = take(values, false);
  const known = new Set(resources.map((resource) => resource.address));
  // What data sources have read already stands with the state before, not with what will be.
  const prior = child(whole, "prior_state");
  const read = take(prior === undefined ? undefined : child(prior, "values"), true);
  return {
    whole,
    planned,
    resources: [...resources, ...read.filter((resource) => !known.has(resource.address))],
    removed: removedBy(changes),
    unfinished: unfinishedBy(whole),
  };
}

/** Format versions 0.1 to 0.2 (before Terraform 1.1) and 1.x have one shape; a new major version has another. */
function checkVersion(whole: Item): void {
  const version = optionalText(whole, "format_version");
  const origin = whole.document.originOf(whole.value);
  if (version === undefined) {
    const raw = hasField(whole, "lineage") || hasField(whole, "serial");
    throw new Problem(
      "syntax",
      raw ? "this is a raw state file, whose format is Terraform's own" : "“format_version” was expected",
      { origin, remedy: "write it with “terraform show -json” (of a plan file, or of the state)" },
    );
  }
  if (!/^[01](?:\.\d+)*$/.test(version)) {
    throw new Problem("syntax", `format_version: “${version}” is not known; 0.x and 1.x are read`, {
      origin,
      remedy: "a newer Ringwall may read it",
    });
  }
}

function resourcesIn(
  module: Item,
  instance: ModuleInstance,
  unknown: ReadonlyMap<string, Json | undefined>,
): Resource[] {
  const own = children(module, "resources").map((item): Resource => {
    const address = text(item, "address");
    const values = child(item, "values") ?? {
      value: {},
      path: `${item.path}.values`,
      document: item.document,
    };
    return {
      address,
      data: optionalText(item, "mode") === "data",
      type: text(item, "type"),
      name: optionalText(item, "name") ?? "",
      key: keyOf(item),
      module: instance,
      item,
      values,
      unknown: unknown.get(address) ?? {},
    };
  });
  const below = children(module, "child_modules").flatMap((item) =>
    resourcesIn(item, moduleInstance(text(item, "address"), instance), unknown),
  );
  return [...own, ...below];
}

function keyOf(item: Item): Key | undefined {
  const { index } = item.value;
  return typeof index === "string" || typeof index === "number" ? index : undefined;
}

/** `module.net["a"]` within its parent: the last step of its address, with its key. */
function moduleInstance(address: string, parent: ModuleInstance): ModuleInstance {
  const rest = parent.address === "" ? address : address.slice(parent.address.length + 1);
  const parts = /^module\.(?<name>[^.[]+)(?:\[(?<key>.*)\])?$/s.exec(rest)?.groups;
  const written = parts?.["key"];
  return {
    address,
    key: written === undefined ? undefined : parseKey(written),
    parent,
    call: parent.call?.calls.get(parts?.["name"] ?? ""),
  };
}

/** `"a"` or `0`, as an address has them between brackets. */
export function parseKey(written: string): Key {
  if (/^\d+$/.test(written)) return Number(written);
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value === "string") return value;
  } catch {
    // Not JSON's escapes: the text between the quotes is the key.
  }
  return written.replace(/^"|"$/g, "");
}

function removedBy(changes: readonly Item[]): Removed[] {
  return changes.flatMap((item) => {
    const change = child(item, "change");
    const actions = change?.value["actions"];
    const before = change === undefined ? undefined : child(change, "before");
    const gone =
      Array.isArray(actions) && actions.some((action) => action === "delete" || action === "update");
    return before === undefined || !gone
      ? []
      : [{ address: text(item, "address"), type: text(item, "type"), before }];
  });
}

function unfinishedBy(whole: Item): string[] {
  return [
    ...(whole.value["errored"] === true ? ["planning ended with an error"] : []),
    ...(whole.value["complete"] === false ? ["the plan is partial: some changes are deferred"] : []),
  ];
}
