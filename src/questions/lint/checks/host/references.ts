// Where the checks of host firewalls are written about.
import type { Reference } from "../../model.ts";

export const defaultDenyReference: Reference = {
  title:
    "CIS Ubuntu Linux 18.04 LTS Benchmark 2.2.0, 3.4.3.2.1 (ensure iptables default deny firewall policy)",
};
export const loopbackReference: Reference = {
  title: "CIS Google Container-Optimized OS Benchmark 1.0.0, 3.3.2.2 (ensure loopback traffic is configured)",
};
export const establishedReference: Reference = {
  title:
    "CIS Aliyun Linux 2 Benchmark 1.0.0, 3.5.1.3 (ensure outbound and established connections are configured)",
};
export const rulesReference: Reference = {
  title:
    "NIST SP 800-41 Rev. 1, 4.2 and 5.2 (rule sets: specific before general, reviewed for rules without effect)",
};
export const publishedReference: Reference = {
  title: "moby/moby issue 4737 (published ports and firewalls of the INPUT chain)",
  url: "https://github.com/moby/moby/issues/4737",
};
