// Four questions that people asked on Server Fault, with the dumps that they showed (outside cases beside the
// repository). Each test asks the packet that the question is about and holds the answer, and the rule it hangs on, to
// what was really the matter. Which rule: the number of its line in the owner's own dump, and its number in the chain.
//
// Where the matter is not in the firewall at all, the tests say that too: the firewall lets the packet through, by
// these rules, and so the fault has to be looked for elsewhere. The kernel's own log, where the owner showed it, and
// the counters in the dump are the witnesses.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { HostFirewall } from "../../layers/host/model.ts";
import { passHost } from "../../layers/host/pass.ts";
import type { HostPassage, Passing } from "../../layers/host/passage.ts";
import { packetText } from "../../packet/packet.ts";
import type { Packet } from "../../packet/packet.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import { readHostFirewall } from "./host.ts";
import { packetOf, problemOf } from "./testing/lines.ts";

const folder = fileURLToPath(new URL("../../../../shared/cases/iptables/dumps/", import.meta.url));
const present = existsSync(folder);
const SYN = 2;
const ACK = 16;

function dumpOf(question: number): string {
  return readFileSync(`${folder}configs_serverfault__${question}.txt`, "utf8");
}

interface Around {
  readonly addresses?: string;
  readonly routes?: string;
  readonly sets?: string;
}

/** The owner's host: the dump, and what else they told of it. */
function hostOf(text: string, around: Around = {}): HostFirewall {
  const files = [
    { path: "dump", text },
    { path: "addr", text: around.addresses ?? "" },
    { path: "routes", text: around.routes ?? "" },
    { path: "ipset", text: around.sets ?? "" },
  ];
  return readHostFirewall(
    "host",
    files.filter((file) => file.text !== ""),
  );
}

/** The packets of one connection, or of several, through one host; its table goes from packet to packet. */
function asking(firewall: HostFirewall) {
  const connections = new ConnectionTable();
  let now = 0;
  return (packet: Packet, how: Pick<Passing, "origin"> & Partial<Passing>): HostPassage => {
    now += 1;
    return passHost(firewall, { ...how, packet, connections, now, place: "host" });
  };
}

const arrives = (device: string) => ({ origin: { kind: "arrives", device } }) as const;
const made = { origin: { kind: "made" } } as const;
const syn = (text: string): Packet => packetOf(`tcp ${text}`, { tcpFlags: SYN });
const synAck = (text: string): Packet => packetOf(`tcp ${text}`, { tcpFlags: SYN | ACK });

/** The answer and the rule that gave it: `denied by filter OUTPUT policy (line 23)`. */
function verdict({ answer, rule }: HostPassage): string {
  return `${answer} by ${rule?.origin.id ?? "nothing"} (line ${rule?.origin.line ?? 0})`;
}

/** Every rule that a step cites, with the step's own words for where. */
function cited(passage: HostPassage): string[] {
  return passage.steps.flatMap((step) =>
    step.rules.map((rule) => `${rule.origin.id} (line ${rule.origin.line})`),
  );
}

describe.skipIf(!present)(
  "serverfault questions (skipped where the folder of outside cases is not here)",
  () => {
    // “Dropping external connections to Docker container with iptables”. nginx on the host can't reach the container that
    // Docker publishes as 0.0.0.0:8080 → 172.17.0.4:3000, though its chain DOCKER accepts that. The owner then opens
    // INPUT and OUTPUT for docker0: nginx works, “but also would make the container accessible from the Internet”.
    //
    // What is the matter: the host's own packets never see FORWARD, where Docker's rules are. They go out by OUTPUT and
    // their replies come in by INPUT, and neither has a rule for docker0: so both of the owner's two rules are needed.
    // And the container was open to the internet before them: that way is DNAT and FORWARD, on which INPUT and OUTPUT
    // have no bearing. Publishing it on 127.0.0.1 closes it.
    describe("758088: nginx can't reach its container, and the internet can", () => {
      const addresses = `1: lo: <UP>
    inet 127.0.0.1/8 scope host lo
2: eth0: <UP>
    inet 203.0.113.5/24 scope global eth0
3: docker0: <UP>
    inet 172.17.42.1/16 scope global docker0
`;
      const routes = "default via 203.0.113.1 dev eth0\n172.17.0.0/16 dev docker0\n203.0.113.0/24 dev eth0\n";
      const host = (text: string) => hostOf(text, { addresses, routes });
      const own = () => dumpOf(758088);
      /** The owner's `iptables -I`: in front of the first rule of the chain. */
      const inserted = (text: string, ...rules: string[]) =>
        rules.reduce((dump, rule) => dump.replace("\n-A INPUT -i lo", `\n-I ${rule}\n-A INPUT -i lo`), text);
      const toContainer = syn("172.17.42.1:40000 > 172.17.0.4:3000");
      const back = synAck("172.17.0.4:3000 > 172.17.42.1:40000");
      const fromOutside = syn("198.51.100.9:40000 > 203.0.113.5:8080");

      test("the host's own packet to the container falls to the policy of OUTPUT, not to any rule of Docker's", () => {
        const passage = asking(host(own()))(toContainer, made);
        expect(passage.outDevice).toBe("docker0");
        expect(verdict(passage)).toBe("denied by filter OUTPUT policy (line 23)");
      });

      test("with OUTPUT opened alone, the container's answer falls to the policy of INPUT", () => {
        const ask = asking(host(inserted(own(), "OUTPUT -o docker0 -j ACCEPT")));
        expect(ask(toContainer, made).answer).toBe("allowed");
        expect(verdict(ask(back, arrives("docker0")))).toBe("denied by filter INPUT policy (line 21)");
      });

      test("with both opened, nginx has its container", () => {
        const ask = asking(
          host(inserted(own(), "OUTPUT -o docker0 -j ACCEPT", "INPUT -i docker0 -j ACCEPT")),
        );
        expect(ask(toContainer, made).rule?.text).toBe("-I OUTPUT -o docker0 -j ACCEPT");
        expect(ask(back, arrives("docker0")).rule?.text).toBe("-I INPUT -i docker0 -j ACCEPT");
      });

      test("the internet had the container before, by DNAT (line 16) and Docker's own rule in FORWARD (line 51)", () => {
        const ask = asking(host(own()));
        const passage = ask(fromOutside, arrives("eth0"));
        expect(passage.path).toBe("forward");
        expect(packetText(passage.packet)).toMatch(/> 172\.17\.0\.4:3000/);
        expect(cited(passage)).toContain("nat DOCKER 2 (line 16)");
        expect(verdict(passage)).toBe("allowed by filter DOCKER 1 (line 51)");
        // Its answer leaves by the rule for everything that containers send out, and looks as if port 8080 had answered.
        const reply = ask(synAck("172.17.0.4:3000 > 198.51.100.9:40000"), arrives("docker0"));
        expect(verdict(reply)).toBe("allowed by filter FORWARD 4 (line 39)");
        expect(packetText(reply.packet)).toMatch(/^tcp 203\.0\.113\.5:8080 > /);
      });

      test("published on 127.0.0.1, it is closed: the packet stays the host's, and falls to the policy of INPUT", () => {
        const local = own().replace(
          "-A DOCKER ! -i docker0 -p tcp",
          "-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp",
        );
        const passage = asking(host(local))(fromOutside, arrives("eth0"));
        expect(passage.path).toBe("input");
        expect(verdict(passage)).toBe("denied by filter INPUT policy (line 21)");
      });
    });

    // “How to setup a whitelist using iptables and ipset”. With the whitelist rules in the file “I am unable to access the
    // server, even through port 22, which shouldn't be effected”.
    //
    // What is the matter, by the remark in the collected dump: a typo. One of the new lines says `-p udp -m tcp`. There is
    // no such rule, so iptables-restore refuses the whole file: nothing of it is loaded. Mended, port 22 is open to all.
    describe("759927: a whitelist that shuts everybody out", () => {
      const stranger = "198.51.100.9";
      const sets = "create whitelist hash:net family inet\nadd whitelist 192.0.2.0/24\n";
      const to = (source: string, port: number) => syn(`${source}:40000 > 203.0.113.5:${port}`);
      const self = { ...arrives("eth0"), to: "self" } as const;
      /** The dump inside the question, as its owner had it: indented in the text. */
      const asked = () =>
        readFileSync(`${folder}configs_serverfault__759927-info.txt`, "utf8")
          .split("\n")
          .filter((line) => line.startsWith("\t"))
          .map((line) => line.trim())
          .filter((line) => /^(?:[#*:]|-A |COMMIT)/.test(line))
          .join("\n");

      test("the file of the question is refused as a whole, at the line with “-p udp -m tcp”", () => {
        const problem = problemOf(() => hostOf(asked()));
        expect(problem.message).toBe("-m tcp needs -p tcp in the same rule");
        const line = asked().split("\n")[(problem.origin?.line ?? 0) - 1];
        expect(line).toBe("-A INPUT -p udp -m tcp --dport 53 -m set --match-set whitelist src -j ACCEPT");
        expect(problem.remedy).toMatch(/refuses the whole file/);
      });

      test("mended, port 22 is open to a stranger by line 10, whoever is on the whitelist", () => {
        const passage = asking(hostOf(dumpOf(759927)))(to(stranger, 22), self);
        expect(verdict(passage)).toBe("allowed by filter INPUT 4 (line 10)");
      });

      test("port 80 hangs on the whitelist, and the answer says so where nobody exported it", () => {
        const passage = asking(hostOf(dumpOf(759927)))(to(stranger, 80), self);
        expect(passage.answer).toBe("depends");
        expect(passage.causes).toMatchObject([
          {
            kind: "condition",
            what: expect.stringMatching(/what the set whitelist holds/),
            origin: { line: 22 },
          },
        ]);
      });

      test("with the set beside it: the listed one by line 22, a stranger refused by line 24", () => {
        const ask = asking(hostOf(dumpOf(759927), { sets }));
        expect(verdict(ask(to("192.0.2.7", 80), self))).toBe("allowed by filter INPUT 16 (line 22)");
        expect(verdict(ask(to(stranger, 80), self))).toBe("denied by filter INPUT 18 (line 24)");
      });
    });

    // “IPTables debugging”. Packets for 192.168.121.0/24 come out of a GRE tunnel and are mapped to 192.168.21.0/24. With a
    // LOG rule in front of the NETMAP rule its message is seen; “when I comment it, so that the NETMAP occurs, I never see
    // any POSTROUTE messages. I believe that it should”.
    //
    // What is the matter: LOG ends nothing, so the NETMAP occurs with and without it. The rules would do what the owner
    // believes: log and masquerade. That no message comes means that no packet gets so far, and the dump's own counters say
    // the same: POSTROUTING passed exactly as many packets as OUTPUT made, not one forwarded one, while PREROUTING passed
    // far more than INPUT got. They end between the two, in routing (forwarding off, or the reverse path check, for both
    // sites use the same addresses), of which a dump shows nothing.
    describe("762193: log messages that never come", () => {
      const forwarded = { ...arrives("gre1"), to: "elsewhere", outDevice: "eth0" } as const;
      const poll = packetOf("udp 10.0.0.2:5000 > 192.168.121.7:161");
      const lineOf = (text: string) => text.replace("#-A PREROUTING", "-A PREROUTING");

      test("the destination is mapped by line 7, then logged by line 12 and masqueraded by line 13", () => {
        const passage = asking(hostOf(dumpOf(762193)))(poll, forwarded);
        expect(passage.answer).toBe("allowed");
        expect(packetText(passage.packet)).toMatch(/> 192\.168\.21\.7:161/);
        expect(cited(passage)).toEqual(
          expect.arrayContaining(["nat PREROUTING 1 (line 7)", "nat POSTROUTING 2 (line 13)"]),
        );
      });

      test("the LOG rule of line 6, uncommented, changes nothing of it", () => {
        const passage = asking(hostOf(lineOf(dumpOf(762193))))(poll, forwarded);
        expect(packetText(passage.packet)).toMatch(/> 192\.168\.21\.7:161/);
        expect(cited(passage)).toContain("nat PREROUTING 2 (line 7)");
      });

      test("a packet of the site's own other network is mapped on its way out, by line 19", () => {
        const passage = asking(hostOf(dumpOf(762193)))(packetOf("udp 192.168.21.9:161 > 192.0.2.1:5000"), {
          ...arrives("eth0"),
          to: "elsewhere",
          outDevice: "gre1",
        });
        expect(packetText(passage.packet)).toMatch(/^udp 192\.168\.121\.9:161 > /);
        expect(cited(passage)).toContain("nat POSTROUTING 8 (line 19)");
      });

      test("the counters of the dump: no forwarded packet ever came to POSTROUTING", () => {
        const nat = hostOf(dumpOf(762193)).tables[0];
        const packets = (chain: string) => nat?.chains.get(chain)?.policy?.counters?.packets ?? 0;
        expect(packets("POSTROUTING")).toBe(packets("OUTPUT"));
        expect(packets("PREROUTING")).toBeGreaterThan(packets("INPUT"));
      });
    });

    // “Network configuration fault”. A router with two uplinks chooses between them by mark. With mark 2, meant for eth2,
    // nothing works until a default route by eth2 is added to the main table; with mark 1 instead, not even then.
    //
    // What is the matter: not the firewall, which lets the connection through both ways. The table for mark 2 says
    // “default via 192.168.10.1 dev eth1”, the wrong device, and replies that come in by eth2 have no way back by the main
    // table, so the reverse path check drops them between PREROUTING and FORWARD: where the kernel's log stops. With the
    // default route by eth2 both are healed; with mark 1 then, the route still says eth2, and FORWARD wants mark 2 there.
    describe("765855: two uplinks, and no connection", () => {
      const addresses = `1: lo: <UP>
    inet 127.0.0.1/8 scope host lo
2: eth0: <UP>
    inet 10.0.0.100/16 scope global eth0
3: eth1: <UP>
    inet 192.168.8.10/24 scope global eth1
4: eth2: <UP>
    inet 192.168.10.10/24 scope global eth2
`;
      const host = (text: string) => hostOf(text, { addresses });
      const first = syn("10.0.0.129:59749 > 94.23.42.140:80");
      const answer = synAck("94.23.42.140:80 > 192.168.10.10:59749");
      const by = (device: string) => ({ ...arrives("eth0"), outDevice: device });
      const marked1 = () =>
        dumpOf(765855).replace(
          "--state NEW -j MARK --set-xmark 0x2/",
          "--state NEW -j MARK --set-xmark 0x1/",
        );

      test("the first packet leaves by eth2: line 15 lets it pass since line 40 has marked it 2", () => {
        const passage = asking(host(dumpOf(765855)))(first, by("eth2"));
        expect(verdict(passage)).toBe("allowed by filter FORWARD 6 (line 15)");
        // MASQUERADE, line 26: what the log shows as the destination of the answer.
        expect(packetText(passage.packet)).toMatch(/^tcp 192\.168\.10\.10:59749 > /);
        expect(cited(passage)).toContain("nat POSTROUTING 2 (line 26)");
      });

      test("its answer gets back in by line 13, as the log says for the working case: OUT=eth0 DST=10.0.0.129", () => {
        const ask = asking(host(dumpOf(765855)));
        ask(first, by("eth2"));
        const reply = ask(answer, { ...arrives("eth2"), outDevice: "eth0" });
        expect(reply.path).toBe("forward");
        expect(reply.state).toBe("established");
        expect(verdict(reply)).toBe("allowed by filter FORWARD 4 (line 13)");
        expect(packetText(reply.packet)).toMatch(/> 10\.0\.0\.129:59749/);
      });

      test("the third packet is no longer NEW: its mark comes back from the connection, or line 15 would refuse it", () => {
        const ask = asking(host(dumpOf(765855)));
        ask(first, by("eth2"));
        ask(answer, { ...arrives("eth2"), outDevice: "eth0" });
        const ack = packetOf("tcp 10.0.0.129:59749 > 94.23.42.140:80", { tcpFlags: ACK });
        expect(verdict(ask(ack, by("eth2")))).toBe("allowed by filter FORWARD 6 (line 15)");

        const forgetful = asking(host(dumpOf(765855).replaceAll(/^.*-j CONNMARK.*$/gm, "")));
        forgetful(first, by("eth2"));
        forgetful(answer, { ...arrives("eth2"), outDevice: "eth0" });
        expect(verdict(forgetful(ack, by("eth2")))).toBe("denied by filter FORWARD policy (line 4)");
      });

      test("marked 1 and still routed by eth2, it falls to the policy of FORWARD; by eth1 line 16 would let it pass", () => {
        expect(verdict(asking(host(marked1()))(first, by("eth2")))).toBe(
          "denied by filter FORWARD policy (line 4)",
        );
        expect(verdict(asking(host(marked1()))(first, by("eth1")))).toBe(
          "allowed by filter FORWARD 7 (line 16)",
        );
      });

      test("the routes that the owner listed for mark 2 send it out by eth1, where line 15 does not hold", () => {
        const wrong = hostOf(dumpOf(765855), { addresses, routes: "default via 192.168.10.1 dev eth1\n" });
        const passage = asking(wrong)(first, arrives("eth0"));
        expect(passage.outDevice).toBe("eth1");
        expect(verdict(passage)).toBe("denied by filter FORWARD policy (line 4)");
      });
    });
  },
);
