// Three-valued truth: yes, no, or unknown with what it hangs on. Every match answers in it, so that an answer can be
// honest: allowed, denied, or "depends on …".
import type { AddressSet } from "../packet/address-set.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Origin } from "../problem.ts";
import type { AddressField, NumberField } from "./match.ts";

/** Why a match can't be decided. */
export type Cause =
  /** The packet leaves a number open, and only the part `inside` of it matches. `open` is the packet's own set. */
  | {
      readonly kind: "number";
      readonly field: NumberField;
      readonly open: NumberSet;
      readonly inside: NumberSet;
    }
  | {
      readonly kind: "address";
      readonly field: AddressField;
      readonly open: AddressSet;
      readonly inside: AddressSet;
    }
  /** Something that no header shows: a rate limit, a socket's owner, a module that Ringwall does not know. */
  | { readonly kind: "condition"; readonly what: string; readonly origin?: Origin };

export interface Maybe {
  readonly causes: readonly Cause[];
}
export type Truth = boolean | Maybe;

export function unknown(...causes: Cause[]): Maybe {
  return { causes };
}

export function isMaybe(truth: Truth): truth is Maybe {
  return typeof truth === "object";
}

export function not(truth: Truth): Truth {
  return isMaybe(truth) ? truth : !truth;
}

/** Kleene's and: false wins, then unknown (with every cause), then true. */
export function allOf(truths: Iterable<Truth>): Truth {
  let causes: Cause[] | undefined;
  for (const truth of truths) {
    if (truth === false) return false;
    if (isMaybe(truth)) causes = [...(causes ?? []), ...truth.causes];
  }
  return causes === undefined ? true : { causes };
}

/** Kleene's or: true wins, then unknown (with every cause), then false. */
export function anyOf(truths: Iterable<Truth>): Truth {
  let causes: Cause[] | undefined;
  for (const truth of truths) {
    if (truth === true) return true;
    if (isMaybe(truth)) causes = [...(causes ?? []), ...truth.causes];
  }
  return causes === undefined ? false : { causes };
}
