// Prefix lists: AWS's own with their prefixes (describe-prefix-lists), and managed ones whose entries are an export of
// their own (get-managed-prefix-list-entries).
import type { PrefixList } from "../../estate/model.ts";
import { requirePrefix } from "../../packet/address.ts";
import { prefixSet, unionOfAddresses } from "../../packet/address-set.ts";
import type { Inventory } from "./inventory.ts";
import { children, optionalText, originOf, prefixAt, text, texts, type Item } from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";

export function readPrefixLists(inventory: Inventory): Map<string, PrefixList> {
  const managed = new Map(
    inventory.of("ManagedPrefixLists").map((item) => [text(item, "PrefixListId"), item]),
  );
  const lists = [
    ...inventory.of("PrefixLists").map((item) => ownedByAws(item)),
    ...inventory.of("Entries").flatMap((whole) => entriesOf(whole, managed, inventory)),
  ];
  const known = once("prefix list", lists);
  for (const [id, item] of managed) {
    if (known.has(id)) continue;
    inventory.unknown(
      originOf(item, id),
      `the entries of the prefix list ${id} were not exported (get-managed-prefix-list-entries)`,
      "rules that name it: matched or not, can't be known",
    );
  }
  return known;
}

function ownedByAws(item: Item): PrefixList {
  const id = text(item, "PrefixListId");
  const origin = originOf(item, id);
  const sets = texts(item, "Cidrs").map((cidr) => prefixSet(requirePrefix(cidr, origin)));
  return { ...placeOf(item, id, optionalText(item, "PrefixListName")), set: unionOfAddresses(sets) };
}

/** The output does not say whose entries they are: a key beside them does, or the file's name, or there is one list. */
function entriesOf(whole: Item, managed: ReadonlyMap<string, Item>, inventory: Inventory): PrefixList[] {
  const id = listId(whole, managed);
  const entries = children(whole, "Entries");
  if (id === undefined) {
    inventory.unknown(
      originOf(whole),
      `${entries.length} entries of a prefix list that the file does not name`,
      "not read: put the list's id (pl-…) into the file's name",
    );
    return [];
  }
  const item = managed.get(id);
  const place =
    item === undefined ? placeOf(whole, id) : placeOf(item, id, optionalText(item, "PrefixListName"));
  const sets = entries.map((entry) => prefixSet(prefixAt(entry, "Cidr")));
  return [{ ...place, set: unionOfAddresses(sets) }];
}

function listId(whole: Item, managed: ReadonlyMap<string, Item>): string | undefined {
  const said = optionalText(whole, "PrefixListId") ?? idInFileName(whole, /pl-[0-9a-f]+/);
  if (said !== undefined) return said;
  return managed.size === 1 ? [...managed.keys()][0] : undefined;
}

/** An id that stands in the file's name, for outputs that do not name what they belong to. */
export function idInFileName(whole: Item, pattern: RegExp): string | undefined {
  const name = originOf(whole).file.split(/[\\/]/).at(-1) ?? "";
  return pattern.exec(name)?.[0];
}
