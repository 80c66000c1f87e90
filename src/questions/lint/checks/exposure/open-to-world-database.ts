// RW102: a database's port that anybody on the internet gets to.
import { TCP, UDP } from "../../../../packet/protocol.ts";
import type { Check } from "../../model.ts";
import { openToWorld } from "./open-to-world.ts";

export const openToWorldDatabase: Check = {
  number: "RW102",
  name: "open-to-world-database",
  title: "A database's port is open to the internet",
  severity: "critical",
  why:
    "What a database holds is what attackers come for. Many answer without a password as they are installed, and those " +
    "found open are emptied and held to ransom by programs that look for nothing else.",
  references: [
    {
      title: "AWS Security Hub EC2.19 (no unrestricted access to ports with high risk)",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19",
    },
  ],
  run: (context) =>
    openToWorld(context, {
      severity: "critical",
      services: [
        { protocol: TCP, ports: context.settings.ports.database },
        { protocol: UDP, ports: context.settings.ports.database },
      ],
      mend: "let in the group of the application that uses it, and nobody else",
    }),
};
