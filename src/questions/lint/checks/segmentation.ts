// RW7xx: tiers that should be apart, rings that disagree, and routes.
import type { Check } from "../model.ts";
import { asymmetricRings } from "./segmentation/asymmetric-rings.ts";
import { blackholeRoute } from "./segmentation/blackhole-route.ts";
import { databaseOpenInside } from "./segmentation/database-open-inside.ts";
import { tierCrossed } from "./segmentation/tier-crossed.ts";

export const segmentationChecks: readonly Check[] = [
  tierCrossed,
  databaseOpenInside,
  asymmetricRings,
  blackholeRoute,
];
