// Every real dump against the packets that its readings are held to (test/readings): the same generator, the same seed,
// for each input and forward chain random packets and those at the ends of every rule. What can't be sent is counted by
// its reason. Where the chain alone decides a packet's fate, each reading's own verdict is held against the kernel too.
import { basename } from "node:path";
import { dumpPaths, packetsOf, subjectsOf } from "../test/readings/suite.ts";
import type { HostFirewall } from "../src/layers/host/model.ts";
import type { NumberValue } from "../src/packet/packet.ts";
import { ChainReadings, onlyFiltersDecide, type Put } from "./chain-readings.ts";
import { count, type DumpsReport } from "./dumps-report.ts";
import type { Dump } from "./dumps.ts";
import type { Kernel } from "./kernel.ts";
import { probeText, type Probe } from "./probe.ts";
import { moved, read, Witness } from "./reading.ts";
import { roundsOf, type Round } from "./rounds.ts";
import { render } from "./rule-set.ts";
import { sendable, type Sendable, type Shape } from "./sendable.ts";
import { shrink } from "./shrink.ts";
import { usualDevices } from "./topology.ts";
import { hold, textOf, tracksConnections, type Mismatch } from "./trial.ts";

export interface Task {
  readonly dumps: readonly Dump[];
  readonly packetsEach: number;
  /** Of each chain's rules about so many get packets at their ends. */
  readonly rulesEach: number;
  readonly seed: number;
  readonly failed?: (failure: string) => void;
  readonly progress?: (text: string) => void;
}

const mostFailures = 5;

/** Links enough that few rounds have to give them other names: some dumps name thirty interfaces. */
export const manyDevices: readonly string[] = [
  ...usualDevices,
  ...Array.from({ length: 29 }, (_, at) => `spare${at}`),
];

export function judgeEveryDump(kernel: Kernel, task: Task): DumpsReport {
  const report: DumpsReport = {
    dumps: 0,
    chains: 0,
    views: 0,
    sent: 0,
    arrived: 0,
    openers: 0,
    rounds: 0,
    again: 0,
    depends: 0,
    asViewed: 0,
    readings: new Map(),
    mismatches: 0,
    unsendable: new Map(),
    refused: [],
    failures: [],
    seconds: 0,
  };
  const began = performance.now();
  for (const dump of task.dumps) {
    judgeDump(kernel, dump, task, report);
    report.seconds = (performance.now() - began) / 1000;
    task.progress?.(
      `${dump.name}: ${report.sent} packets, ${report.depends} depend, ${report.mismatches} mismatches`,
    );
  }
  return report;
}

function judgeDump(kernel: Kernel, dump: Dump, task: Task, report: DumpsReport): void {
  const loaded = kernel.load(dump.ruleSet);
  if (!loaded.ok) {
    report.refused.push(`${dump.name}: ${loaded.message.split("\n")[0] ?? ""}`);
    return;
  }
  let firewall: HostFirewall;
  try {
    firewall = read({ ...kernel.export(dump.ruleSet), rules: render(dump.ruleSet) });
  } catch (error) {
    fail(report, task, `${dump.name}: our reader refuses what the kernel took: ${textOf(error)}`);
    return;
  }
  report.dumps += 1;
  const puts = putsOf(dump, task, report);
  const ofPacket = new Map(puts.map((put) => [put.packet, put]));
  const verdicts = new ChainReadings(report, onlyFiltersDecide(dump.ruleSet));
  const translates = /SNAT|MASQUERADE|DNAT|NETMAP|REDIRECT/.test(render(dump.ruleSet));
  const names = kernel.links.map(({ device }) => device);
  for (const round of roundsOf(
    puts.map(({ packet }) => packet),
    names,
  )) {
    report.rounds += 1;
    const host = kernel.place(round.devices, round.places);
    const { probes, views } = probesOf(round, translates);
    const fates = kernel.send(probes);
    const here = moved(firewall, host);
    const witness = (): Witness => new Witness(here, tracksConnections(dump.ruleSet), kernel.links);
    const wrong: Mismatch[] = [];
    let held = hold(witness(), { probes, fates }, kernel.links, undefined, (at, answer) => {
      const put = ofPacket.get(views[at] as Sendable);
      if (put === undefined) return;
      const why = verdicts.hold(put, answer, fates[at] ?? []);
      if (why !== undefined) wrong.push({ at, probe: probes[at] as Probe, why });
    });
    report.depends += held.depends;
    let left = probes;
    while (held.mismatches.length > 0 && held.doubtful.size > 0) {
      // A packet of which our answer depends may stand in the way of others' translation, in our table or in the
      // kernel's. What is a mismatch shows without such packets too.
      const { doubtful } = held;
      left = left.filter((_, at) => !doubtful.has(at));
      kernel.place(round.devices, round.places);
      held = hold(witness(), { probes: left, fates: kernel.send(left) }, kernel.links);
      report.again += 1;
    }
    tell(kernel, dump, task, report, { probes: left, mismatches: held.mismatches, wrong });
    report.sent += views.filter((view) => view !== undefined).length;
    report.openers += views.filter((view) => view === undefined).length;
    report.arrived += fates.filter((fate, at) => views[at] !== undefined && fate.length > 0).length;
  }
}

/** The packets of a dump's chains that can be sent; the others are counted. */
function putsOf(dump: Dump, task: Task, report: DumpsReport): Put[] {
  const path = dumpPaths().find((each) => basename(each) === dump.name);
  if (path === undefined) throw new Error(`the readings have no dump ${dump.name}`);
  const effort = { packets: task.packetsEach, rules: task.rulesEach, seed: task.seed };
  return subjectsOf(path).flatMap((subject) => {
    const hook = subject.name.split(" ").at(-1);
    const puts: Put[] = [];
    report.chains += 1;
    for (const view of packetsOf(subject, effort)) {
      report.views += 1;
      if (hook === "INPUT" || hook === "FORWARD") {
        const packet = sendable(view, hook);
        if (packet.kind === "sendable") puts.push({ packet, subject, hook });
        else count(report.unsendable, packet.why);
      } else count(report.unsendable, "for an output chain: the gateway's own packets are not sent");
    }
    return puts;
  });
}

/** A round's probes in their order, and beside each the packet that it stands for; none for an opener. */
function probesOf(
  { devices, packets }: Round,
  translates: boolean,
): {
  readonly probes: readonly Probe[];
  readonly views: readonly (Sendable | undefined)[];
} {
  const probes: Probe[] = [];
  const views: (Sendable | undefined)[] = [];
  // Packets that may be of one connection shrink, and are in doubt, together. Where sources are translated, connections
  // from different ones get in each other's way, so there all that go to one destination do.
  const flows = new Map<string, number>();
  const add = (shape: Shape, device: string, packet: Sendable, view?: Sendable): void => {
    const key = translates ? packet.destination : connectionOf(packet);
    const flow = flows.get(key) ?? flows.size;
    flows.set(key, flow);
    probes.push({ ...shape, flow, link: devices.indexOf(device) });
    views.push(view);
  };
  for (const packet of packets) {
    if (packet.opener !== undefined && packet.outDevice !== "gateway")
      add(packet.opener, packet.outDevice.device, packet);
    add(packet.probe, packet.inDevice, packet, packet);
  }
  return { probes, views };
}

function connectionOf({ source, destination, probe: { packet } }: Sendable): string {
  const ends = [
    `${source} ${numberOf(packet.sourcePort)}`,
    `${destination} ${numberOf(packet.destinationPort)}`,
  ];
  return [packet.protocol, ...ends.toSorted()].join(" ");
}

function numberOf(value: NumberValue | undefined): string {
  return typeof value === "number" ? String(value) : "";
}

function tell(
  kernel: Kernel,
  dump: Dump,
  task: Task,
  report: DumpsReport,
  found: {
    readonly probes: readonly Probe[];
    readonly mismatches: readonly Mismatch[];
    readonly wrong: readonly Mismatch[];
  },
): void {
  const all = [...found.mismatches, ...found.wrong];
  const [first] = all;
  if (first === undefined) return;
  report.mismatches += all.length - 1;
  const devices = kernel.links.map(({ device }) => device);
  const lines = all.slice(0, 3).map(({ probe, why }) => `  ${probeText(probe, devices)}\n  ${why}`);
  const [mismatch] = found.mismatches;
  const small =
    mismatch === undefined || report.failures.length >= mostFailures
      ? undefined
      : shrink(kernel, { ruleSet: dump.ruleSet, probes: found.probes }, mismatch);
  if (mismatch !== undefined) kernel.load(dump.ruleSet);
  const least =
    small === undefined
      ? []
      : [
          "the least that still fails:",
          render(small.ruleSet).trimEnd(),
          ...small.probes.map((probe) => `   ${probeText(probe, devices)}`),
          `   ${small.mismatch.why}`,
        ];
  fail(
    report,
    task,
    [`${dump.name}: ${all.length} of ${found.probes.length} packets`, ...lines, ...least].join("\n"),
  );
}

function fail(report: DumpsReport, task: Task, text: string): void {
  report.mismatches += 1;
  if (report.failures.length >= mostFailures) return;
  report.failures.push(text);
  task.failed?.(text);
}
