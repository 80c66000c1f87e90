// What a pipeline runs: the script behind the GitHub action and the GitLab snippet, in a repository with a change.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../", import.meta.url));
let repository = "";

const drawing = (rule: string): string => `ringwall: 1
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24, public: true } }
hosts: { web-1: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg } }
security-groups: { web-sg: { in: ["${rule}"], out: [] } }
`;

function git(...args: string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  execFileSync("git", ["-C", repository, ...identity, ...args]);
}

function run(about: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("bash", [join(root, "ci/diff.sh")], {
    cwd: repository,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"] ?? "",
      RINGWALL: `${process.execPath} ${join(root, "bin/ringwall")}`,
      RINGWALL_ESTATE: "infra",
      ...about,
    },
  });
}

beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), "ringwall-ci-"));
  git("init", "-q", "-b", "main");
  mkdirSync(join(repository, "infra"));
  writeFileSync(join(repository, "infra/ringwall.yaml"), drawing("tcp 443 from any"));
  git("add", ".");
  git("commit", "-q", "-m", "before");
  writeFileSync(join(repository, "infra/ringwall.yaml"), drawing("tcp 22,443 from any"));
});
afterAll(() => rmSync(repository, { recursive: true }));

describe("the script that pipelines run", () => {
  test("fails on a flow that opens at high or worse, and leaves all three reports", () => {
    const ran = run({ RINGWALL_BASE: "main" });
    expect([ran.status, ran.stderr]).toEqual([1, ""]);
    expect(ran.stdout).toContain("| critical | internet → web-1 | **tcp 22** |");
    const report = (name: string): string => readFileSync(join(repository, "ringwall-report", name), "utf8");
    expect(report("ringwall.md")).toBe(ran.stdout);
    expect(report("ringwall.junit.xml")).toContain('<failure message="newly open" type="opened">');
    const sarif = JSON.parse(report("ringwall.sarif")) as {
      runs: { results: { ruleId: string; level: string; locations: unknown }[] }[];
    };
    // The rule stands in the fifth line of the file that was changed.
    expect(sarif.runs[0]?.results).toMatchObject([
      {
        ruleId: "ringwall-diff/opened",
        level: "error",
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "infra/ringwall.yaml" }, region: { startLine: 5 } },
          },
        ],
      },
    ]);
  });

  test("passes where only that fails which was not asked for", () => {
    expect(run({ RINGWALL_BASE: "main", RINGWALL_FAIL: "never" }).status).toBe(0);
  });

  test("passes where nothing changed, and says that it is proved", () => {
    const ran = run({ RINGWALL_BEFORE: "infra" });
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/proved: all \d+ pairs of ends exchange the same flows as before/);
  });

  test("ends with status 2 on what it can't use, and leaves no report of it", () => {
    const ran = run({ RINGWALL_BASE: "no-such-revision", RINGWALL_OUT: "out" });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("has no revision “no-such-revision”");
    expect(existsSync(join(repository, "out/ringwall.md"))).toBe(false);
  });

  test("takes no part of a name for a command", () => {
    const ran = run({ RINGWALL_BASE: "main; touch owned $(touch owned)" });
    expect(ran.status).toBe(2);
    expect(existsSync(join(repository, "owned"))).toBe(false);
  });
});

describe("the action and the snippet", () => {
  test("are YAML, and hand inputs over by the environment alone", () => {
    const action = parse(readFileSync(join(root, "action.yml"), "utf8")) as {
      inputs: Record<string, unknown>;
      runs: { using: string; steps: { run?: string; env?: Record<string, string> }[] };
    };
    expect(action.runs.using).toBe("composite");
    const scripts = action.runs.steps.flatMap((step) => step.run ?? []);
    expect(scripts.length).toBeGreaterThan(3);
    // An expression within a script would run whatever a branch is called.
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
    const used = JSON.stringify(action.runs).matchAll(/inputs\.([\w-]+)/g);
    expect(new Set([...used].map((match) => match[1]))).toEqual(new Set(Object.keys(action.inputs)));
  });

  test("call the script that is published with the package", () => {
    const snippet = readFileSync(join(root, "ci/gitlab.yml"), "utf8");
    expect(parse(snippet)).toHaveProperty("ringwall.script");
    expect(snippet).toContain("ringwall/ci/diff.sh");
    const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
    expect(files).toContain("ci");
  });
});
