// The doctor on hosts that are ill on purpose: two network namespaces, a real listener, real rules. A real client tries
// to connect, so that the doctor's word and the kernel's are held against each other.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { makeNamespace, must, removeNamespaces, type Namespace } from "../judge/namespaces.ts";
import { whyNot } from "../judge/requirements.ts";

const command = fileURLToPath(new URL("../bin/ringwall", import.meta.url));
const obstacle = whyNot();

interface Line {
  readonly check: string;
  readonly health: string;
  readonly found: string;
  readonly remedy?: string;
}

interface Ward {
  readonly host: Namespace;
  readonly client: Namespace;
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  removeNamespaces();
});

/** client 10.9.0.2 — 10.9.0.1 host; a second link 10.8.0.2 — 10.8.0.1; the way back to 192.0.2.0/24 is by the first. */
function ward(): Ward {
  const [host, client] = [makeNamespace("host"), makeNamespace("client")];
  const ip = (words: string): string => must("ip", words.split(" "));
  ip(`link add name d0 netns ${host.name} type veth peer name c0 netns ${client.name}`);
  ip(`link add name d1 netns ${host.name} type veth peer name c1 netns ${client.name}`);
  for (const [name, side, end] of [
    [host.name, "d", 1],
    [client.name, "c", 2],
  ] as const) {
    ip(`-n ${name} link set lo up`);
    ip(`-n ${name} addr add 10.9.0.${end}/24 dev ${side}0`);
    ip(`-n ${name} addr add 10.8.0.${end}/24 dev ${side}1`);
    ip(`-n ${name} link set ${side}0 up`);
    ip(`-n ${name} link set ${side}1 up`);
  }
  ip(`-n ${client.name} addr add 192.0.2.7/32 dev c1`);
  return { host, client };
}

/** A program in the host's namespace that listens until the test ends. */
async function listen(host: Namespace, address: string, port = 8080): Promise<void> {
  const program = `require("node:net").createServer(s => s.end()).listen(${port}, "${address}", () => console.log("ready"))`;
  const child = host.run(() =>
    spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  children.push(child);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
}

function load(host: Namespace, program: string, rules: string): void {
  host.run(() => must(program, program === "nft" ? ["-f", "-"] : [], rules));
}

/** Whether a real connection succeeds. */
function connects(client: Namespace, from: string, to: string): boolean {
  const program =
    `const s = require("node:net").connect({ host: "${to}", port: 8080, localAddress: "${from}" });` +
    `s.on("connect", () => process.exit(0)); s.on("error", () => process.exit(1)); setTimeout(() => process.exit(1), 1200)`;
  return client.run(() => spawnSync(process.execPath, ["-e", program]).status === 0);
}

function examine(host: Namespace, ...options: string[]): { status: number | null; lines: readonly Line[] } {
  const ran = host.run(() =>
    spawnSync(process.execPath, [command, "doctor", "--port", "8080", "--format", "json", ...options], {
      encoding: "utf8",
    }),
  );
  expect(ran.stderr).toBe("");
  const { lines } = JSON.parse(ran.stdout) as { lines: readonly Line[] };
  return { status: ran.status, lines };
}

const faults = (lines: readonly Line[]): string[] =>
  lines.filter((line) => line.health === "fault").map((line) => line.check);

describe.skipIf(obstacle !== undefined)("the doctor, at the bed of a real host (root, Linux)", () => {
  const ask = ["--from", "10.9.0.2", "--to", "10.9.0.1"];

  test("finds nothing wrong where a client gets through", async () => {
    const { host, client } = ward();
    await listen(host, "0.0.0.0");
    load(
      host,
      "iptables-restore",
      "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 8080 -j ACCEPT\nCOMMIT\n",
    );
    const { status, lines } = examine(host, ...ask);
    expect([status, faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([0, [], true]);
    expect(lines.find((line) => line.check === "listener")?.found).toMatch(
      /\(process \d+\) listens on every address/,
    );
  });

  test("names a program that listens on 127.0.0.1 alone", async () => {
    const { host, client } = ward();
    await listen(host, "127.0.0.1");
    const { status, lines } = examine(host, ...ask);
    expect([status, faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([
      1,
      ["listener"],
      false,
    ]);
    expect(lines[0]?.remedy).toContain("0.0.0.0");
  });

  test("takes a program on :: for one that serves IPv4 too, as the kernel does", async () => {
    const { host, client } = ward();
    await listen(host, "::");
    const { lines } = examine(host, ...ask);
    expect([faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([[], true]);
  });

  test("names a program that listens on another of the host's addresses", async () => {
    const { host, client } = ward();
    await listen(host, "10.8.0.1");
    const { lines } = examine(host, ...ask);
    expect([faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([["listener"], false]);
    expect(lines[0]?.found).toContain("10.8.0.1:8080, and not on 10.9.0.1");
  });

  test("says that nothing listens", () => {
    const { host, client } = ward();
    const { lines } = examine(host, ...ask);
    expect([faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([["listener"], false]);
  });

  test.each([
    [
      "an iptables rule",
      "iptables-restore",
      "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -s 10.9.0.0/24 -p tcp --dport 8080 -j DROP\nCOMMIT\n",
      "-s 10.9.0.0/24",
    ],
    [
      "a rule of the legacy engine, while iptables is the nft one",
      "iptables-legacy-restore",
      "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 8080 -j REJECT\nCOMMIT\n",
      "REJECT",
    ],
    [
      "an nft rule in a table of its own",
      "nft",
      "table inet guard {\n chain in {\n type filter hook input priority 10; policy accept;\n tcp dport 8080 ip saddr 10.9.0.2 drop\n }\n}\n",
      "10.9.0.2",
    ],
  ])("cites %s that refuses", async (_name, program, rules, cited) => {
    const { host, client } = ward();
    await listen(host, "0.0.0.0");
    load(host, program, rules);
    const { lines } = examine(host, ...ask);
    expect([faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([["host firewall"], false]);
    expect(lines.find((line) => line.health === "fault")?.found).toContain(cited);
  });

  test("finds the answer refused, where the request is let in", async () => {
    const { host, client } = ward();
    await listen(host, "0.0.0.0");
    load(
      host,
      "iptables-restore",
      "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n-A OUTPUT -o lo -j ACCEPT\nCOMMIT\n",
    );
    const { lines } = examine(host, ...ask);
    expect([faults(lines), connects(client, "10.9.0.2", "10.9.0.1")]).toEqual([["host firewall"], false]);
    expect(lines.find((line) => line.health === "fault")?.found).toMatch(/^the answer is refused/);
  });

  test("finds no way back to a client", async () => {
    const { host, client } = ward();
    await listen(host, "0.0.0.0");
    const { lines } = examine(host, "--from", "192.0.2.7", "--to", "10.8.0.1");
    expect([faults(lines), connects(client, "192.0.2.7", "10.8.0.1")]).toEqual([["way back"], false]);
  });

  test("finds the strict reverse path filter at work where ways are asymmetric, and not where it is loose", async () => {
    const { host, client } = ward();
    await listen(host, "0.0.0.0");
    must("ip", ["-n", host.name, "route", "add", "192.0.2.0/24", "via", "10.9.0.2"]);
    const filter = (value: number): void =>
      host.run(() => {
        for (const device of ["all", "d1"])
          must("sysctl", ["-q", "-w", `net.ipv4.conf.${device}.rp_filter=${value}`]);
      });
    const asked = ["--from", "192.0.2.7", "--to", "10.8.0.1"];
    filter(1);
    const strict = examine(host, ...asked);
    expect([faults(strict.lines), connects(client, "192.0.2.7", "10.8.0.1")]).toEqual([
      ["reverse path"],
      false,
    ]);
    filter(2);
    const loose = examine(host, ...asked);
    expect([faults(loose.lines), connects(client, "192.0.2.7", "10.8.0.1")]).toEqual([[], true]);
  });

  test("finds a published port on a host that does not forward, and names Docker's chains", () => {
    const { host } = ward();
    load(
      host,
      "iptables-restore",
      "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 10.8.0.2:80\nCOMMIT\n",
    );
    host.run(() => must("sysctl", ["-q", "-w", "net.ipv4.ip_forward=0"]));
    const { lines } = examine(host, ...ask);
    expect(faults(lines)).toEqual(["forwarding"]);
    expect(lines.some((line) => line.found.includes("DOCKER-USER"))).toBe(true);
  });

  test("finds a device that is down", async () => {
    const { host } = ward();
    await listen(host, "0.0.0.0");
    must("ip", ["-n", host.name, "link", "set", "d1", "down"]);
    const { lines } = examine(host, "--from", "10.9.0.2", "--to", "10.8.0.1");
    expect(faults(lines)).toContain("address");
  });
});
