import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseAddress } from "../packet/address.ts";
import { encode } from "../packet/encode.ts";
import { ACK, SYN } from "../packet/packet.ts";
import { TCP } from "../packet/protocol.ts";
import { main } from "./main.ts";
import { timeText } from "./render/replay-json.ts";

const folder = mkdtempSync(join(tmpdir(), "ringwall-cli-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const rulesPath = join(folder, "host.rules");
writeFileSync(
  rulesPath,
  `*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -i eth0 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`,
);

const client = parseAddress("203.0.113.7");
const server = parseAddress("192.0.2.10");
if (client === undefined || server === undefined) throw new Error("addresses");
const asks = { family: 4, source: client, destination: server, protocol: TCP, sourcePort: 50000 } as const;
const answers = {
  family: 4,
  source: server,
  destination: client,
  protocol: TCP,
  destinationPort: 50000,
} as const;
const frames = [
  encode({
    ...asks,
    destinationPort: 22,
    tcpFlags: SYN,
    tcp: { sequence: 1, acknowledgment: 0, window: 64000, payloadBytes: 0 },
  }),
  encode({
    ...answers,
    sourcePort: 22,
    tcpFlags: SYN | ACK,
    tcp: { sequence: 9, acknowledgment: 2, window: 64000, payloadBytes: 0 },
  }),
  encode({ ...asks, destinationPort: 23, tcpFlags: SYN }),
];

/** A classic capture of raw IP packets, one a second from 2023-11-14T22:13:20Z. */
function capture(): Buffer {
  const header = Buffer.from("d4c3b2a1020004000000000000000000ffff000065000000", "hex");
  return Buffer.concat([
    header,
    ...frames.flatMap((frame, at) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(1_700_000_000 + at);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      return [record, frame];
    }),
  ]);
}
const whole = join(folder, "ssh.pcap");
writeFileSync(whole, capture());
const damaged = join(folder, "cut.pcap");
writeFileSync(damaged, capture().subarray(0, -10));

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const status = await main(["replay", ...args], {
    write: (text) => void (said.out += text),
    writeError: (text) => void (said.err += text),
    colour: false,
    progress: false,
    columns: 100,
  });
  return { status, ...said };
}
const usual = ["--through", rulesPath, "--local", "192.0.2.10", "--in", "eth0"];

test("in text: a line a packet with the rule that decided, a summary, and the connection table", async () => {
  const { status, out } = await run(whole, ...usual);
  const lines = out.split("\n");
  expect(status).toBe(1);
  expect(lines[0]).toMatch(
    /^ {4}1 {2}22:13:20\.000000 {2}allowed {3}new .*tcp 203\.0\.113\.7:50000 > 192\.0\.2\.10:22 \[SYN\] .*host\.rules:5/,
  );
  expect(lines[1]).toMatch(/allowed {3}established/);
  expect(lines[2]).toMatch(/denied {4}new .*host\.rules:2/);
  expect(out).toContain("3 packets: 2 allowed, 1 denied");
  expect(out).toMatch(/tcp +203\.0\.113\.7 +50000 +192\.0\.2\.10 +22 +SYN_RECV/);
});

test("in JSON: a line a packet and the table last, each a document of its own", async () => {
  const { out } = await run(whole, ...usual, "--format", "json");
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatchObject({
    schema: "ringwall.replay/1",
    packet: 1,
    offset: 24,
    time: "2023-11-14T22:13:20.000000000Z",
    verdict: "allowed",
    state: "new",
    path: "input",
    rule: { origin: { file: rulesPath, line: 5 } },
  });
  expect(lines[3]).toMatchObject({
    counts: { allowed: 2, denied: 1, depends: 0, unjudged: 0 },
    complete: true,
    tables: [{ connections: [{ protocol: "tcp", sourcePort: 50000, destinationPort: 22, packets: 2 }] }],
  });
});

test("--only shows the packets with that verdict and still counts them all", async () => {
  const { out } = await run(whole, ...usual, "--only", "denied");
  expect(out.match(/^ +\d+ {2}22:/gm)).toEqual(["    3  22:"]);
  expect(out).toContain("3 packets: 2 allowed, 1 denied");
});

test("a damaged capture is answered up to the damage, then one error names packet and byte, and the status is 2", async () => {
  const { status, out, err } = await run(damaged, ...usual);
  expect(status).toBe(2);
  expect(out).toContain("2 packets: 2 allowed, 0 denied, as far as the capture could be read");
  expect(err).toMatch(/^.*cut\.pcap:1: packet 3 at byte 136: the capture is cut off inside a packet/);
});

test.each([
  [[], /which capture\?/],
  [[whole], /--through is missing/],
  [[whole, "--through", rulesPath, "--only", "lost"], /--only takes allowed, denied/],
  [[whole, "--through", rulesPath, "--local", "here"], /--local is an address/],
  [[whole, "--through", rulesPath, "--host", "db"], /no host “db”/],
  [[whole, "--through", rulesPath], /nothing says whether/],
  [[rulesPath, ...usual], /not a capture file/],
  [[join(folder, "none.pcap"), ...usual], /can't be read/],
])("%j is one clear error with status 2", async (args, message) => {
  const { status, out, err } = await run(...args);
  expect(status).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(message);
});

test("a year that no calendar has is shown in seconds", () => {
  expect(timeText({ seconds: 18_446_744_073_709, nanoseconds: 5 })).toBe("18446744073709.000000005");
});
