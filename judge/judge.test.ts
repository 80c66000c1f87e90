import { afterAll, describe, expect, test } from "vitest";
import { run, type Kind, type Report } from "./campaign.ts";
import { readDumps } from "./dumps.ts";
import { judgeEveryDump } from "./every-dump.ts";
import { Kernel } from "./kernel.ts";
import { namespaceNames } from "./namespaces.ts";
import { whyNot } from "./requirements.ts";
import { features } from "./rule-set.ts";

const obstacle = whyNot();
const dumps = readDumps();

describe.skipIf(obstacle !== undefined)(
  "the kernel as judge (as root on Linux, with nftables and iptables)",
  () => {
    let kernel: Kernel | undefined;
    const bench = (): Kernel => (kernel ??= new Kernel());
    const reports: Report[] = [];
    const judged = async (only: Kind, packets: number): Promise<Report> => {
      const report = await run(bench(), { packets, seed: 1, only, rules: 40, dumps });
      reports.push(report);
      return report;
    };
    afterAll(() => kernel?.close());

    test.each([
      ["nft", 26_000],
      ["iptables", 14_000],
      ["ip6tables", 12_000],
    ] as const)("agrees with our reading of random %s rule sets, packet by packet", async (kind, packets) => {
      const report = await judged(kind, packets);
      expect(report.failures.join("\n\n")).toBe("");
      expect(report.refused).toEqual([]);
      expect(report.mismatches).toBe(0);
      expect(report.packets).toBeGreaterThanOrEqual(packets);
      // What nft makes of the ports that a later fragment lacks hangs on the kernel's age; nothing else may be open.
      expect(report.depends).toBeLessThan(report.packets / 200);
      // Rule sets that drop (or pass) nearly everything would judge little.
      expect(report.arrived).toBeGreaterThan(report.packets / 5);
      expect(report.arrived).toBeLessThan((report.packets * 4) / 5);
    });

    test.skipIf(dumps.length === 0)(
      "agrees with our reading of real iptables dumps (skipped where the outside cases are absent)",
      async () => {
        const report = await judged("dumps", 6000);
        expect(report.failures.join("\n\n")).toBe("");
        expect(report.mismatches).toBe(0);
        expect(report.dumpsJudged.size).toBeGreaterThan(4);
      },
    );

    test.skipIf(dumps.length === 0)(
      "gives the ends of real dumps' rules the fates that each reading gives them (`--every-dump` judges them all)",
      () => {
        const some = dumps.filter(({ name }) => /random_srv|vsrv|psa__team_b/.test(name));
        const report = judgeEveryDump(bench(), { dumps: some, packetsEach: 100, rulesEach: 4, seed: 1 });
        expect(report.failures.join("\n\n")).toBe("");
        expect(report.mismatches).toBe(0);
        expect(report.dumps).toBe(3);
        expect(report.sent).toBeGreaterThan(200);
        expect(report.arrived).toBeGreaterThan(20);
        // What can't be sent is counted.
        expect(report.views - report.sent).toBe(
          [...report.unsendable.values()].reduce((sum, count) => sum + count, 0),
        );
        expect([...report.readings.keys()]).toEqual(["evaluate", "space", "classify"]);
        expect(Math.min(...report.readings.values())).toBeGreaterThan(20);
      },
    );

    test("has met every feature that it claims to cover, and judged over 50 000 packets", () => {
      const missed = features.filter((feature) =>
        reports.every(({ hits }) => (hits.get(feature) ?? 0) === 0),
      );
      expect(missed).toEqual([]);
      expect(reports.reduce((sum, { packets }) => sum + packets, 0)).toBeGreaterThan(50_000);
    });

    test("finds a wrong answer and shrinks it to its one packet and no rule", async () => {
      const report = await run(bench(), {
        packets: 1,
        seed: 7,
        only: "nft",
        rules: 40,
        dumps: [],
        distort: (comparison, { packet }) =>
          comparison.kind === "agreed" && packet.destinationPort === 53 && packet.tcpFlags === undefined
            ? { kind: "mismatch", why: "wrong on purpose" }
            : comparison,
      });
      expect(report.mismatches).toBeGreaterThan(0);
      const [failure = ""] = report.failures;
      expect(failure).toMatch(/wrong on purpose\nnpm run judge -- --only nft --seed 7 --packets 1/);
      const probes = failure.split("\n").filter((line) => /ttl \d+ dscp \d+/.test(line));
      expect(probes).toHaveLength(1);
      expect(probes[0]).toMatch(/=> udp .*:53\b/);
      expect(failure).not.toMatch(/counter/);
    });

    test("leaves no namespace behind", () => {
      const own = (): string[] => namespaceNames().filter((name) => name.includes(`-${process.pid}-`));
      bench();
      expect(own()).toHaveLength(3);
      kernel?.close();
      expect(own()).toEqual([]);
    });
  },
);
