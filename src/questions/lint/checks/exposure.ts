// RW1xx: what is open to whom, and what may go out.
import type { Check } from "../model.ts";
import { ipv6WiderThanIpv4 } from "./exposure/ipv6-wider-than-ipv4.ts";
import { metadataFromPods } from "./exposure/metadata-from-pods.ts";
import { openToWorldAdmin } from "./exposure/open-to-world-admin.ts";
import { openToWorldDatabase } from "./exposure/open-to-world-database.ts";
import { openToWorldEverything } from "./exposure/open-to-world-everything.ts";
import { plainTextFromWorld } from "./exposure/plain-text-from-world.ts";
import { sideDoor } from "./exposure/side-door.ts";
import { unrestrictedEgress } from "./exposure/unrestricted-egress.ts";
import { worldRuleBehindWalls } from "./exposure/world-rule-behind-walls.ts";

export const exposureChecks: readonly Check[] = [
  openToWorldAdmin,
  openToWorldDatabase,
  openToWorldEverything,
  worldRuleBehindWalls,
  plainTextFromWorld,
  ipv6WiderThanIpv4,
  unrestrictedEgress,
  sideDoor,
  metadataFromPods,
];
