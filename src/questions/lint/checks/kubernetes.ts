// RW6xx: Kubernetes policies: whom they leave open, and what of them stands for nothing.
import type { Check } from "../model.ts";
import { databaseFromEverywhere } from "./kubernetes/database-from-everywhere.ts";
import { noEgressDeny, noIngressDeny } from "./kubernetes/default-deny.ts";
import { hiddenAdminRule } from "./kubernetes/hidden-admin-rule.ts";
import { blockOfPods, peerIsNobody, portIsNobodys, selectsNoPod } from "./kubernetes/idle-policies.ts";
import { noDns } from "./kubernetes/no-dns.ts";
import { openIngress } from "./kubernetes/open-ingress.ts";

export const kubernetesChecks: readonly Check[] = [
  noIngressDeny,
  noEgressDeny,
  selectsNoPod,
  openIngress,
  peerIsNobody,
  portIsNobodys,
  blockOfPods,
  hiddenAdminRule,
  databaseFromEverywhere,
  noDns,
];
