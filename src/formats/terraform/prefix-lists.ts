// Managed prefix lists with their entries, inline or as resources of their own, and what data sources read of lists.
import type { Written } from "../aws/planned/draft.ts";
import { blocks, isUnknown, optional, strings, type Fields } from "./fields.ts";
import type { Plan } from "./plan.ts";
import { given, tagsOf } from "./written.ts";

export function translatePrefixLists(plan: Plan): void {
  const entries = Map.groupBy(plan.of("aws_ec2_managed_prefix_list_entry"), (entry) => {
    const meant = plan.reference(entry, "prefix_list_id", ["prefix-list"]);
    return meant.kind === "id" ? meant.id : undefined;
  });
  for (const list of plan.of("aws_ec2_managed_prefix_list")) {
    const id = list.resource.address;
    const inline = [...blocks(list, "entry"), ...blocks(list, "entries")];
    const all = [...inline, ...(entries.get(id) ?? [])];
    const prefixes = all.flatMap((entry) => optional(entry, "cidr") ?? []);
    const name = optional(list, "name");
    plan.draft.add(
      "ManagedPrefixLists",
      { PrefixListId: id, ...given("PrefixListName", name), ...tagsOf(list) },
      list.origin,
    );
    // Without a list of entries it is one whose entries are not known.
    if (prefixes.length < all.length || isOpen(list)) continue;
    const Entries = [...new Set(prefixes)].map((Cidr): Written => ({ Cidr }));
    plan.draft.add("Entries", { PrefixListId: id, Entries }, list.origin);
  }
  for (const list of plan.of("aws_prefix_list")) {
    const name = optional(list, "name");
    plan.draft.add(
      "PrefixLists",
      {
        PrefixListId: list.resource.address,
        ...given("PrefixListName", name),
        Cidrs: strings(list, "cidr_blocks"),
      },
      list.origin,
    );
  }
}

/** Whether blocks are written of which nothing is known yet. */
function isOpen(list: Fields): boolean {
  return isUnknown(list, "entry") && list.expression("entry") !== undefined;
}
