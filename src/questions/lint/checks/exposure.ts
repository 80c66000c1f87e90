// RW1xx: what is open to whom, and what may go out.
import type { Check } from "../model.ts";
import { openToWorldAdmin } from "./exposure/open-to-world-admin.ts";

export const exposureChecks: readonly Check[] = [openToWorldAdmin];
