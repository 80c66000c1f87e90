// RW5xx: the firewalls of hosts: what they let through by default, what they lose, and rules that do not what they say.
import type { Check } from "../model.ts";
import { adminShutOut, singleDoor } from "./host/admin-access.ts";
import { hostDefaultAllow, openForwarding } from "./host/default-deny.ts";
import { ipv6Unfiltered } from "./host/ipv6-unfiltered.ts";
import { acknowledgedAccepted, sourcePortAccepted } from "./host/forged.ts";
import {
  hiddenHostRule,
  hostNeverMatches,
  hostOrderByAccident,
  redundantHostRule,
} from "./host/hidden-rules.ts";
import { jumpToEmptyChain, unreferencedChain } from "./host/idle-chains.ts";
import { invalidAccepted } from "./host/invalid-first.ts";
import { logFloods, logNeverReached } from "./host/logs.ts";
import { answersRefused, loopbackRefused } from "./host/lost-traffic.ts";
import { publishedPast } from "./host/published.ts";
import { spoofedSource } from "./host/spoofed.ts";

export const hostChecks: readonly Check[] = [
  hostDefaultAllow,
  loopbackRefused,
  answersRefused,
  logNeverReached,
  logFloods,
  hiddenHostRule,
  redundantHostRule,
  hostOrderByAccident,
  hostNeverMatches,
  unreferencedChain,
  jumpToEmptyChain,
  ipv6Unfiltered,
  adminShutOut,
  singleDoor,
  sourcePortAccepted,
  acknowledgedAccepted,
  invalidAccepted,
  spoofedSource,
  publishedPast,
  openForwarding,
];
