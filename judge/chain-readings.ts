// What each reading (evaluate, space, classify) says of one chain by itself, held against what the kernel did, where nothing
// but that chain decides. The whole host is trial.ts's matter.
import type { HostPassage } from "../src/layers/host/passage.ts";
import type { View } from "../src/rules/view.ts";
import { evaluating, readings, type Verdict } from "../test/readings/readings.ts";
import type { Subject } from "../test/readings/suite.ts";
import { count, type DumpsReport } from "./dumps-report.ts";
import type { Fate } from "./probe.ts";
import type { Answer } from "./reading.ts";
import type { RuleSet } from "./rule-set.ts";
import type { Sendable } from "./sendable.ts";

/** A packet to send and the chain that it is for. */
export interface Put {
  readonly packet: Sendable;
  readonly subject: Subject;
  readonly hook: "INPUT" | "FORWARD";
}

/** Holds what single readings say of a chain against the kernel, where nothing but the chain decides. */
export class ChainReadings {
  readonly #report: Pick<DumpsReport, "asViewed" | "readings">;
  readonly #isPlain: boolean;
  readonly #of = new Map<
    Subject,
    readonly { readonly name: string; readonly verdict: (view: View) => Verdict }[]
  >();

  /** @param isPlain whether nothing but the filter table's chains drops or moves a packet */
  constructor(report: Pick<DumpsReport, "asViewed" | "readings">, isPlain: boolean) {
    this.#report = report;
    this.#isPlain = isPlain;
  }

  /** Says what is wrong, or undefined. */
  hold({ packet, subject, hook }: Put, [passage, ...others]: Answer, fate: Fate): string | undefined {
    const { view } = packet;
    if (passage === undefined || others.length > 0 || view.packet.fragment !== undefined) return undefined;
    if (passage.path !== hook.toLowerCase()) return undefined;
    if (passage.state === view.state) this.#report.asViewed += 1;
    if (!this.#isPlain || isCrowdedOut(passage)) return undefined;
    // The connection state is none of the packet's own: the chain is asked about the one that it had here.
    const met = { ...view, state: passage.state };
    for (const { name, verdict } of this.#readings(subject)) {
      const answer = verdict(met);
      if (answer === "depends") continue;
      count(this.#report.readings, name);
      if ((answer === "allowed") !== fate.length > 0)
        return `${name} says ${answer} of the chain ${subject.chain.name}; kernel: ${fate.length > 0 ? "came out" : "dropped"}`;
    }
    return undefined;
  }

  #readings(
    subject: Subject,
  ): readonly { readonly name: string; readonly verdict: (view: View) => Verdict }[] {
    const known = this.#of.get(subject);
    if (known !== undefined) return known;
    const { chain, chains, family } = subject;
    const made = [evaluating, ...readings].map(({ name, verdictOf }) => ({
      name,
      verdict: verdictOf(chain, chains, family),
    }));
    this.#of.set(subject, made);
    return made;
  }
}

/** Let through by every chain, and dropped in the end for the connection that another one's translation has taken. */
function isCrowdedOut({ answer, steps }: HostPassage): boolean {
  return (
    answer === "denied" && steps.findLast(({ verdict }) => verdict === "denied")?.ring === "connection table"
  );
}

const harmless = /^(?:ACCEPT|RETURN|LOG|NFLOG|MASQUERADE|SNAT|TCPMSS|CHECKSUM|CLASSIFY)$/;

/** Whether no table beside `filter` drops a packet, or changes what the filter chains see of it. */
export function onlyFiltersDecide({ tables }: RuleSet): boolean {
  return tables
    .filter(({ name }) => name !== "filter")
    .every(({ chains }) => {
      const own = new Set(chains.map(({ name }) => name));
      return chains.every(
        ({ base, rules }) =>
          (base ?? "ACCEPT") === "ACCEPT" &&
          rules.every(({ text }) => {
            const target = /-[jg] (\S+)/.exec(text)?.[1];
            return target === undefined || harmless.test(target) || own.has(target);
          }),
      );
    });
}
