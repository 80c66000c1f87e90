// Every check that there is, by number. A new one is a file under checks/<area>/ and a line here.
import type { Check } from "./model.ts";
import { openToWorldAdmin } from "./checks/exposure/open-to-world-admin.ts";

export const checks: readonly Check[] = [openToWorldAdmin];
