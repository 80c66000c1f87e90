// One suite for all readings of rules: for each base chain of each real dump's filter table, random packets and the packets
// at the ends of everything that its rules ask for get the verdict that `evaluate` gives them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Random } from "../../judge/random.ts";
import { readHostFirewall } from "../../src/formats/iptables/reader.ts";
import { packetText } from "../../src/packet/packet.ts";
import type { Chain, ChainSet } from "../../src/rules/rule.ts";
import type { View } from "../../src/rules/view.ts";
import { boundaryPackets, randomPackets } from "./packets.ts";
import { evaluating, readings, type Reading } from "./readings.ts";

const cases = new URL("../../../shared/cases/iptables/", import.meta.url);

export interface Subject {
  readonly name: string;
  readonly chain: Chain;
  readonly chains: ChainSet;
  readonly family: 4 | 6;
}

/** Whether the outside cases are there. */
export const present = existsSync(fileURLToPath(cases));

/** Every dump's path below the folder of cases. */
export function dumpPaths(): readonly string[] {
  if (!present) return [];
  return ["dumps", "fffuu"].flatMap((folder) =>
    readdirSync(fileURLToPath(new URL(folder, cases)))
      .filter((name) => /save|serverfault__\d+\.txt/.test(name))
      .map((name) => `${folder}/${name}`)
      .toSorted(),
  );
}

/** The base chains of a dump's filter table. */
export function subjectsOf(path: string): readonly Subject[] {
  const text = readFileSync(fileURLToPath(new URL(path, cases)), "utf8");
  return readHostFirewall(path, [{ path, text }])
    .tables.filter((table) => table.name === "filter")
    .flatMap(({ chains, bases, family }) =>
      bases.flatMap((base): Subject[] => {
        const chain = chains.get(base.chain);
        return chain === undefined
          ? []
          : [{ name: `${path} ${base.chain}`, chain, chains, family: family === "ip6" ? 6 : 4 }];
      }),
    );
}

export interface Effort {
  readonly packets: number;
  /** Of each chain's rules about so many get packets of their own. */
  readonly rules: number;
  readonly seed: number;
}

export interface Outcome {
  readonly packets: number;
  /** How often each verdict was given: a suite whose packets all fare alike proves little. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** The first packets about which a reading differs, in words. */
  readonly differences: readonly string[];
}

const mostDifferences = 5;

/** The packets that a chain's readings are asked about, in their order; the kernel gets the same (see the judge). */
export function* packetsOf(
  { chain, chains, family }: Subject,
  { packets, rules, seed }: Effort,
): Iterable<View> {
  const random = new Random(seed);
  yield* randomPackets(chain, chains, family, random.fork(), packets);
  yield* boundaryPackets(chain, chains, family, random.fork(), rules);
}

/** Puts packets for one chain to every reading. */
export function compare(subject: Subject, effort: Effort, asked: readonly Reading[] = readings): Outcome {
  const { name, chain, chains, family } = subject;
  const expected = evaluating.verdictOf(chain, chains, family);
  const others = asked.map((reading) => ({
    name: reading.name,
    verdict: reading.verdictOf(chain, chains, family),
  }));
  const verdicts = new Map<string, number>();
  const differences: string[] = [];
  let count = 0;
  const put = (view: View): void => {
    count += 1;
    const verdict = expected(view);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    for (const other of others) {
      const answer = other.verdict(view);
      if (answer !== verdict && differences.length < mostDifferences)
        differences.push(`${name}: ${other.name} says ${answer}, not ${verdict}, of ${viewText(view)}`);
    }
  };
  for (const view of packetsOf(subject, effort)) put(view);
  return { packets: count, verdicts, differences };
}

function viewText({ packet, state, inInterface, outInterface, mark, connectionMark }: View): string {
  const fragment = packet.fragment === undefined ? "" : ` ${packet.fragment} fragment`;
  return `${packetText(packet)}${fragment} ${state} in ${inInterface} out ${outInterface} mark ${mark} ${connectionMark}`;
}
