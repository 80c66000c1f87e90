// RW2xx: rings without memory, and what becomes of the replies there.
import type { Check } from "../model.ts";
import { aclEphemeralTooNarrow, aclLosesAnswers, aclLosesReplies } from "./return-traffic/acl-checks.ts";
import { forgedReplies } from "./return-traffic/forged-replies.ts";
import { filterLosesReplies } from "./return-traffic/stateless-filter.ts";

export const returnTrafficChecks: readonly Check[] = [
  aclLosesReplies,
  aclLosesAnswers,
  aclEphemeralTooNarrow,
  filterLosesReplies,
  forgedReplies,
];
