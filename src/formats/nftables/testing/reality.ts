// Real packets through real rules: frames are put on the loopback device of a fresh network namespace, and named counters
// say which rules they met. perl sends them, since Node has no packet sockets and Debian is never without perl.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject } from "../../json.ts";
import { listOf, numberOf, tagged, textOf, type Fields } from "../shape.ts";

const mark = "-- next packet --";

/** AF_PACKET is 17, SOCK_RAW 3; a new namespace's loopback has index 1. */
const sender = `
my ($hex) = @ARGV;
my $bytes = pack("H*", $hex);
my $type = ord($bytes) >> 4 == 4 ? 0x0800 : 0x86dd;
socket(my $socket, 17, 3, 0) or die "socket: $!";
my $to = pack("S n i S C C a8", 17, $type, 1, 0, 0, 6, "");
send($socket, ("\\0" x 12) . pack("n", $type) . $bytes, 0, $to) or die "send: $!";
`;

/**
 * Loads a ruleset and sends IP packets one by one; for each, how often every named counter was met.
 * @throws Error where the ruleset is refused or a packet can't be sent
 */
export function meet(
  ruleset: string,
  packets: readonly Uint8Array[],
): {
  readonly json: string;
  readonly met: readonly ReadonlyMap<string, number>[];
} {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-nft-"));
  try {
    writeFileSync(join(folder, "ruleset"), ruleset);
    writeFileSync(join(folder, "send"), sender);
    const sends = packets.map(
      (bytes) =>
        `perl ${folder}/send ${Buffer.from(bytes).toString("hex")} && nft -j reset counters && echo '${mark}'`,
    );
    const script = [
      "set -e",
      "ip link set lo up",
      `nft -f ${folder}/ruleset`,
      "nft -j list ruleset",
      `echo '${mark}'`,
      ...sends,
    ];
    const run = spawnSync("unshare", ["-n", "sh", "-c", script.join("\n")], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const [json = "", ...answers] = run.stdout.split(`${mark}\n`);
    return { json, met: answers.slice(0, -1).map(countersOf) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function countersOf(json: string): ReadonlyMap<string, number> {
  const listing: unknown = JSON.parse(json);
  const counters = new Map<string, number>();
  for (const object of listOf(isObject(listing) ? listing["nftables"] : [])) {
    const { fields }: { fields: Fields } = tagged(object) ?? { fields: {} };
    const name = textOf(fields["name"]);
    const packets = numberOf(fields["packets"]);
    if (name !== undefined && packets !== undefined) counters.set(name, packets);
  }
  return counters;
}
