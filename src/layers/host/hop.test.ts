import { expect, test } from "vitest";
import { makeAddress } from "../../packet/address.ts";
import type { Packet } from "../../packet/packet.ts";
import { UDP } from "../../packet/protocol.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import type { Match } from "../../rules/match.ts";
import type { HostFirewall } from "./model.ts";
import { passHost } from "./pass.ts";

const origin = { file: "router.rules", line: 1 };
const policy = {
  match: { kind: "always" },
  actions: [{ kind: "accept" }],
  origin,
  text: "policy accept",
} as const;
const below64: Match = { kind: "number", field: "ttl", set: [0, 63] };

function router(hook: "prerouting" | "forward"): HostFirewall {
  const chain = {
    name: hook,
    rules: [{ match: below64, actions: [{ kind: "drop" as const }], origin, text: "ip ttl < 64 drop" }],
    policy,
    origin,
  };
  return {
    name: "router",
    tables: [
      {
        engine: "nftables",
        family: "ip",
        name: "filter",
        chains: new Map([[hook, chain]]),
        bases: [{ chain: hook, hook, priority: 0, type: "filter" }],
        origin,
      },
    ],
    addresses: [],
    routes: [],
    unknowns: [],
    origin,
  };
}

function pass(firewall: HostFirewall, ttl: number) {
  const packet: Packet = {
    family: 4,
    source: makeAddress(4, 0x0a000001),
    destination: makeAddress(4, 0x0a010001),
    protocol: UDP,
    sourcePort: 5000,
    destinationPort: 53,
    ttl,
  };
  return passHost(firewall, {
    packet,
    origin: { kind: "arrives", device: "eth0" },
    to: "elsewhere",
    outDevice: "eth1",
    connections: new ConnectionTable(),
    now: 0,
    place: "router",
  });
}

test("a packet that came with TTL 64 is at 63 when the forward chain asks for it", () => {
  expect(pass(router("forward"), 64).answer).toBe("denied");
  expect(pass(router("forward"), 65)).toMatchObject({ answer: "allowed", packet: { ttl: 64 } });
});

test("before the routing decision its TTL is still as it came", () => {
  expect(pass(router("prerouting"), 64).answer).toBe("allowed");
});

test("a router passes on no packet whose TTL is used up", () => {
  const passage = pass(router("prerouting"), 1);
  expect(passage.answer).toBe("denied");
  expect(pass(router("forward"), 1).steps.at(-1)?.why).toMatch(/TTL is 1/);
});
