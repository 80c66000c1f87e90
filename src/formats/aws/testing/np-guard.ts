// For tests: what an independent analyser of AWS exports (np-guard) says about them: its lists of connections and its
// explanations, as sets of ports between places.

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly protocol: "all" | "tcp" | "udp" | "icmp";
  readonly sourcePorts: readonly (readonly [number, number])[];
  readonly destinationPorts: readonly (readonly [number, number])[];
  /** Whether the answer to it gets back; it says so for TCP alone. */
  readonly replies: boolean;
}

const every: readonly (readonly [number, number])[] = [[1, 65535]];

/** A place as it writes it: `p1[10.240.3.70]` is the address, `Public Internet 147.235.0.0/16` the prefix. */
export function placeName(written: string): string {
  const address = /\[(?<address>[\d.]+)\]$/.exec(written)?.groups?.["address"];
  if (address !== undefined) return address;
  const outside = /^Public Internet (?<what>.*)$/.exec(written)?.groups?.["what"];
  if (outside === undefined) throw new Error(`not a place: ${written}`);
  return outside === "(all ranges)" ? "internet" : outside;
}

/** The lines `a => b : protocol: TCP src-ports: … dst-ports: … *` of a connectivity report. */
export function connectionsIn(report: string): Connection[] {
  return report.split("\n").flatMap((line) => {
    const parts = /^(?<from>.+) => (?<to>.+?) : (?<what>.+?)(?<star> \*)?\s*$/.exec(line)?.groups;
    if (parts === undefined) return [];
    const { from = "", to = "", what = "", star } = parts;
    return [{ from: placeName(from), to: placeName(to), ...service(what), replies: star === undefined }];
  });
}

/** `All Connections`, `protocol: UDP`, `protocol: TCP src-ports: 1-1024,5001-65535 dst-ports: 9080`. */
function service(what: string): Omit<Connection, "from" | "to" | "replies"> {
  if (what === "All Connections") return { protocol: "all", sourcePorts: every, destinationPorts: every };
  const protocol = /^protocol: (?<name>TCP|UDP|ICMP)\b/.exec(what)?.groups?.["name"]?.toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "icmp") {
    throw new Error(`not a connection: ${what}`);
  }
  return {
    protocol,
    sourcePorts: ports(/src-ports: (?<ports>\S+)/.exec(what)?.groups?.["ports"]),
    destinationPorts: ports(/dst-ports: (?<ports>\S+)/.exec(what)?.groups?.["ports"]),
  };
}

function ports(written: string | undefined): readonly (readonly [number, number])[] {
  if (written === undefined) return every;
  return written.split(",").map((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return [first ?? 0, last ?? 0];
  });
}

export interface Explanation {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  /** Absent: it says that there is none. */
  readonly connection?: Connection;
  /** Replies of these are blocked. */
  readonly unanswered?: Connection;
  /** The rings that it says block the way there, as `egress network ACL`. */
  readonly blocking: readonly string[];
}

/** The statements of an explanation: one for each pair of endpoints that the question stands for. */
export function explanationsIn(report: string): Explanation[] {
  const network =
    /^Explaining connectivity .* within (?<network>\S+)/.exec(report)?.groups?.["network"] ?? "";
  const statements = report.split("\n").flatMap((line, at, lines) => {
    const parts =
      /^(?<no>No )?[Cc]onnecti\w+ from (?<from>.+?) to (?<to>.+?)(?:: (?<what>.+)|;)$/.exec(line)?.groups ??
      undefined;
    if (parts === undefined) return [];
    const ends = { from: placeName(parts["from"] ?? ""), to: placeName(parts["to"] ?? "") };
    const after = lines.slice(at + 1, at + 8);
    if (parts["no"] !== undefined) return [{ network, ...ends, blocking: after.flatMap(blockingIn) }];
    const connection = { ...ends, ...service(parts["what"] ?? ""), replies: true };
    const exception = /However, (?<protocol>TCP) response is blocked for: (?<ports>.*)$/.exec(
      after[0] ?? "",
    )?.groups;
    const unanswered =
      exception === undefined
        ? undefined
        : { ...ends, ...service(`protocol: ${exception["protocol"]} ${exception["ports"]}`), replies: false };
    return [
      { network, ...ends, connection, ...(unanswered === undefined ? {} : { unanswered }), blocking: [] },
    ];
  });
  return statements;
}

/** `Egress: security group A does not allow connection; network ACL B blocks connection`. Groups are weighed together. */
function blockingIn(line: string): string[] {
  const parts = /^(?<side>Egress|Ingress): (?<rings>.*)$/.exec(line)?.groups;
  if (parts === undefined) return [];
  const side = (parts["side"] ?? "").toLowerCase();
  const rings = (parts["rings"] ?? "").split("; ");
  const groups = rings.filter((ring) => ring.startsWith("security group"));
  const blocked = (ring: string): boolean => /blocks|denies|does not allow/.test(ring);
  return [
    ...(groups.length > 0 && groups.every(blocked) ? [`${side} security group`] : []),
    ...(rings.some((ring) => ring.startsWith("network ACL") && blocked(ring)) ? [`${side} network ACL`] : []),
    ...(rings.some((ring) => ring.startsWith("private subnet") && blocked(ring)) ? [`${side} route`] : []),
  ];
}
