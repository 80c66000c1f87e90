// Every check that there is, by number: the lists of the areas one after the other. A new check is a file under
// checks/<area>/ and a line in the list of its area.
import { exposureChecks } from "./checks/exposure.ts";
import { groupChecks } from "./checks/groups.ts";
import { hostChecks } from "./checks/host.ts";
import { kubernetesChecks } from "./checks/kubernetes.ts";
import { orderChecks } from "./checks/order.ts";
import { returnTrafficChecks } from "./checks/return-traffic.ts";
import { segmentationChecks } from "./checks/segmentation.ts";
import type { Check } from "./model.ts";

export const checks: readonly Check[] = [
  ...exposureChecks,
  ...returnTrafficChecks,
  ...orderChecks,
  ...groupChecks,
  ...hostChecks,
  ...kubernetesChecks,
  ...segmentationChecks,
];
