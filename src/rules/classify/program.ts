// A chain with all that it jumps to, as one list of items that is only ever walked forward: decisions, skips and changes
// of marks, each with the packets that it is for. Says of every packet what evaluate.ts says; data and its rules of
// reading. unfold.ts makes it, run.ts walks it.
import type { Action } from "../rule.ts";
import type { Region } from "../boxes/model.ts";

export type Item =
  /** This way through the chain ends in a verdict. */
  | { readonly kind: "decide" }
  /** It may end here in any verdict, or go on. */
  | { readonly kind: "branch" }
  /** It goes on at item `to`. */
  | { readonly kind: "skip"; readonly to: number }
  /** What was asked is unknown: it goes on here, and at item `to` as well. */
  | { readonly kind: "part"; readonly to: number }
  | { readonly kind: "mark"; readonly action: Extract<Action, { kind: "set-mark" | "copy-mark" }> }
  /** Too intricate to be written as items: the packet is given to `evaluate`. */
  | { readonly kind: "ask" };

export interface Program {
  readonly items: readonly Item[];
  /** For each item, where it applies to packets that come to it. */
  readonly regions: readonly Region[];
}
