import { describe, expect, test } from "vitest";
import { addressSet, complementAddresses, ofFamily } from "../../packet/address-set.ts";
import { TCP } from "../../packet/protocol.ts";
import { matrixText } from "./matrix-text.ts";

describe("a service matrix in text", () => {
  test("names the classes by letters and shows in a grid who reaches whom", () => {
    const office = addressSet("10.1.0.0/16");
    const rest = ofFamily(complementAddresses(office), 4);
    const text = matrixText(
      {
        service: { family: 4, protocol: TCP, sourcePort: 10_000, destinationPort: 22 },
        classes: [
          { addresses: rest, representative: { family: 4, value: 0 } },
          { addresses: office, representative: { family: 4, value: 0x0a010000 } },
        ],
        edges: [
          { from: 1, to: 0, verdict: "allowed" },
          { from: 1, to: 1, verdict: "depends" },
        ],
      },
      { colour: false },
    );
    expect(text.split("\n")).toEqual([
      "tcp from port 10000 to port 22, new connections, IPv4",
      "",
      "  a  0.0.0.0–10.0.255.255, 10.2.0.0–255.255.255.255",
      "  b  10.1.0.0/16",
      "",
      "     a b  to",
      "  a  · ·",
      "  b  → ?",
      "",
      "  → allowed   ? depends   · denied",
      "",
    ]);
  });
});
