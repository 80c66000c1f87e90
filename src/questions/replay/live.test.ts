// Real packets between two network namespaces, captured by the real tcpdump on one of them and replayed through a
// rule set. What the states must be follows from the conversation: a handshake, a refused port, an ICMP error.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readHostFirewall } from "../../formats/iptables/reader.ts";
import { openCapture } from "../../packet/capture/capture.ts";
import { parseAddress } from "../../packet/address.ts";
import { replayCapture, type ReplayOptions, type ReplayRow } from "../replay.ts";
import type { FirewalledHost } from "./model.ts";

const rules = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i vb -p tcp -m tcp --dport 8080 --syn -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;
const firewall = readHostFirewall("server", [{ path: "server.rules", text: rules }]);
const host: FirewalledHost = {
  id: "server",
  name: "server",
  kind: "host",
  tags: {},
  interfaces: [],
  running: true,
  origin: firewall.origin,
  firewall,
};

const canMakeNamespaces = process.platform === "linux" && process.getuid?.() === 0;
const [here, there] = [`rwa${process.pid}`, `rwb${process.pid}`];
const folder = mkdtempSync(join(tmpdir(), "ringwall-replay-"));
const children: ChildProcess[] = [];
const ip = (...args: string[]): void => void execFileSync("ip", args);

/** A program inside a namespace, once it has said the word that it is ready with. */
async function started(namespace: string, ready: string, ...command: string[]): Promise<ChildProcess> {
  const child = spawn("ip", ["netns", "exec", namespace, ...command]);
  children.push(child);
  let said = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: unknown): void => {
      said += String(chunk);
      if (said.includes(ready)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", () => reject(new Error(`${command[0]} ended: ${said}`)));
  });
  child.removeAllListeners("exit");
  return child;
}

const server = `
  require("node:net").createServer((socket) => socket.end("hello")).listen(8080, "192.0.2.10", () => {
    console.log("ready");
  });
  // Something of its own, to a port where nobody listens: the answer is an ICMP error.
  process.stdin.once("data", () => require("node:dgram").createSocket("udp4").send("x", 4242, "192.0.2.1", () => console.log("sent")));
`;
const client = `
  const net = require("node:net");
  const open = (port) => new Promise((done) => {
    const socket = net.connect({ port, host: "192.0.2.10", localPort: port + 40000 });
    socket.on("error", () => {}).on("close", done).resume();
  });
  open(8080).then(() => open(22)).then(() => {
    require("node:dgram").createSocket("udp4").send("x", 5353, "192.0.2.10", () => setTimeout(() => process.exit(), 100));
  });
`;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function converse(): Promise<void> {
  ip("netns", "add", here);
  ip("netns", "add", there);
  ip("-n", here, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", there);
  ip("-n", here, "addr", "add", "192.0.2.1/24", "dev", "va");
  ip("-n", there, "addr", "add", "192.0.2.10/24", "dev", "vb");
  for (const [namespace, device] of [
    [here, "lo"],
    [there, "lo"],
    [here, "va"],
    [there, "vb"],
  ] as const)
    ip("-n", namespace, "link", "set", device, "up");
  const dump = (device: string): Promise<ChildProcess> =>
    started(
      there,
      "listening on",
      "tcpdump",
      "-n",
      "--immediate-mode",
      "-U",
      "-Z",
      "root",
      "-i",
      device,
      "-w",
      join(folder, `${device}.pcap`),
      "ip",
    );
  const dumps = [await dump("vb"), await dump("any")];
  const serving = await started(there, "ready", process.execPath, "-e", server);
  const asking = spawn("ip", ["netns", "exec", here, process.execPath, "-e", client]);
  children.push(asking);
  await ended(asking);
  const sent = once(serving.stdout ?? serving, "data");
  serving.stdin?.write("now\n");
  await sent;
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const child of dumps) {
    child.kill("SIGINT");
    await ended(child);
  }
}

describe.skipIf(!canMakeNamespaces)("a conversation captured by tcpdump (needs root on Linux)", () => {
  beforeAll(converse, 30_000);
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    for (const namespace of [here, there]) {
      try {
        ip("netns", "del", namespace);
      } catch {
        // It was never made.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function replayed(device: string, options: ReplayOptions) {
    const rows: ReplayRow[] = [];
    const replay = replayCapture(
      openCapture(join(folder, `${device}.pcap`)),
      { kind: "host", host },
      options,
    );
    for await (const row of replay.rows) rows.push(row);
    return { rows, tables: replay.tables() };
  }
  const about = (rows: readonly ReplayRow[], port: number): ReplayRow[] =>
    rows.filter(
      ({ packet }) =>
        packet !== undefined &&
        packet.quoted === undefined &&
        [packet.sourcePort, packet.destinationPort].includes(port),
    );

  const server = parseAddress("192.0.2.10");
  if (server === undefined) throw new Error("an address");
  describe.each([
    ["on the Ethernet interface, told its address and its interface", "vb", { local: [server], in: "vb" }],
    ["on any interface, where the capture tells the direction", "any", { in: "vb" }],
  ])("%s", (_, device, options) => {
    test("the handshake is new, then established, and the whole exchange is allowed", async () => {
      const { rows, tables } = await replayed(device, options);
      const web = about(rows, 8080);
      expect(
        web.slice(0, 3).map((row) => [row.text.replace(/^.*\[/, "["), row.state, row.verdict, row.path]),
      ).toEqual([
        ["[SYN]", "new", "allowed", "input"],
        ["[SYN ACK]", "established", "allowed", "output"],
        ["[ACK]", "established", "allowed", "input"],
      ]);
      expect(web.length).toBeGreaterThan(5);
      expect(web.every((row) => row.verdict === "allowed")).toBe(true);
      expect(web[0]?.rule?.origin).toMatchObject({ file: "server.rules", line: 6 });
      expect(web[2]?.rule?.origin).toMatchObject({ file: "server.rules", line: 5 });
      const [first] = tables[0]?.connections ?? [];
      expect(first).toMatchObject({
        sourcePort: 48080,
        destinationPort: 8080,
        state: "TIME_WAIT",
        packets: web.length,
      });
    });

    test("a port without a rule is denied by the policy, and leaves no connection", async () => {
      const { rows, tables } = await replayed(device, options);
      const [syn, reset] = about(rows, 22);
      expect(syn).toMatchObject({ state: "new", verdict: "denied", ring: expect.stringContaining("INPUT") });
      expect(syn?.rule?.origin.line).toBe(2);
      // The server without rules answered; to this rule set its answer belongs to nothing.
      expect(reset).toMatchObject({ state: "invalid", path: "output" });
      expect(tables[0]?.connections.some((entry) => entry.destinationPort === 22)).toBe(false);
    });

    test("an ICMP error about what the server sent is related, one about what was denied is invalid", async () => {
      const { rows } = await replayed(device, options);
      expect(about(rows, 5353).map((row) => row.verdict)).toEqual(["denied"]);
      expect(about(rows, 4242).map((row) => [row.state, row.verdict, row.path])).toEqual([
        ["new", "allowed", "output"],
      ]);
      const errors = rows.filter((row) => row.packet?.quoted !== undefined);
      expect(
        errors.map((row) => [row.packet?.quoted?.destinationPort, row.state, row.verdict, row.path]),
      ).toEqual([
        [5353, "invalid", "allowed", "output"],
        [4242, "related", "allowed", "input"],
      ]);
    });
  });

  test("without addresses or options it can't be told who sends, and the error says how to tell", async () => {
    await expect(replayed("vb", {})).rejects.toMatchObject({
      code: "unanswerable",
      remedy: expect.stringContaining("--local"),
    });
  });
});
