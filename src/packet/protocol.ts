// Protocol numbers and well-known ports by name (IANA registries), and the ephemeral ports of the common systems.
import { numberDomain, type NumberSet } from "./intervals.ts";

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const DCCP = 33;
export const ESP = 50;
export const AH = 51;
export const ICMPV6 = 58;
export const SCTP = 132;
export const UDPLITE = 136;

const protocolNumbers: Readonly<Record<string, number>> = {
  hopopt: 0,
  icmp: ICMP,
  igmp: 2,
  ipip: 4,
  ipencap: 4,
  tcp: TCP,
  egp: 8,
  igp: 9,
  udp: UDP,
  dccp: DCCP,
  ipv6: 41,
  "ipv6-route": 43,
  "ipv6-frag": 44,
  rsvp: 46,
  gre: 47,
  esp: ESP,
  ah: AH,
  icmpv6: ICMPV6,
  "ipv6-icmp": ICMPV6,
  "ipv6-nonxt": 59,
  "ipv6-opts": 60,
  eigrp: 88,
  ospf: 89,
  ospfigp: 89,
  pim: 103,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: SCTP,
  "mobility-header": 135,
  udplite: UDPLITE,
};
const protocolNames = new Map<number, string>(
  Object.entries(protocolNumbers)
    .map(([name, number]) => [number, name] as const)
    .toReversed(),
);
protocolNames.set(ICMPV6, "icmpv6");

export const protocolDomain = numberDomain(255);
export const portDomain = numberDomain(65535);
export const anyPort: NumberSet = [0, 65535];

/** A protocol number from its IANA name or its number in text; undefined for neither. */
export function parseProtocol(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined;
  return Object.hasOwn(protocolNumbers, text.toLowerCase()) ? protocolNumbers[text.toLowerCase()] : undefined;
}

export function protocolName(number: number): string {
  return protocolNames.get(number) ?? `protocol ${number}`;
}

/** Whether the protocol's header begins with a source and a destination port. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === TCP || protocol === UDP || protocol === SCTP || protocol === DCCP || protocol === UDPLITE
  );
}

/** Which ports a client's system picks for its end of a connection, when the program does not ask for one. */
export const ephemeralPorts = {
  /** net.ipv4.ip_local_port_range, Linux's default */
  linux: [32768, 60999],
  /** IANA's dynamic ports; Windows since Vista, macOS, FreeBSD */
  windows: [49152, 65535],
  /** AWS: NAT gateways, Elastic Load Balancing, Lambda */
  aws: [1024, 65535],
  /** Any system: what a rule has to open for clients nobody knows */
  any: [1024, 65535],
} as const satisfies Record<string, NumberSet>;

const serviceNames: Readonly<Record<string, number>> = {
  "ftp-data": 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  time: 37,
  whois: 43,
  domain: 53,
  dns: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  http: 80,
  www: 80,
  kerberos: 88,
  pop3: 110,
  sunrpc: 111,
  auth: 113,
  ntp: 123,
  epmap: 135,
  "netbios-ns": 137,
  "netbios-dgm": 138,
  "netbios-ssn": 139,
  imap2: 143,
  imap: 143,
  snmp: 161,
  "snmp-trap": 162,
  bgp: 179,
  ldap: 389,
  https: 443,
  "microsoft-ds": 445,
  submissions: 465,
  isakmp: 500,
  syslog: 514,
  submission: 587,
  ldaps: 636,
  "domain-s": 853,
  rsync: 873,
  imaps: 993,
  pop3s: 995,
  openvpn: 1194,
  "ms-sql-s": 1433,
  oracle: 1521,
  l2tp: 1701,
  nfs: 2049,
  mysql: 3306,
  "ms-wbt-server": 3389,
  rdp: 3389,
  "ipsec-nat-t": 4500,
  sip: 5060,
  xmpp: 5222,
  mdns: 5353,
  postgresql: 5432,
  postgres: 5432,
  amqp: 5672,
  vnc: 5900,
  x11: 6000,
  redis: 6379,
  kubernetes: 6443,
  "http-alt": 8080,
  elasticsearch: 9200,
  memcached: 11211,
  mongodb: 27017,
};

/** A port from its number or service name (the common part of IANA's registry); undefined for neither. */
export function parsePort(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65535 ? Number(text) : undefined;
  return Object.hasOwn(serviceNames, text.toLowerCase()) ? serviceNames[text.toLowerCase()] : undefined;
}
