// The objects of manifests: their kind, name, namespace, labels and annotations; lists are taken apart. What an
// object means is for the files that read its kind.
import { originText, Problem, type Origin } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { asList, asMap, asText, field, named, required, textField, textMap } from "./fields.ts";
import { readTrees, type MapTree, type Tree } from "../tree.ts";

export interface KubernetesObject {
  readonly kind: string;
  /** The API group without its version; empty for the core group. */
  readonly group: string;
  readonly name: string;
  /** Empty for what stands outside of namespaces. */
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly metadata: MapTree;
  readonly map: MapTree;
  /** Where it begins, with its kind and name as its id. */
  readonly origin: Origin;
}

const clusterWide: ReadonlySet<string> = new Set([
  "Namespace",
  "Node",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "ClusterUserDefinedNetwork",
]);

/** Every object of the files, each once. @throws Problem `reference` where two have one kind, namespace and name */
export function readObjects(files: readonly SourceFile[]): KubernetesObject[] {
  const objects = new Map<string, KubernetesObject>();
  for (const object of files.flatMap((file) => readTrees(file).flatMap((tree) => objectsOf(tree)))) {
    const key = `${object.group} ${object.kind} ${object.namespace}/${object.name}`;
    const before = objects.get(key);
    if (before !== undefined && !isSameExport(before, object)) {
      throw new Problem(
        "reference",
        `there are two of ${fullName(object)}: the first stands at ${originText(before.origin)}`,
        {
          origin: object.origin,
          remedy: "read only one of the two; in a cluster the later one would replace the first",
        },
      );
    }
    objects.set(key, object);
  }
  return [...objects.values()];
}

/** The same object exported twice (all pods, and the pods of one namespace) is no contradiction. */
function isSameExport(a: KubernetesObject, b: KubernetesObject): boolean {
  const uid = textField(a.metadata, "uid");
  return uid !== undefined && uid === textField(b.metadata, "uid");
}

export function fullName(object: KubernetesObject): string {
  const path = object.namespace === "" ? object.name : `${object.namespace}/${object.name}`;
  return `${object.kind} ${path}`;
}

/** The object that a document holds, or those of its list; `kind` where the list says what its items are. */
function objectsOf(
  tree: Tree,
  kindOfItems?: { readonly apiVersion: string; readonly kind: string },
): KubernetesObject[] {
  if (tree.kind !== "map") {
    throw new Problem(
      "meaning",
      "a Kubernetes object is expected: a map with apiVersion, kind and metadata",
      {
        origin: tree.origin,
      },
    );
  }
  const kind = textField(tree, "kind") ?? kindOfItems?.kind;
  const apiVersion = textField(tree, "apiVersion") ?? kindOfItems?.apiVersion;
  if (kind === undefined || apiVersion === undefined) {
    throw new Problem("meaning", "a Kubernetes object is expected to have apiVersion and kind", {
      origin: tree.origin,
    });
  }
  if (kind.endsWith("List") && tree.entries.has("items")) {
    const items = field(tree, "items");
    const inner = kind === "List" ? undefined : { apiVersion, kind: kind.slice(0, -"List".length) };
    return items === undefined ? [] : asList(items, "items").items.flatMap((item) => objectsOf(item, inner));
  }
  const metadata = asMap(required(tree, "metadata", `a ${kind}`), "metadata");
  const name = asText(required(metadata, "name", "metadata"), "metadata.name");
  const slash = apiVersion.indexOf("/");
  const namespace = clusterWide.has(kind) ? "" : (textField(metadata, "namespace") ?? "default");
  return [
    {
      kind,
      group: slash < 0 ? "" : apiVersion.slice(0, slash),
      name,
      namespace,
      labels: textMap(field(metadata, "labels"), "label"),
      annotations: textMap(field(metadata, "annotations"), "annotation"),
      metadata,
      map: tree,
      origin: named(tree.origin, `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`),
    },
  ];
}
