// RW101: an administration port that anybody on the internet gets to.
import { TCP } from "../../../../packet/protocol.ts";
import type { Check } from "../../model.ts";
import { openToWorld } from "./open-to-world.ts";

export const openToWorldAdmin: Check = {
  number: "RW101",
  name: "open-to-world-admin",
  title: "An administration port is open to the internet",
  severity: "high",
  why:
    "Every address on the internet is scanned for shells and remote desktops within minutes; then a guessed password or " +
    "one unpatched flaw is all that stands between an attacker and the machine.",
  references: [
    {
      title:
        "CIS AWS Foundations 5.0.0, 5.3 and 5.4 (no ingress from 0.0.0.0/0 or ::/0 to remote administration ports)",
    },
    {
      title: "AWS Security Hub EC2.13, EC2.14",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
    },
  ],
  run: (context) =>
    openToWorld(context, {
      severity: "high",
      services: [{ protocol: TCP, ports: context.settings.ports.admin }],
      mend: "a bastion, a VPN or Session Manager in front of it needs no rule for the world; or name the administrators' own addresses",
    }),
};
