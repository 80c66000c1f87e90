// How long a connection is remembered without a packet, in seconds: the kernel's own defaults
// (Documentation/networking/nf_conntrack-sysctl.rst), each of which a host can change by sysctl.

export interface Timeouts {
  readonly tcpSynSent: number;
  readonly tcpSynReceived: number;
  readonly tcpEstablished: number;
  readonly tcpFinWait: number;
  readonly tcpCloseWait: number;
  readonly tcpLastAck: number;
  readonly tcpTimeWait: number;
  readonly tcpClose: number;
  /** Retransmitted without an answer (nf_conntrack_tcp_max_retrans), or a window of zero. */
  readonly tcpMaxRetransmission: number;
  /** What was sent is not acknowledged, or the connection was picked up half-way and has no reply yet. */
  readonly tcpUnacknowledged: number;
  /** One direction only, or younger than two seconds. */
  readonly udp: number;
  /** Both directions, for over two seconds. */
  readonly udpStream: number;
  readonly icmp: number;
  readonly icmpv6: number;
  readonly gre: number;
  readonly greStream: number;
  /** Before the association stands: the cookie's two round trips. */
  readonly sctpCookie: number;
  readonly sctpEstablished: number;
  readonly generic: number;
}

export const defaultTimeouts: Timeouts = {
  tcpSynSent: 120,
  tcpSynReceived: 60,
  tcpEstablished: 432_000,
  tcpFinWait: 120,
  tcpCloseWait: 60,
  tcpLastAck: 30,
  tcpTimeWait: 120,
  tcpClose: 10,
  tcpMaxRetransmission: 300,
  tcpUnacknowledged: 300,
  udp: 30,
  udpStream: 120,
  icmp: 30,
  icmpv6: 30,
  gre: 30,
  greStream: 180,
  sctpCookie: 3,
  sctpEstablished: 210,
  generic: 600,
};
