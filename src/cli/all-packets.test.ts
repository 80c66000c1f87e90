// The verbs that answer for all packets: their exit statuses, and that every format is what it promises to be.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { main } from "./main.ts";
import { assertJsonSchema, assertSchema } from "./render/assert-schema.ts";
import { diffJsonSchema, diffSchema } from "./render/diff-schema.ts";
import { reachJsonSchema, reachSchema } from "./render/reach-schema.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tiers = join(root, "examples/three-tier");
const wrong = join(root, "examples/mistake-1/wrong");
const mended = join(root, "examples/mistake-1/mended");

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await main(args, {
    write: (text) => void (out += text),
    writeError: (text) => void (err += text),
    colour: false,
    progress: false,
    columns: 100,
  });
  return { status, out, err };
}

const committed = (name: string): unknown => JSON.parse(readFileSync(join(root, "schemas", name), "utf8"));

test("the committed JSON Schemas are those that the code gives", () => {
  expect(committed("reach.schema.json")).toEqual(structuredClone(reachJsonSchema()));
  expect(committed("assert.schema.json")).toEqual(structuredClone(assertJsonSchema()));
  expect(committed("diff.schema.json")).toEqual(structuredClone(diffJsonSchema()));
});

describe("reach", () => {
  test("lists what gets there and back, and marks what is not answered", async () => {
    const { status, out } = await run("reach", tiers, "--from", "app-1");
    expect(status).toBe(0);
    expect(out).toMatch(/→ db-1 +tcp 5432/);
    // The application's network ACL forgets the answers of the payment service: the example's flaw.
    expect(out).toMatch(/⇥ internet.*tcp 443/);
  });

  test("of a pair with nothing between them says so, with status 1", async () => {
    const { status, out } = await run("reach", tiers, "--from", "internet", "--to", "db-1");
    expect(status).toBe(1);
    expect(out).toContain("Nothing reaches anything");
  });

  test("in JSON is what the schema says, rings and all", async () => {
    const { out } = await run("reach", tiers, "--to", "db-1", "--rings", "--format", "json");
    const document = reachSchema.parse(JSON.parse(out));
    const bastion = document.classes.find((end) => end.name === "bastion")?.id;
    const pair = document.pairs.find((one) => one.from === bastion);
    expect(pair?.allowed).toEqual([{ text: "tcp 22", protocol: 6, destinationPorts: [[22, 22]] }]);
    expect(pair?.rings?.map((share) => share.layer)).toContain("host");
  });

  test("in CSV has a line a service, and no name that a spreadsheet would run", async () => {
    const { out } = await run("reach", tiers, "--from", "bastion", "--format", "csv");
    const [heading, ...lines] = out.trimEnd().split("\r\n");
    expect(heading?.split(",").slice(0, 6)).toEqual([
      "from",
      "to",
      "family",
      "answer",
      "protocol",
      "destination_ports",
    ]);
    expect(lines).toContain("bastion,db-1,IPv4,allowed,tcp,22,,,,");
    expect(out).not.toMatch(/(?:^|,)[=+@]/m);
  });

  test("in SVG is a well-formed picture that says in words what it shows", async () => {
    const { out } = await run("reach", tiers, "--format", "svg");
    expect(out).toMatch(/^<svg [^>]*role="img"/);
    expect(out).toContain("app-1, app-2 reaches db-1: tcp 5432.");
    const open = [...out.matchAll(/<([a-z]+)(?=[\s>])[^>]*?(\/?)>/g)].filter((tag) => tag[2] === "");
    const close = [...out.matchAll(/<\/([a-z]+)>/g)];
    expect(open.length).toBe(close.length);
    expect(out).not.toMatch(/NaN|undefined/);
  });

  test("in Mermaid and Graphviz names every end once", async () => {
    const mermaid = (await run("reach", tiers, "--format", "mermaid")).out;
    expect(mermaid).toMatch(/^---\ntitle: .*\n---\nflowchart LR\n/);
    expect(mermaid.match(/"db-1/g)).toHaveLength(1);
    const dot = (await run("reach", tiers, "--format", "dot")).out;
    expect(dot).toMatch(/^digraph reach \{/);
    expect(dot.match(/label="db-1/g)).toHaveLength(1);
  });
});

const graphviz = spawnSync("dot", ["-V"]).status === 0;
test.skipIf(!graphviz)("Graphviz takes what reach draws (skipped where it is not installed)", async () => {
  const { out } = await run("reach", tiers, "--format", "dot");
  const drawn = spawnSync("dot", ["-Tplain"], { input: out, encoding: "utf8" });
  expect([drawn.status, drawn.stderr]).toEqual([0, ""]);
  expect(drawn.stdout).toMatch(/^graph /);
});

describe("assert", () => {
  test("ends with 1 where a rule is broken, and shows the packet and its trace", async () => {
    const { status, out } = await run("assert", tiers);
    expect(status).toBe(1);
    expect(out).toContain("✗ the application calls the payment service");
    expect(out).toContain("One thing blocks it");
    expect(out.match(/^✓/gm)).toHaveLength(6);
  });

  test("in JSON is what the schema says", async () => {
    const { out } = await run("assert", tiers, "--format", "json");
    const document = assertSchema.parse(JSON.parse(out));
    expect(document.holds).toBe(false);
    expect(document.assertions.map((one) => one.holds)).toEqual([true, true, true, true, true, true, false]);
  });

  test("in JUnit has a test a rule", async () => {
    const { out } = await run("assert", tiers, "--format", "junit");
    expect(out).toContain('tests="7" failures="1"');
  });

  test("without rules is an error, not a pass", async () => {
    const { status, err } = await run("assert", wrong);
    expect(status).toBe(2);
    expect(err).toContain("has no rules of its own to prove");
  });
});

describe("diff", () => {
  test("ends with 1 where a flow changed, 0 where none did or none that counts", async () => {
    expect((await run("diff", wrong, mended)).status).toBe(1);
    expect((await run("diff", wrong, wrong)).status).toBe(0);
    expect((await run("diff", wrong, mended, "--fail", "opened")).status).toBe(0);
    expect((await run("diff", mended, wrong, "--fail", "critical")).status).toBe(1);
  });

  test("in JSON is what the schema says", async () => {
    const { out } = await run("diff", mended, wrong, "--format", "json");
    const document = diffSchema.parse(JSON.parse(out));
    expect(document.changes[0]).toMatchObject({ kind: "opened", severity: "critical", now: "allowed" });
  });

  test("in Markdown keeps names from becoming markup", async () => {
    const { out } = await run("diff", mended, wrong, "--format", "markdown");
    expect(out).toContain("| critical | internet → web-1 |");
    expect(out).toContain("_proved: ");
  });

  test("takes two estates, or one and a revision", async () => {
    expect((await run("diff", wrong)).err).toContain("two estates were expected");
    expect((await run("diff", wrong, mended, "--since", "main")).err).toContain(
      "--since compares one estate with itself",
    );
  });
});

describe("matrix", () => {
  test("shows who reaches a host's port, and who does not", async () => {
    const { status, out } = await run(
      "matrix",
      join(root, "examples/iptables-web/whole"),
      "--port",
      "22",
      "--hook",
      "input",
    );
    expect(status).toBe(0);
    // ssh from 10.0.1.0/24 alone (RINGS: iptables-web); every address may be the host's own.
    expect(out).toMatch(/b {2}10\.0\.1\.0\/24/);
  });

  test("asks for a service", async () => {
    const { status, err } = await run("matrix", join(root, "examples/iptables-web/whole"));
    expect(status).toBe(2);
    expect(err).toContain("--port is missing");
  });
});
