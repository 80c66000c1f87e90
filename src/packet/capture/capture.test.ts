import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { isCapture, openCapture, readCapture } from "./capture.ts";
import type { CapturedPacket } from "./packet.ts";

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/#[^\n]*/g, "").replaceAll(/\s+/g, ""), "hex");
}

/** The bytes in chunks of a given size, as a slow disk or a pipe would give them. */
async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Outcome {
  readonly packets: readonly CapturedPacket[];
  readonly problem?: Problem;
}

async function outcomeOf(bytes: Uint8Array, size = 7): Promise<Outcome> {
  const packets: CapturedPacket[] = [];
  try {
    for await (const packet of readCapture(chunked(bytes, size), "web.pcap")) packets.push(packet);
  } catch (error) {
    if (error instanceof Problem) return { packets, problem: error };
    throw error;
  }
  return { packets };
}

async function packetsOf(bytes: Uint8Array, size?: number): Promise<readonly CapturedPacket[]> {
  const { packets, problem } = await outcomeOf(bytes, size);
  if (problem !== undefined) throw problem;
  return packets;
}

const plain = (packet: CapturedPacket) => ({ ...packet, frame: Buffer.from(packet.frame).toString("hex") });

describe("the classic format", () => {
  const body = {
    little: "0200 0400 00000000 00000000 ffff0000 01000000  00f15365 40e20100 03000000 05000000 aabbcc",
    big: "0002 0004 00000000 00000000 0000ffff 00000001  6553f100 0001e240 00000003 00000005 aabbcc",
  };
  test.each([
    ["little-endian microseconds", `d4c3b2a1 ${body.little}`, 123_456_000],
    ["big-endian microseconds", `a1b2c3d4 ${body.big}`, 123_456_000],
    ["little-endian nanoseconds", `4d3cb2a1 ${body.little}`, 123_456],
    ["big-endian nanoseconds", `a1b23c4d ${body.big}`, 123_456],
    [
      "the modified format",
      `34cdb2a1 ${body.little.replace("aabbcc", "02000000 0008 00 00 aabbcc")}`,
      123_456_000,
    ],
  ])("%s", async (_, text, nanoseconds) => {
    expect((await packetsOf(hex(text))).map(plain)).toEqual([
      {
        number: 1,
        offset: 24,
        time: { seconds: 1_700_000_000, nanoseconds },
        linkType: 1,
        frame: "aabbcc",
        wireBytes: 5,
      },
    ]);
  });

  test("the upper bits of the link type are not part of it", async () => {
    const [packet] = await packetsOf(hex(`a1b2c3d4 ${body.big.replace("00000001 ", "f4000001 ")}`));
    expect(packet?.linkType).toBe(1);
  });

  test("a capture without packets is a capture", async () => {
    expect(await packetsOf(hex(`a1b2c3d4 ${body.big}`).subarray(0, 24))).toEqual([]);
  });
});

/** A pcapng block in little-endian order, its two lengths put around the body. */
function block(type: number, bodyHex: string): string {
  const body = hex(bodyHex);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length + 12);
  const kind = Buffer.alloc(4);
  kind.writeUInt32LE(type);
  return Buffer.concat([kind, length, body, length]).toString("hex");
}
const section = block(0x0a0d0d0a, "4d3c2b1a 0100 0000 ffffffffffffffff");
const eth0 = block(1, "0100 0000 00000000 0200 0400 65746830 0000 0000");
/** Nanoseconds (if_tsresol 9), raw IP, named wg0. */
const wg0 = block(1, "6500 0000 00000000 0200 0300 77673000 0900 0100 09000000 0000 0000");
/** 1700000000.123456 s in microseconds is 0x60a243ff1aa40. */
const micros = 1_700_000_000_123_456n;
const stamp = (units: bigint): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(Number(units >> 32n));
  bytes.writeUInt32LE(Number(units & 0xffffffffn), 4);
  return bytes.toString("hex");
};
const enhanced = (on: number, time: bigint, options = ""): string =>
  block(6, `0${on}000000 ${stamp(time)} 03000000 05000000 aabbcc00 ${options}`);

describe("pcapng", () => {
  test("packets carry their interface's name, link type, clock and direction", async () => {
    const packets = await packetsOf(
      hex(
        section +
          eth0 +
          wg0 +
          enhanced(0, micros) +
          enhanced(1, micros * 1000n + 789n, "0200 0400 02000000 00000000"),
      ),
    );
    expect(packets.map(plain)).toEqual([
      {
        number: 1,
        offset: 28 + 32 + 40,
        time: { seconds: 1_700_000_000, nanoseconds: 123_456_000 },
        linkType: 1,
        frame: "aabbcc",
        wireBytes: 5,
        interface: "eth0",
      },
      {
        number: 2,
        offset: 28 + 32 + 40 + 36,
        time: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
        linkType: 101,
        frame: "aabbcc",
        wireBytes: 5,
        interface: "wg0",
        direction: "out",
      },
    ]);
  });

  test("a resolution in powers of two and an offset in seconds count", async () => {
    const odd = block(1, "0100 0000 00000000 0900 0100 8a000000 0e00 0800 0a00000000000000 0000 0000");
    const [packet] = await packetsOf(hex(section + odd + enhanced(0, 1024n * 7n + 512n)));
    expect(packet?.time).toEqual({ seconds: 17, nanoseconds: 500_000_000 });
  });

  test("simple packets have no time and end at the interface's snap length", async () => {
    const short = block(1, "0100 0000 02000000");
    const packets = await packetsOf(hex(section + short + block(3, "05000000 aabb0000")));
    expect(packets.map(plain)).toEqual([{ number: 1, offset: 48, linkType: 1, frame: "aabb", wireBytes: 5 }]);
  });

  test("obsolete packet blocks are read", async () => {
    const obsolete = block(2, `0000 ffff ${stamp(micros)} 03000000 03000000 aabbcc00`);
    const [packet] = await packetsOf(hex(section + eth0 + obsolete));
    expect(packet).toMatchObject({ interface: "eth0", wireBytes: 3 });
  });

  test("blocks that Ringwall does not know are passed over", async () => {
    const statistics = block(5, "00000000 00000000 00000000");
    const custom = block(0x0bad, "00".repeat(400));
    const packets = await packetsOf(hex(section + custom + eth0 + statistics + enhanced(0, micros) + custom));
    expect(packets).toHaveLength(1);
  });

  test("a new section brings its own byte order and forgets the interfaces", async () => {
    const big = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c";
    const bigRaw = "00000001 00000014 0065 0000 00000000 00000014";
    const bigPacket = "00000003 00000014 00000003 aabbcc00 00000014";
    const packets = await packetsOf(hex(section + eth0 + enhanced(0, micros) + big + bigRaw + bigPacket));
    expect(packets.map((packet) => [packet.linkType, packet.interface])).toEqual([
      [1, "eth0"],
      [101, undefined],
    ]);
    const { problem } = await outcomeOf(hex(section + eth0 + big + bigPacket));
    expect(problem?.message).toMatch(/names interface 0, and the section has described 0/);
  });

  test("an interface name can't carry terminal control characters", async () => {
    const evil = block(1, "0100 0000 00000000 0200 0400 1b5b3148 0000 0000");
    const [packet] = await packetsOf(hex(section + evil + enhanced(0, micros)));
    expect(packet?.interface).toBe("[1H");
  });
});

describe("a damaged capture gives the packets before the damage, then one error with packet and byte", () => {
  const header = "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000";
  const record = "00f15365 40e20100 03000000 03000000 aabbcc";
  const good = section + eth0 + enhanced(0, micros);
  test.each([
    [
      "cut inside a packet",
      `${header} ${record} ${record.slice(0, -2)}`,
      1,
      "packet 2 at byte 43",
      /cut off inside a packet: 19 bytes were expected, and 18/,
    ],
    [
      "cut inside a packet's header",
      `${header} ${record} 00f153`,
      1,
      "packet 2 at byte 43",
      /cut off inside a packet's header/,
    ],
    [
      "cut inside the file header",
      header.slice(0, 30),
      0,
      "packet 1 at byte 0",
      /cut off inside the file header/,
    ],
    [
      "an absurd length",
      `${header} ${record} 00f15365 40e20100 ffffffff 03000000`,
      1,
      "packet 2 at byte 43",
      /a captured length of 4294967295 bytes/,
    ],
    [
      "a block of zero length",
      `${good} 06000000 00000000 00000000`,
      1,
      "packet 2 at byte 96",
      /a block length of 0 bytes; 32 is the least/,
    ],
    [
      "a block of absurd length",
      `${good} 06000000 fcffff7f 00000000`,
      1,
      "packet 2 at byte 96",
      /16777216 is the most/,
    ],
    [
      "a block length that is no multiple of 4",
      `${good} 06000000 21000000 00000000`,
      1,
      "packet 2 at byte 96",
      /no multiple of 4/,
    ],
    ["a block cut off", good.slice(0, -8), 0, "packet 1 at byte 60", /cut off inside a block: 36 bytes/],
    [
      "two lengths that differ",
      `${good.slice(0, -8)}28000000`,
      0,
      "packet 1 at byte 60",
      /two lengths differ: 36 before it and 40/,
    ],
    [
      "a captured length beyond the block",
      good + enhanced(0, micros).replace("03000000", "50000000"),
      1,
      "packet 2 at byte 96",
      /80 bytes in a block with room for 4/,
    ],
    ["no section header", eth0, 0, "packet 1 at byte 0", /this is not a capture file/],
    [
      "a section without byte-order magic",
      section.replace("4d3c2b1a", "00000000"),
      0,
      "packet 1 at byte 0",
      /byte-order magic/,
    ],
    ["a later version", section.replace("0100", "0200"), 0, "packet 1 at byte 0", /pcapng version 2/],
    [
      "an option beyond its block",
      section + block(1, "0100 0000 00000000 0200 ff00 65746830"),
      0,
      "packet 1 at byte 28",
      /option of 255 bytes where 4 are left/,
    ],
    [
      "an unknown interface",
      good + enhanced(3, micros),
      1,
      "packet 2 at byte 96",
      /names interface 3, and the section has described 1/,
    ],
  ])("%s", async (_, text, before, place, message) => {
    const { packets, problem } = await outcomeOf(hex(text));
    expect(packets).toHaveLength(before);
    expect(problem?.message).toMatch(message);
    expect(problem?.origin).toMatchObject({ file: "web.pcap", line: 1 });
    expect(problem?.origin?.id ?? place).toBe(place);
  });

  test.each([
    ["", /the file is empty/],
    ["d4", /only 1 bytes/],
    ["7b22612022", /not a capture file: it begins with 7b226120/],
  ])("a file of “%s” is none", async (text, message) => {
    expect((await outcomeOf(hex(text))).problem?.message).toMatch(message);
  });

  test("a file that is not there is unreadable", async () => {
    const read = async () => {
      for await (const packet of openCapture("/nowhere/web.pcap")) expect(packet).toBe("never");
    };
    await expect(read()).rejects.toMatchObject({ code: "unreadable" });
  });
});

describe("compressed captures", () => {
  const file = hex(section + eth0 + enhanced(0, micros) + enhanced(0, micros));
  test("gzip is seen through", async () => {
    expect(isCapture(gzipSync(file))).toBe(true);
    expect(await packetsOf(gzipSync(file), 1)).toHaveLength(2);
  });
  test("a gzip file cut in the middle is a problem, not a hang or a crash", async () => {
    const { problem } = await outcomeOf(gzipSync(file).subarray(0, -12));
    expect(problem?.message).toMatch(/gzip file is damaged or cut off/);
  });
  test("a gzip file of something else is no capture", async () => {
    expect((await outcomeOf(gzipSync("hello world"))).problem?.code).toBe("unrecognised");
  });
});

test("however a file is cut into chunks, the packets are the same", async () => {
  const file = hex(section + eth0 + wg0 + [0, 1, 1, 0].map((on) => enhanced(on, micros)).join(""));
  const whole = (await packetsOf(file, file.length)).map(plain);
  for (let size = 1; size <= 64; size += 1) expect((await packetsOf(file, size)).map(plain)).toEqual(whole);
});

test("whatever a capture holds, reading it ends in packets or in a problem", async () => {
  const files = [
    hex(section + eth0 + wg0 + enhanced(0, micros) + enhanced(1, micros)),
    hex(`d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000 00f15365 40e20100 03000000 03000000 aabbcc`),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
      fc.nat(200),
      async (file, changes, length) => {
        const damaged = Buffer.from(file.subarray(0, length));
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
        const { packets, problem } = await outcomeOf(damaged, 11);
        expect(packets.length).toBeLessThanOrEqual(2);
        expect(problem === undefined || problem.origin !== undefined).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});
