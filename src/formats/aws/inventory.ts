// Everything that a set of AWS export files holds, sorted by kind, before any of it is understood. Several files of
// one kind are one list; what is not read is an unknown.
import type { Origin, Unknown } from "../../problem.ts";
import { Problem } from "../../problem.ts";
import { isObject, readJson, type Json, type JsonDocument } from "../json.ts";
import type { SourceFile } from "../reader.ts";
import { itemsOf, misshapen, text, children, optionalText, type Item } from "./item.ts";
import { importKey, isWhole, meaningOf, type Kind } from "./kinds.ts";

export class Inventory {
  /** Whether it is a part of an account by its nature, as a plan is: what it names and lacks may well be there. */
  readonly partial: boolean;
  readonly #items = new Map<Kind, Item[]>();
  readonly #unknowns: Unknown[] = [];

  constructor({ partial = false }: { readonly partial?: boolean } = {}) {
    this.partial = partial;
  }

  /** All items of a kind, in the order of the files. */
  of(kind: Kind): readonly Item[] {
    return this.#items.get(kind) ?? [];
  }

  /** Whether any file has a list of this kind, be it empty: then what is not in it is not there. */
  has(kind: Kind): boolean {
    return this.#items.has(kind);
  }

  add(kind: Kind, items: readonly Item[]): void {
    const before = this.#items.get(kind);
    if (before === undefined) this.#items.set(kind, [...items]);
    else for (const item of items) before.push(item);
  }

  unknown(origin: Origin, what: string, effect: string): void {
    this.#unknowns.push({ origin, what, effect });
  }

  get unknowns(): readonly Unknown[] {
    return this.#unknowns;
  }
}

/** @throws Problem `syntax` for a file that is not JSON, or a list that is none */
export function takeInventory(files: readonly SourceFile[]): Inventory {
  const inventory = new Inventory();
  for (const file of files) {
    const document = readJson(file);
    const { value } = document;
    if (!isObject(value)) {
      throw new Problem("syntax", "an object such as {“Vpcs”: […]} was expected", {
        origin: { file: file.path, line: 1 },
        remedy: "export with the AWS CLI's own shape, without --query",
      });
    }
    const whole: Item = { value, path: "", document };
    if (Object.hasOwn(value, importKey)) {
      readImportRecord(inventory, whole);
      continue;
    }
    for (const [key, part] of Object.entries(value)) take(inventory, whole, key, part, document);
  }
  return inventory;
}

function take(inventory: Inventory, whole: Item, key: string, part: Json, document: JsonDocument): void {
  const meaning = meaningOf(key);
  if (meaning === "no-bearing") return;
  if (meaning === "metadata") return;
  if (meaning === "continuation") {
    if (typeof part === "string" && part !== "") cutShort(inventory, whole, key);
    return;
  }
  if (meaning === "unread") {
    noteUnread(inventory, key, part, document);
    return;
  }
  if (isWhole(meaning)) {
    inventory.add(meaning, [{ ...whole, path: "" }]);
    return;
  }
  if (part === null) return;
  if (!Array.isArray(part)) misshapen({ ...whole, path: "" }, key, "a list");
  inventory.add(meaning, itemsOf(part, key, document));
}

function cutShort(inventory: Inventory, whole: Item, key: string): void {
  inventory.unknown(
    whole.document.originOf(whole.value),
    `${key}: the list goes on after this file's last element`,
    "what stands on the further pages is missing: export it without --no-paginate or --max-items",
  );
}

function noteUnread(inventory: Inventory, key: string, part: Json, document: JsonDocument): void {
  const count = Array.isArray(part) ? part.length : 1;
  if (count === 0 || part === null) return;
  inventory.unknown(
    document.originOf(part),
    `${key}: ${count} of them`,
    "not read: Ringwall does not know this kind of resource; its interfaces and groups are read by their own lists",
  );
}

/** What an import could not see is unknown in every answer that is built on it. */
function readImportRecord(inventory: Inventory, whole: Item): void {
  for (const call of children(whole, "Calls")) {
    const denied = optionalText(call, "Denied");
    if (denied === undefined) continue;
    inventory.unknown(
      call.document.originOf(call.value),
      `${text(call, "Call")} was refused when this estate was imported: ${denied}`,
      "what that call lists is not in this estate",
    );
  }
}
