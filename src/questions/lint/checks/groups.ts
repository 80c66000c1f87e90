// RW4xx: security groups, by themselves and with each other.
import type { Check } from "../model.ts";
import { groupCycle } from "./groups/cycles.ts";
import { defaultGroup } from "./groups/default-group.ts";
import { hardCodedAddress, hardCodedSubnet } from "./groups/hard-coded-address.ts";
import { redundantGroupRule } from "./groups/redundant-rule.ts";
import { staleReference, unusedGroup } from "./groups/unused.ts";

export const groupChecks: readonly Check[] = [
  hardCodedAddress,
  hardCodedSubnet,
  unusedGroup,
  staleReference,
  groupCycle,
  defaultGroup,
  redundantGroupRule,
];
