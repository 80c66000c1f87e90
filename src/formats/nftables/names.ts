// The words that nft writes for numbers: ICMP types and codes, DSCP classes, TCP flags, conntrack bits, address types.
// Taken from `nft describe` (1.0.6 and later); what is not here stands as a number in the export.
import { parseProtocol } from "../../packet/protocol.ts";

export type Names = Readonly<Record<string, number>>;

export const icmpTypes: Names = {
  "echo-reply": 0,
  "destination-unreachable": 3,
  "source-quench": 4,
  redirect: 5,
  "echo-request": 8,
  "router-advertisement": 9,
  "router-solicitation": 10,
  "time-exceeded": 11,
  "parameter-problem": 12,
  "timestamp-request": 13,
  "timestamp-reply": 14,
  "info-request": 15,
  "info-reply": 16,
  "address-mask-request": 17,
  "address-mask-reply": 18,
};

export const icmpv6Types: Names = {
  "destination-unreachable": 1,
  "packet-too-big": 2,
  "time-exceeded": 3,
  "parameter-problem": 4,
  "echo-request": 128,
  "echo-reply": 129,
  "mld-listener-query": 130,
  "mld-listener-report": 131,
  "mld-listener-done": 132,
  "mld-listener-reduction": 132,
  "nd-router-solicit": 133,
  "nd-router-advert": 134,
  "nd-neighbor-solicit": 135,
  "nd-neighbor-advert": 136,
  "nd-redirect": 137,
  "router-renumbering": 138,
  "ind-neighbor-solicit": 141,
  "ind-neighbor-advert": 142,
  "mld2-listener-report": 143,
};

export const icmpCodes: Names = {
  "net-unreachable": 0,
  "host-unreachable": 1,
  "prot-unreachable": 2,
  "port-unreachable": 3,
  "frag-needed": 4,
  "net-prohibited": 9,
  "host-prohibited": 10,
  "admin-prohibited": 13,
};

export const icmpv6Codes: Names = {
  "no-route": 0,
  "admin-prohibited": 1,
  "addr-unreachable": 3,
  "port-unreachable": 4,
  "policy-fail": 5,
  "reject-route": 6,
};

export const dscpClasses: Names = {
  cs0: 0x00,
  cs1: 0x08,
  cs2: 0x10,
  cs3: 0x18,
  cs4: 0x20,
  cs5: 0x28,
  cs6: 0x30,
  cs7: 0x38,
  df: 0x00,
  be: 0x00,
  lephb: 0x01,
  af11: 0x0a,
  af12: 0x0c,
  af13: 0x0e,
  af21: 0x12,
  af22: 0x14,
  af23: 0x16,
  af31: 0x1a,
  af32: 0x1c,
  af33: 0x1e,
  af41: 0x22,
  af42: 0x24,
  af43: 0x26,
  va: 0x2c,
  ef: 0x2e,
};

export const tcpFlags: Names = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ecn: 0x40,
  cwr: 0x80,
};

export const connectionStates: Names = {
  invalid: 0x01,
  established: 0x02,
  related: 0x04,
  new: 0x08,
  untracked: 0x40,
};

export const connectionStatus: Names = {
  expected: 0x001,
  "seen-reply": 0x002,
  assured: 0x004,
  confirmed: 0x008,
  snat: 0x010,
  dnat: 0x020,
  dying: 0x200,
};

export const directions: Names = { original: 0, reply: 1 };
export const linkTypes: Names = { host: 0, unicast: 0, broadcast: 1, multicast: 2, other: 3 };
/** `meta nfproto`: netfilter's numbers of the families. */
export const families: Names = { ipv4: 2, ipv6: 10 };
export const etherTypes: Names = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd, "8021q": 0x8100, vlan: 0x8100 };

export const addressTypes: Names = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};

/** TCP options by kind (IANA); later releases of nft renamed some. */
export const tcpOptions: Names = {
  eol: 0,
  noop: 1,
  nop: 1,
  maxseg: 2,
  window: 3,
  "sack-permitted": 4,
  "sack-perm": 4,
  sack: 5,
  timestamp: 8,
  md5sig: 19,
  mptcp: 30,
  fastopen: 34,
};

/** Names of /etc/protocols that the common table lacks. */
const rarerProtocols: Names = {
  ip: 0,
  ggp: 3,
  st: 5,
  pup: 12,
  hmp: 20,
  "xns-idp": 22,
  rdp: 27,
  "iso-tp4": 29,
  xtp: 36,
  ddp: 37,
  "idpr-cmtp": 38,
  idrp: 45,
  skip: 57,
  rspf: 73,
  vmtp: 81,
  "ax.25": 93,
  etherip: 97,
  encap: 98,
  isis: 124,
  fc: 133,
  "mpls-in-ip": 137,
  manet: 138,
  hip: 139,
  shim6: 140,
  wesp: 141,
  rohc: 142,
  ethernet: 143,
};

/** A protocol's number from a name of /etc/protocols, as nft writes it. */
export function protocolNumber(name: string): number | undefined {
  return parseProtocol(name) ?? named(rarerProtocols, name);
}

export function named(names: Names, name: string): number | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
