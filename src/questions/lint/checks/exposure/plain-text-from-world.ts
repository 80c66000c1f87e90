// RW105: a service that sends passwords or contents readable on the way, open to the internet. Administration ports are
// RW101's, whatever they speak.
import { difference } from "../../../../packet/intervals.ts";
import { portDomain, TCP, UDP } from "../../../../packet/protocol.ts";
import type { Check } from "../../model.ts";
import { openToWorld } from "./open-to-world.ts";

export const plainTextFromWorld: Check = {
  number: "RW105",
  name: "plain-text-from-world",
  title: "A service without encryption is open to the internet",
  severity: "medium",
  why:
    "FTP, POP3, IMAP, LDAP, SNMP, MQTT and the like send passwords and contents as they are: everybody on the way reads " +
    "them, and who stands on the way of a path through the internet is nobody's choice.",
  references: [
    {
      title: "AWS Security Hub EC2.19 (no unrestricted access to ports with high risk)",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19",
    },
    { title: "NIST SP 800-53 SC-8, transmission confidentiality and integrity" },
  ],
  run: (context) => {
    const { ports } = context.settings;
    const readable = difference(portDomain, ports["plain-text"], ports.admin);
    return openToWorld(context, {
      severity: "medium",
      services: [
        { protocol: TCP, ports: readable },
        { protocol: UDP, ports: readable },
      ],
      mend: "offer its successor over TLS instead (FTPS or SFTP, POP3S, IMAPS, LDAPS, SNMPv3, MQTTS)",
    });
  },
};
