// Gathers, over a walk, which packets can come out how: lists while it goes on, sets when it is over.
import type { PacketSet, Space } from "../../space/space.ts";
import type { Rule, Translation } from "../rule.ts";
import type { ChainSets } from "./model.ts";

type Kind = "accept" | "drop" | "reject" | "queue" | "unknown" | "none";

export class Outcomes {
  readonly #sets: Readonly<Record<Kind, PacketSet[]>> = {
    accept: [],
    drop: [],
    reject: [],
    queue: [],
    unknown: [],
    none: [],
  };
  readonly #translations = new Map<Translation, { readonly rule: Rule; readonly sets: PacketSet[] }>();

  add(kind: Kind, set: PacketSet): void {
    this.#sets[kind].push(set);
  }

  translate(translation: Translation, rule: Rule, set: PacketSet): void {
    const before = this.#translations.get(translation);
    if (before === undefined) this.#translations.set(translation, { rule, sets: [set] });
    else before.sets.push(set);
  }

  sets(space: Space): Omit<ChainSets, "entering" | "notrack" | "marks"> {
    const reject = space.unionOf(this.#sets.reject);
    return {
      accept: space.unionOf(this.#sets.accept),
      drop: space.or(reject, space.unionOf(this.#sets.drop)),
      reject,
      queue: space.unionOf(this.#sets.queue),
      unknown: space.unionOf(this.#sets.unknown),
      none: space.unionOf(this.#sets.none),
      translations: [...this.#translations].map(([translation, { rule, sets }]) => ({
        translation,
        rule,
        set: space.unionOf(sets),
      })),
    };
  }
}
