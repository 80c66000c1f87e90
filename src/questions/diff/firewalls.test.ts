// Two dumps of one host, with changes whose effect is plain; and random ones, where the kernel's rules as evaluated are the
// judge packet by packet.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { iptablesReader } from "../../formats/iptables/reader.ts";
import type { Packet } from "../../packet/packet.ts";
import { parsePacketText } from "../../packet/packet-text.ts";
import { diff, type Diff } from "../diff.ts";
import { flowText } from "../reach/service-text.ts";
import { traceHost } from "../trace/host.ts";

function dump(rules: readonly string[], path = "web.rules"): Estate {
  const text = `*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.map((rule) => `-A ${rule}\n`).join("")}COMMIT\n`;
  return mergeEstate(path, [iptablesReader.read([{ path, text }])]);
}

const told = ({ changes }: Diff): string[] =>
  changes.map(
    (change) =>
      `${change.kind} ${change.from.map((end) => end.name).join()} → ${change.to.map((end) => end.name).join()} ${change.services.map(flowText).join("; ")} ${change.severity}`,
  );

const ssh = "INPUT -s 10.0.1.0/24 -p tcp --dport 22 -j ACCEPT";
const known = "INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";

describe("two dumps of one firewall", () => {
  test("that say the same in another order change nothing, and are proved so", () => {
    const found = diff(dump([known, ssh]), dump([ssh, known], "other.rules"));
    expect(found.changes).toEqual([]);
    expect(found.compared).toEqual({ pairs: 3, same: 3 });
  });

  test("a port that opens to everybody is told with its rule and a packet", () => {
    const found = diff(dump([known]), dump([known, "INPUT -p tcp --dport 5432 -j ACCEPT"]));
    expect(told(found)).toEqual(["opened anybody → web tcp 5432 critical"]);
    expect(found.changes[0]?.because.map(({ side, text }) => `${side} ${text}`)).toEqual([
      "after -A INPUT -p tcp --dport 5432 -j ACCEPT",
    ]);
    expect(found.changes[0]?.witness.destinationPort).toBe(5432);
  });

  test("an interface is a part of who it opens to", () => {
    const found = diff(
      dump([known]),
      dump([known, "INPUT -i eth1 -s 10.0.1.0/24 -p udp --dport 53 -j ACCEPT"]),
    );
    expect(told(found)).toEqual(["opened 10.0.1.0/24 by eth1 → web udp 53 low"]);
  });

  test("connections go on where the rules know them, and are cut where they do not", () => {
    const [gone, kept] = [diff(dump([ssh]), dump([])), diff(dump([known, ssh]), dump([known]))];
    expect(told(gone)).toEqual(["closed 10.0.1.0/24 → web tcp 22 note"]);
    expect(gone.cuts.map(({ tracking, at }) => `${tracking} ${at}`)).toEqual(["stateless once"]);
    expect(kept.cuts.map(({ tracking, at }) => `${tracking} ${at}`)).toEqual(["tracked end"]);
  });

  test("a rule that hangs on a rate makes what was open doubtful", () => {
    const found = diff(
      dump(["INPUT -p tcp --dport 80 -j ACCEPT"]),
      dump(["INPUT -p tcp --dport 80 -m limit --limit 9/s -j ACCEPT"]),
    );
    expect(told(found)).toEqual(["doubtful anybody → web tcp 80 medium"]);
  });

  test("what is dropped before routing is closed, whatever the filter table says", () => {
    const raw = (rules: string): Estate =>
      mergeEstate("h", [
        iptablesReader.read([{ path: "h.rules", text: `*raw\n:PREROUTING ACCEPT [0:0]\n${rules}COMMIT\n` }]),
      ]);
    const found = diff(raw(""), raw("-A PREROUTING -p udp --dport 53 -j DROP\n"));
    expect(told(found)).toEqual(["closed anybody → anybody udp 53 note"]);
  });

  test("changed translation is said to be left out", () => {
    const nat = (port: number): Estate =>
      mergeEstate("h", [
        iptablesReader.read([
          {
            path: "h.rules",
            text: `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports ${port}\nCOMMIT\n`,
          },
        ]),
      ]);
    expect(diff(nat(8080), nat(8081)).unknowns.map(({ what }) => what)).toEqual([
      "the rules for address translation differ",
    ]);
  });
});

const rule = fc.constantFrom(
  ssh,
  known,
  "INPUT -p tcp --dport 22 -j ACCEPT",
  "INPUT -p tcp --dport 20:80 -j ACCEPT",
  "INPUT -s 10.0.0.0/8 -j DROP",
  "INPUT -s 10.0.1.5/32 -p tcp -j ACCEPT",
  "INPUT -i eth1 -j ACCEPT",
  "INPUT -p udp ! --dport 53 -j REJECT",
);
const packets = ["10.0.1.5", "10.9.9.9", "203.0.113.9"].flatMap((source) =>
  ["tcp 22", "tcp 80", "tcp 443", "udp 53"].flatMap((service) =>
    ["eth0", "eth1"].map((device) => {
      const [protocol, port] = service.split(" ");
      return `${protocol} ${source}:50000 > 192.0.2.1:${port} in ${device}`;
    }),
  ),
);

/** What the host's rules say to a packet on its way in. */
function answer(estate: Estate, packet: Packet, inInterface = "eth0"): string {
  const [host] = estate.hosts.values();
  const firewall = host?.firewall;
  if (host === undefined || firewall === undefined) throw new Error("the dump is a host's");
  return traceHost({ ...host, firewall }, { packet, inInterface }, []).shown.forward.answer;
}

const kinds: Readonly<Record<string, string>> = {
  "denied allowed": "opened",
  "allowed denied": "closed",
};

test("what opens and closes is what packets meet before and after", () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), fc.array(rule, { maxLength: 4 }), (a, b) => {
      const [before, after] = [dump(a), dump(b)];
      const found = diff(before, after);
      const told = new Set(found.changes.map((change) => change.kind));
      for (const text of packets) {
        const { packet, inInterface } = parsePacketText(text);
        const kind = kinds[`${answer(before, packet, inInterface)} ${answer(after, packet, inInterface)}`];
        if (kind === undefined) continue;
        seen += 1;
        // A packet that fares otherwise is in one of the changes of its kind.
        expect([text, [...told]]).toEqual([text, expect.arrayContaining([kind])]);
      }
      // And every change's own packet fares as it says.
      for (const { kind, witness, from } of found.changes) {
        const device = / by (eth\d)/.exec(from[0]?.name ?? "")?.[1];
        const fares = `${answer(before, witness, device)} ${answer(after, witness, device)}`;
        expect([kind, kinds[fares]]).toEqual([kind, kind]);
      }
    }),
    { numRuns: 80 },
  );
  expect(seen).toBeGreaterThan(100);
});
