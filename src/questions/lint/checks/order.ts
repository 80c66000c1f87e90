// RW3xx: the order of rules, what they cover, and what happens to what none covers.
import type { Check } from "../model.ts";
import {
  broadDenyAboveAllows,
  correlatedRules,
  neverMatches,
  redundantRule,
  shadowedRule,
} from "./order/covered.ts";
import { defaultAllow } from "./order/default-allow.ts";
import { numbersWithoutGaps } from "./order/numbering.ts";
import { unusedAcl } from "./order/unused-acl.ts";

export const orderChecks: readonly Check[] = [
  shadowedRule,
  redundantRule,
  correlatedRules,
  neverMatches,
  broadDenyAboveAllows,
  numbersWithoutGaps,
  defaultAllow,
  unusedAcl,
];
