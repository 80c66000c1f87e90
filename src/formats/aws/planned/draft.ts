// The inventory of an estate that does not stand yet: resources in the shape of AWS's exports, each with the place where
// a template or a plan writes it. From there on it is read as an export is.
import type { Origin } from "../../../problem.ts";
import { Inventory } from "../inventory.ts";
import type { Json, JsonDocument } from "../../json.ts";
import type { Item } from "../item.ts";
import type { Kind } from "../kinds.ts";

export type Written = { [key: string]: Json };

export class Draft {
  readonly inventory = new Inventory({ partial: true });
  readonly #origins = new WeakMap<object, Origin>();

  /** A list of this kind is whole though it be empty: what is not in it is not there. */
  complete(kinds: readonly Kind[]): void {
    for (const kind of kinds) this.inventory.add(kind, []);
  }

  /**
   * Adds a resource. Objects inside it that `at` did not place stand where the resource does.
   *
   * @example draft.add("Vpcs", { VpcId: "Shop", CidrBlock: "10.0.0.0/16" }, { file: "shop.yaml", line: 4, id: "Shop" })
   */
  add(kind: Kind, value: Written, origin: Origin): void {
    this.#place(value, origin);
    const document: JsonDocument = {
      value,
      originOf: (part, id) => {
        const own = typeof part === "object" && part !== null ? this.#origins.get(part) : undefined;
        const found = own ?? origin;
        return id === undefined || found.id !== undefined ? found : { ...found, id };
      },
    };
    const item: Item = { value, path: origin.id ?? kind, document };
    this.inventory.add(kind, [item]);
  }

  /** Says where a part of a resource is written, with an id of its own where it has one. */
  at<T extends Written>(value: T, origin: Origin): T {
    this.#origins.set(value, origin);
    return value;
  }

  #place(value: Json, origin: Origin): void {
    if (typeof value !== "object" || value === null) return;
    const own = this.#origins.get(value);
    const { id: _whole, ...place } = own ?? origin;
    if (own === undefined) this.#origins.set(value, place);
    const parts: Json[] = Array.isArray(value) ? value : Object.values(value);
    for (const part of parts) this.#place(part, place);
  }
}
