// The lint's settings with every default filled in, and what the estate's own words override. Checks ask it which ports
// belong to which class and how bad a finding counts.
import { closest } from "../../closest.ts";
import type { Estate } from "../../estate/model.ts";
import {
  noLintSettings,
  type PortClass,
  type Severity,
  type Suppression,
  type Tier,
  type Written,
} from "../../estate/settings.ts";
import { fromPairs, type NumberSet } from "../../packet/intervals.ts";
import { parsePort, portDomain } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import type { Check } from "./model.ts";

export interface Settings {
  readonly ports: Readonly<Record<PortClass, NumberSet>>;
  readonly tiers: readonly Tier[];
  readonly suppress: readonly Suppression[];
  /** Findings this bad or worse end the verb with status 1. */
  readonly fail: Severity | "never";
  /** Whether a check is run at all. */
  readonly runs: (check: Check) => boolean;
  /** A severity that the estate's own settings give a check. */
  readonly severityOf: (check: Check) => Severity | undefined;
}

function ports(...names: readonly string[]): NumberSet {
  return fromPairs(
    portDomain,
    names.map((name): [number, number] => {
      const [first = "", last = first] = name.split("-");
      return [parsePort(first) ?? 0, parsePort(last) ?? 0];
    }),
  );
}

/** Where a machine is taken over: shells, desktops, remote management, container and cluster control. */
const adminPorts = ports(
  "ssh",
  "telnet",
  "512-514", // rexec, rlogin, rsh
  "135",
  "139",
  "445", // Windows RPC and SMB: remote administration
  "623", // IPMI
  "2375-2376", // Docker
  "2379-2380", // etcd
  "rdp",
  "5900-5903", // VNC
  "5985-5986", // WinRM
  "6443",
  "10250", // Kubernetes
);

const databasePorts = ports(
  "1433-1434",
  "1521",
  "3306",
  "5432",
  "5439", // Redshift
  "5984", // CouchDB
  "6379",
  "7000-7001",
  "9042", // Cassandra
  "8086", // InfluxDB
  "9200",
  "9300", // Elasticsearch
  "11211",
  "27017-27019",
);

/** Services that carry passwords or contents readable on the way, and have an encrypted successor. */
const plainTextPorts = ports("ftp", "telnet", "smtp", "pop3", "imap", "ldap", "512-514", "161", "1883");

const classes: Readonly<Record<PortClass, NumberSet>> = {
  admin: adminPorts,
  database: databasePorts,
  "plain-text": plainTextPorts,
};

/** Which ports belong to which class of services, by the estate's own words or by Ringwall's list. */
export function portsOf(estate: Estate): Readonly<Record<PortClass, NumberSet>> {
  return { ...classes, ...estate.settings?.lint.ports };
}

/** @throws Problem `reference` where a setting names a check that there is not */
export function settingsOf(estate: Estate, checks: readonly Check[]): Settings {
  const lint = estate.settings?.lint ?? noLintSettings;
  const disabled = new Set(lint.disable.map((item) => checkOf(checks, item)));
  const enabled = new Set(lint.enable.map((item) => checkOf(checks, item)));
  const weights = new Map(lint.severity.map((item) => [checkOf(checks, item.check), item.severity]));
  for (const item of lint.suppress) checkOf(checks, { text: item.check, origin: item.origin });
  return {
    ports: portsOf(estate),
    tiers: estate.settings?.tiers ?? [],
    suppress: lint.suppress,
    fail: lint.fail ?? "low",
    runs: (check) => !disabled.has(check) && (check.optional !== true || enabled.has(check)),
    severityOf: (check) => weights.get(check),
  };
}

/** The check of a number or name. */
export function findCheck(checks: readonly Check[], text: string): Check | undefined {
  const wanted = text.toLowerCase();
  return checks.find((check) => check.number.toLowerCase() === wanted || check.name === wanted);
}

function checkOf(checks: readonly Check[], written: Written): Check {
  const check = findCheck(checks, written.text);
  if (check !== undefined) return check;
  throw new Problem("reference", `there is no check “${written.text}”`, {
    origin: written.origin,
    remedy: nearestCheck(checks, written.text),
  });
}

/** What to say of a check that there is not. */
export function nearestCheck(checks: readonly Check[], text: string): string {
  const near = closest(text, [...checks.map((check) => check.name), ...checks.map((check) => check.number)]);
  return near === undefined ? "ringwall lint --list names them" : `did you mean ${near}?`;
}
