// Many trials, one after the other, until so many packets are judged: what `npm run judge` does. Trial n of seed s is
// trial 0 of seed s + n, so a failure is repeated by its own seed alone.
import { setImmediate } from "node:timers/promises";
import { drawDump, readDumps, type Dump } from "./dumps.ts";
import { generateIptables } from "./generate-iptables.ts";
import { generateNft, type Generated } from "./generate-nft.ts";
import type { Kernel } from "./kernel.ts";
import { drawFlows } from "./play.ts";
import { probeText } from "./probe.ts";
import { Random } from "./random.ts";
import { render, type Feature } from "./rule-set.ts";
import { shrink } from "./shrink.ts";
import { links } from "./topology.ts";
import { judge, playing, type Distortion, type Judged, type Trial } from "./trial.ts";

export const kinds = ["nft", "iptables", "ip6tables", "dumps"] as const;
export type Kind = (typeof kinds)[number];

export interface Campaign {
  readonly packets: number;
  readonly seed: number;
  readonly only?: Kind;
  /** About how many rules a generated rule set has at most. */
  readonly rules: number;
  /** Where the real dumps are; without them only generated rule sets are judged. */
  readonly dumps?: readonly Dump[];
  readonly distort?: Distortion;
  /** Told after every trial, and of every failure at once. */
  readonly progress?: (report: Report) => void;
  readonly failed?: (failure: string) => void;
}

export interface Report {
  packets: number;
  arrived: number;
  ruleSets: number;
  depends: number;
  mismatches: number;
  readonly hits: Map<Feature, number>;
  /** Small failing cases, in text, with the command that repeats them; the first few only. */
  readonly failures: string[];
  /** Rule sets that the kernel's programs did not take. Of generated ones there must be none. */
  readonly refused: string[];
  readonly dumpsJudged: Set<string>;
  seconds: number;
}

/** Packets planned for one rule set: many enough to meet, few enough that a set is quick. */
const packetsPerTrial = 1000;
const packetsPerDump = 600;
const mostFailures = 5;

export async function run(kernel: Kernel, campaign: Campaign): Promise<Report> {
  const report: Report = {
    packets: 0,
    arrived: 0,
    ruleSets: 0,
    depends: 0,
    mismatches: 0,
    hits: new Map(),
    failures: [],
    refused: [],
    dumpsJudged: new Set(),
    seconds: 0,
  };
  const began = performance.now();
  const needed = campaign.only === undefined || campaign.only === "dumps";
  const dumps = campaign.dumps ?? (needed ? readDumps() : []);
  for (let at = 0; report.packets < campaign.packets && at < campaign.packets + 1000; at += 1) {
    const seed = campaign.seed + at;
    const kind = campaign.only ?? kindOf(seed, dumps.length > 0);
    const { trial, name } = makeTrial(kernel, kind, seed, campaign, dumps);
    const outcome = judge(kernel, trial);
    const repeat = `npm run judge -- --only ${kind} --seed ${seed} --packets 1 --rules ${campaign.rules}`;
    if (outcome.kind === "judged") {
      count(report, outcome);
      if (kind === "dumps") report.dumpsJudged.add(name);
      if (outcome.mismatches.length > 0)
        fail(report, campaign, failureText(kernel, trial, outcome, name, repeat));
    } else if (outcome.kind === "unread") {
      report.mismatches += 1;
      fail(
        report,
        campaign,
        `${name}: our reader refuses what the kernel took: ${outcome.message}\n${repeat}`,
      );
    } else {
      const text = `${name}: ${outcome.message.split("\n")[0] ?? ""}`;
      if (!report.refused.includes(text)) report.refused.push(text);
      if (kind === "dumps" && report.refused.length > 4 * dumps.length) break;
    }
    report.seconds = (performance.now() - began) / 1000;
    campaign.progress?.(report);
    // All else is synchronous: here signals are heard.
    await setImmediate();
  }
  return report;
}

/** By the seed alone, so that a run's first trial is of the kind that it was in a longer one. */
function kindOf(seed: number, withDumps: boolean): Kind {
  const random = new Random(seed);
  if (withDumps && random.chance(5)) return "dumps";
  return random.pick(["nft", "nft", "iptables", "ip6tables"]);
}

function makeTrial(
  kernel: Kernel,
  kind: Kind,
  seed: number,
  campaign: Campaign,
  dumps: readonly Dump[],
): { readonly trial: Trial; readonly name: string } {
  const random = new Random(seed);
  const distort = campaign.distort === undefined ? {} : { distort: campaign.distort };
  if (kind === "dumps") {
    if (dumps.length === 0) throw new Error("the real dumps are not on this machine");
    const dump = random.pick(dumps);
    const drawn = drawDump(random, dump);
    kernel.rename(drawn.devices);
    const flows = drawFlows(random, drawn.world, packetsPerDump);
    return { trial: { ...playing(dump.ruleSet, flows, random, drawn.linkOf), ...distort }, name: dump.name };
  }
  const devices = links().map(({ device }) => device);
  kernel.rename(["lan0", "wan0", "dmz0"]);
  const generated: Generated =
    kind === "nft"
      ? generateNft(random, devices, campaign.rules)
      : generateIptables(random, kind, devices, campaign.rules);
  const flows = drawFlows(random, generated.world, packetsPerTrial);
  return {
    trial: { ...playing(generated.ruleSet, flows, random), ...distort },
    name: `${kind} rule set of seed ${seed}`,
  };
}

function count(report: Report, judged: Judged): void {
  report.packets += judged.probes.length;
  report.arrived += judged.arrived;
  report.ruleSets += 1;
  report.depends += judged.depends;
  report.mismatches += judged.mismatches.length;
  for (const [feature, hits] of judged.hits) report.hits.set(feature, (report.hits.get(feature) ?? 0) + hits);
}

function fail(report: Report, campaign: Campaign, text: string): void {
  if (report.failures.length >= mostFailures) return;
  report.failures.push(text);
  campaign.failed?.(text);
}

function failureText(kernel: Kernel, trial: Trial, judged: Judged, name: string, repeat: string): string {
  const [first] = judged.mismatches;
  if (first === undefined) return "";
  const devices = kernel.links.map(({ device }) => device);
  const small = shrink(kernel, { ruleSet: trial.ruleSet, probes: judged.probes }, first, trial.distort);
  const head = `${name}: ${judged.mismatches.length} of ${judged.probes.length} packets mismatch`;
  if (small === undefined)
    return [
      head,
      `  ${probeText(first.probe, devices)}`,
      `  ${first.why}`,
      "  (does not show again by itself)",
      repeat,
    ].join("\n");
  return [
    `${head}; the least that still fails:`,
    ...small.ruleSet.ipsets,
    render(small.ruleSet).trimEnd(),
    ...small.probes.map(
      (probe, at) => `${at === small.mismatch.at ? "=> " : "   "}${probeText(probe, devices)}`,
    ),
    `   ${small.mismatch.why}`,
    repeat,
  ].join("\n");
}
