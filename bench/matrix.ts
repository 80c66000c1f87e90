// Who reaches whom with a service, through a firewall of 4 800 rules: reading it and two matrices. Peer: the naive twin that
// asks of every two classes, by every two interfaces, with one packet at a time.
import { existsSync, readFileSync } from "node:fs";
import { readHostFirewall } from "../src/formats/iptables/reader.ts";
import type { HostFirewall } from "../src/layers/host/model.ts";
import { SYN } from "../src/packet/packet.ts";
import { TCP } from "../src/packet/protocol.ts";
import { filterChains } from "../src/questions/matrix/passing.ts";
import { serviceMatrices, type Service, type ServiceMatrix } from "../src/questions/matrix.ts";
import { evaluate } from "../src/rules/evaluate.ts";
import { vocabularyOf } from "../src/rules/symbolic/vocabulary.ts";
import { generatedDump } from "./dump.ts";
import { measure, type Line } from "./measure.ts";

const real = new URL("../../shared/cases/iptables/fffuu/tum-i8.iptables-save", import.meta.url);

/** A public dump of that size where it is at hand, else one that is made up like it. */
function firewallText(): { readonly path: string; readonly text: string } {
  return existsSync(real) ? { path: "tum-i8.iptables", text: readFileSync(real, "utf8") } : generatedDump();
}

const services: readonly Service[] = [22, 80].map((destinationPort) => ({
  family: 4,
  protocol: TCP,
  sourcePort: 10_000,
  destinationPort,
}));

/** The packets that the twin sends are a part of all that it would have to; what they take is scaled up. */
const mostAsked = 1000;

export async function benchMatrix(): Promise<Line[]> {
  const { path, text } = firewallText();
  const rules = text.match(/^(?:\[\d+:\d+\] )?-A /gm)?.length ?? 0;
  const read = (): HostFirewall => readHostFirewall("bench", [{ path, text }]);
  const ours = await measure(() => serviceMatrices(read(), "forward", services), { rounds: 3, warm: 1 });
  const firewall = read();
  const matrices = serviceMatrices(firewall, "forward", services);
  return [
    {
      what: `read ${rules} rules and make the matrices of 2 services (${matrices.map(({ classes }) => classes.length).join(" and ")} classes)`,
      ours: ours.ms,
      unit: "ms",
      peer: matrices.reduce((sum, matrix) => sum + askOneByOne(firewall, matrix), 0),
      against: `a packet for every two of these classes and interfaces (${mostAsked} asked, scaled)`,
    },
  ];
}

/** Milliseconds for one packet from every class to every other, by every two interfaces that the rules name. */
function askOneByOne(firewall: HostFirewall, { service, classes }: ServiceMatrix): number {
  const [filter] = filterChains(firewall, "forward", service.family);
  if (filter === undefined) return 0;
  const interfaces = vocabularyOf(filter.chains.values()).interfaces;
  const all = classes.length ** 2 * interfaces.length ** 2;
  const step = Math.max(1, Math.floor(all / mostAsked));
  let asked = 0;
  const started = performance.now();
  for (let at = 0; at < all; at += step) {
    const source = classes[at % classes.length]?.representative;
    const destination = classes[Math.floor(at / classes.length) % classes.length]?.representative;
    const rest = Math.floor(at / classes.length ** 2);
    if (source === undefined || destination === undefined) continue;
    asked += 1;
    evaluate(filter.chain, filter.chains, {
      packet: {
        family: service.family,
        source,
        destination,
        protocol: service.protocol,
        sourcePort: service.sourcePort ?? 0,
        destinationPort: service.destinationPort ?? 0,
        tcpFlags: SYN,
      },
      state: "new",
      inInterface: interfaces[rest % interfaces.length],
      outInterface: interfaces[Math.floor(rest / interfaces.length)],
      mark: 0,
      connectionMark: 0,
    });
  }
  return asked === 0 ? 0 : ((performance.now() - started) / asked) * all;
}
