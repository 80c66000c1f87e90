import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "./main.ts";
import { traceJsonSchema, traceSchema } from "./render/trace-schema.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const example = (name: string): string => join(root, "examples", name);

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

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringwall-cli-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("exit status", () => {
  test("0 where a packet gets there and back", async () => {
    const { status, out } = await run(
      "trace",
      example("why-8080/works"),
      "--from",
      "client",
      "--to",
      "app",
      "--port",
      "8080",
    );
    expect(out).toContain("ALLOWED");
    expect(status).toBe(0);
  });

  test("1 where the reply is refused, with the blocker and the remedy in the text", async () => {
    const { status, out } = await run(
      "trace",
      example("why-8080/nacl-reply"),
      "--from",
      "client",
      "--to",
      "app",
      "--port",
      "8080",
    );
    expect(status).toBe(1);
    expect(out).toContain("back: network ACL subnet app");
    expect(out).toMatch(/add to app-acl the outbound entry \d+: allow tcp 1024–65535/);
  });

  test.each([
    [["trase"], /did you mean trace/],
    [["trace"], /which estate/],
    [["trace", "no-such-folder"], /no such file/],
    [["trace", example("why-8080/works"), "--from", "client", "--to", "app"], /which port/],
    [
      ["trace", example("why-8080/works"), "--from", "clinet", "--to", "app", "--port", "80"],
      /did you mean client/,
    ],
    [["trace", example("why-8080/works"), "--from", "client", "--to", "app", "--port", "99999"], /port/],
    [
      [
        "trace",
        example("why-8080/works"),
        "--from",
        "client",
        "--to",
        "app",
        "--port",
        "80",
        "--proto",
        "tpc",
      ],
      /protocol/,
    ],
    [["trace", example("why-8080/works"), "--frm", "client"], /--frm/],
    [["trace", example("why-8080/works"), "--packet", "tcp 1.2.3.4 5.6.7.8:80"], /“>” was expected/],
    [
      ["trace", example("why-8080/works"), "--packet", "tcp 1.2.3.4:1 > [2001:db8::1]:80"],
      /two address families/,
    ],
  ])("2 with one clear message for %j", async (args, message) => {
    const { status, err, out } = await run(...args);
    expect(status).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\bat .*\.ts:/);
    expect(out).toBe("");
  });
});

describe("bad input is one error with file and line, and status 2", () => {
  test.each([
    ["cut.json", '{"Vpcs": [\n{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"', 2, /cut off/],
    ["nul.rules", "*filter\n:INPUT ACCEPT [0:0]\n\0\nCOMMIT\n", 3, /NUL/],
    ["cut.rules", "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dp", 3, /./],
    ["loop.rules", "*filter\n:INPUT ACCEPT [0:0]\n:a - [0:0]\n-A INPUT -j a\n-A a -j a\nCOMMIT\n", 5, /a/],
    ["prefix.yaml", "ringwall: 1\nnetworks:\n  n: { prefix: 10.0.0.0/33 }\n", 3, /33/],
  ])("%s", async (name, text, line, message) => {
    const path = join(folder, name);
    await writeFile(path, text);
    const { status, err } = await run("show", path);
    expect(err).toContain(`${path}:${line}`);
    expect(err).toMatch(message);
    expect(status).toBe(2);
  });

  test("a file of no known format is refused by name", async () => {
    const path = join(folder, "notes.txt");
    await writeFile(path, "dear diary\n");
    const { status, err } = await run("show", path);
    expect(status).toBe(2);
    expect(err).toMatch(/nothing that Ringwall reads/);
  });
});

describe("JSON", () => {
  test("a trace has the published shape", async () => {
    const { out } = await run(
      "trace",
      example("three-tier"),
      "--from",
      "internet",
      "--to",
      "shop",
      "--port",
      "443",
      "--format",
      "json",
    );
    const parsed = traceSchema.parse(JSON.parse(out));
    expect(parsed.answer).toBe("allowed");
    expect(parsed.onward.map((next) => next.answer)).toEqual(["allowed", "allowed"]);
    expect(parsed.forward.steps.find((step) => step.layer === "security-group")?.rule?.origin.file).toMatch(
      /describe-security-group/,
    );
  });

  test("the committed schema is the one that the program has", () => {
    const committed: unknown = JSON.parse(readFileSync(join(root, "schemas/trace.schema.json"), "utf8"));
    expect(committed).toEqual(JSON.parse(JSON.stringify(traceJsonSchema())));
  });
});

test("with --deny, each ring says what would stop the packet there", async () => {
  const { out } = await run(
    "trace",
    example("why-8080/works"),
    "--from",
    "client",
    "--to",
    "app",
    "--port",
    "8080",
    "--deny",
  );
  expect(out).toMatch(/remove or narrow in app-sg inbound/);
  expect(out).toMatch(/app-acl inbound, with a lower number/);
});

test("help names every verb, and every verb has help", async () => {
  const { out, status } = await run("--help");
  expect(status).toBe(0);
  for (const verb of ["trace", "replay", "show", "import", "tour"]) {
    expect(out).toContain(`  ${verb}`);
    expect((await run("help", verb)).out).toContain(`ringwall ${verb}`);
  }
});
