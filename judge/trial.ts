// One trial: a rule set is loaded, flows are played through it, and every packet's fate is held against our answer.
// The same can be done again with the very same probes, which is what shrinking needs.
import { Problem, originText } from "../src/problem.ts";
import { compare, type Comparison } from "./compare.ts";
import type { Flow } from "./flows.ts";
import type { Kernel } from "./kernel.ts";
import { play, type Played } from "./play.ts";
import type { Probe } from "./probe.ts";
import type { Random } from "./random.ts";
import { read, Witness, type Answer } from "./reading.ts";
import { render, type Feature, type RuleSet } from "./rule-set.ts";
import type { Link } from "./topology.ts";

export interface Mismatch {
  /** The probe's place in the order of sending. */
  readonly at: number;
  readonly probe: Probe;
  readonly why: string;
}

export type Outcome =
  /** The kernel's own program refused the rule set: a mistake of the generator, or a dump that this machine can't take. */
  | { readonly kind: "refused"; readonly message: string }
  /** Our reader refused what the kernel took. */
  | { readonly kind: "unread"; readonly message: string }
  | Judged;

export interface Judged {
  readonly kind: "judged";
  readonly probes: readonly Probe[];
  readonly arrived: number;
  readonly depends: number;
  readonly mismatches: readonly Mismatch[];
  /** Packets that matched a rule which uses the feature, in the kernel's own count. */
  readonly hits: ReadonlyMap<Feature, number>;
}

/** Changes a comparison before it counts: how the test of the judge makes our answer wrong on purpose. */
export type Distortion = (comparison: Comparison, probe: Probe) => Comparison;

export interface Trial {
  readonly ruleSet: RuleSet;
  readonly send: (kernel: Kernel) => Played;
  readonly distort?: Distortion;
}

export function playing(
  ruleSet: RuleSet,
  flows: readonly Flow[],
  random: Random,
  linkOf?: (address: string) => number,
): Trial {
  return { ruleSet, send: (kernel) => play(random, kernel, flows, linkOf) };
}

export function replaying(ruleSet: RuleSet, probes: readonly Probe[]): Trial {
  return { ruleSet, send: (kernel) => ({ probes, fates: kernel.send(probes) }) };
}

export function judge(kernel: Kernel, trial: Trial): Outcome {
  const { ruleSet } = trial;
  const loaded = kernel.load(ruleSet);
  if (!loaded.ok) return { kind: "refused", message: loaded.message };
  let witness: Witness;
  try {
    const exported = kernel.export(ruleSet);
    const firewall = read(ruleSet.asWritten === true ? { ...exported, rules: render(ruleSet) } : exported);
    witness = new Witness(firewall, tracksConnections(ruleSet), kernel.links);
  } catch (error) {
    return { kind: "unread", message: textOf(error) };
  }
  const { probes, fates } = trial.send(kernel);
  const { mismatches, depends } = hold(witness, { probes, fates }, kernel.links, trial.distort);
  const hits = hitsOf(ruleSet, kernel.counts(ruleSet));
  hits.set("to the gateway", fates.filter(([first]) => first?.at === "gateway").length);
  return {
    kind: "judged",
    probes,
    arrived: fates.filter((fate) => fate.length > 0).length,
    depends,
    mismatches,
    hits,
  };
}

export interface Held {
  readonly mismatches: readonly Mismatch[];
  readonly depends: number;
  /** The probes of which our own answer depends, by their places. */
  readonly doubtful: ReadonlySet<number>;
}

/**
 * Holds the kernel's fates against the witness's answers, in the order of sending.
 *
 * @param told is told of every probe that agreed, with our answer
 */
export function hold(
  witness: Witness,
  { probes, fates }: Played,
  links: readonly Link[],
  distort?: Distortion,
  told?: (at: number, answer: Answer) => void,
): Held {
  const mismatches: Mismatch[] = [];
  let depends = 0;
  const unsure = new Set<number>();
  const doubtful = new Set<number>();
  for (const [at, probe] of probes.entries()) {
    const fate = fates[at] ?? [];
    let comparison: Comparison;
    let answer: Answer = [];
    try {
      answer = witness.answer(probe, fate);
      comparison = compare(probe, fate, answer, links);
    } catch (error) {
      comparison = { kind: "mismatch", why: `ours throws: ${textOf(error)}` };
    }
    if (distort !== undefined) comparison = distort(comparison, probe);
    // Whether a connection stands hangs on every packet before: after one that depends, all of its flow do.
    if (comparison.kind === "depends") {
      unsure.add(probe.flow);
      doubtful.add(at);
    }
    if (unsure.has(probe.flow)) depends += 1;
    else if (comparison.kind === "mismatch") mismatches.push({ at, probe, why: comparison.why });
    else told?.(at, answer);
  }
  return { mismatches, depends, doubtful };
}

export function textOf(error: unknown): string {
  if (error instanceof Problem)
    return `${error.origin === undefined ? "" : `${originText(error.origin)}: `}${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Whether any rule makes the kernel track connections in this namespace; NOTRACK alone does not. */
export function tracksConnections(ruleSet: RuleSet): boolean {
  return /\bct (?!mark set 0)|\bct mark set|masquerade|redirect|[ds]nat|-m (?:state|conntrack|connmark)|CONNMARK|DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP/.test(
    render(ruleSet),
  );
}

function hitsOf(ruleSet: RuleSet, counts: ReadonlyMap<string, readonly number[]>): Map<Feature, number> {
  const hits = new Map<Feature, number>();
  for (const table of ruleSet.tables) {
    for (const chain of table.chains) {
      const counted =
        counts.get(ruleSet.language === "nft" ? chain.name : `${table.name} ${chain.name}`) ?? [];
      for (const [at, rule] of chain.rules.entries())
        for (const feature of new Set(rule.features))
          hits.set(feature, (hits.get(feature) ?? 0) + (counted[at] ?? 0));
    }
  }
  return hits;
}
