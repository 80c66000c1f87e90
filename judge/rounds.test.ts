import { describe, expect, test } from "vitest";
import { addressOf } from "../test/readings/points.ts";
import { TCP } from "../src/packet/protocol.ts";
import type { View } from "../src/rules/view.ts";
import { roundsOf } from "./rounds.ts";
import { sendable, type Sendable, type Unsendable } from "./sendable.ts";

const names = ["lan0", "wan0", "dmz0"];

function viewOf(over: Partial<View> & { source?: string; destination?: string } = {}): View {
  const { source = "10.7.0.1", destination = "10.8.0.1", ...rest } = over;
  return {
    packet: {
      family: 4,
      source: addressOf(source),
      destination: addressOf(destination),
      protocol: TCP,
      sourcePort: 50_000,
      destinationPort: 443,
      tcpFlags: 2,
    },
    state: "new",
    inInterface: "eth0",
    outInterface: "eth1",
    mark: 0,
    connectionMark: 0,
    ...rest,
  };
}

function must(made: Sendable | Unsendable): Sendable {
  if (made.kind === "unsendable") throw new Error(made.why);
  return made;
}

describe("a view that the judge can send", () => {
  test.each([
    [
      "comes from the host itself",
      viewOf({ source: "127.0.0.1" }),
      /source is an address of the host itself/,
    ],
    ["goes to a multicast group", viewOf({ destination: "224.0.0.5" }), /destination is a multicast/],
    ["comes in by the loopback interface", viewOf({ inInterface: "lo" }), /loopback/],
    ["leaves by no interface", viewOf({ outInterface: "" }), /out by an interface/],
    [
      "has a name of sixteen letters for its interface",
      viewOf({ inInterface: "abcdefghijklmnop" }),
      /in by an/,
    ],
    ["is marked before any rule has seen it", viewOf({ mark: 1 }), /marked/],
  ])("is none that %s", (_, view, why) => {
    expect(sendable(view, "FORWARD")).toEqual({ kind: "unsendable", why: expect.stringMatching(why) });
  });

  test("goes to the gateway itself where an input chain is asked, whatever it leaves by", () => {
    expect(must(sendable(viewOf({ outInterface: "" }), "INPUT")).outDevice).toBe("gateway");
  });

  test("of a standing connection is preceded by the other end's SYN", () => {
    const made = must(sendable(viewOf({ state: "established" }), "FORWARD"));
    expect(made.opener?.packet).toMatchObject({ sourcePort: 443, destinationPort: 50_000, tcpFlags: 2 });
  });
});

describe("rounds", () => {
  const made = (view: View, hook: "INPUT" | "FORWARD" = "FORWARD"): Sendable => must(sendable(view, hook));

  test("hold packets to one destination by two interfaces apart", () => {
    const rounds = roundsOf([made(viewOf()), made(viewOf({ outInterface: "eth0" }))], names);
    expect(rounds.map(({ places }) => [...places])).toEqual(
      [[["10.8.0.1", 0]], [["10.8.0.1", 1]]].toReversed(),
    );
  });

  test("let nobody send from an address that is the gateway's own", () => {
    const rounds = roundsOf(
      [made(viewOf({ destination: "10.9.0.1" }), "INPUT"), made(viewOf({ source: "10.9.0.1" }))],
      names,
    );
    expect(rounds.map(({ packets }) => packets.length)).toEqual([1, 1]);
  });

  test("leave a link its name while nobody needs another", () => {
    expect(roundsOf([made(viewOf())], ["eth1", "a", "eth0"])[0]?.devices).toEqual(["eth1", "a", "eth0"]);
    expect(roundsOf([made(viewOf())], ["a", "eth1", "b"])[0]?.devices).toEqual(["eth0", "eth1", "b"]);
  });

  test("between them send each packet once, with as few links as there are", () => {
    const packets = ["a", "b", "c", "d", "e"].flatMap((inInterface) =>
      ["a", "b", "c", "d", "e"].map((outInterface) => made(viewOf({ inInterface, outInterface }))),
    );
    const rounds = roundsOf(packets, names);
    expect(new Set(rounds.flatMap((round) => round.packets)).size).toBe(25);
    expect(rounds.flatMap((round) => round.packets)).toHaveLength(25);
    expect(rounds.every(({ devices }) => new Set(devices).size === 3)).toBe(true);
  });
});
