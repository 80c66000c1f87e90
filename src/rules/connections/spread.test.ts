import { expect, test } from "vitest";
import { formatAddress, parseAddress, type Address } from "../../packet/address.ts";
import { addressRange } from "../../packet/address-set.ts";
import { UDP } from "../../packet/protocol.ts";
import { spread } from "./spread.ts";

function at(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

// What Linux 6.18 was seen to pick; nothing that could be reasoned out.
test.each([
  ["2001:db8:30:2::77", "2a00:1450::10", "2001:db8:40:5::1", "2001:db8:40:5::3", "2001:db8:40:5::2"],
  ["2001:db8:30:8000::4", "2a00:1450::10", "2001:db8:20:5::1", "2001:db8:20:5::6", "2001:db8:20:5::2"],
  ["2001:db8:30:2::77", "2a00:1450::10", "2001:db8:20:5::4", "2001:db8:20:5::9", "2001:db8:20:5::7"],
])("from %s to %s, DNAT to %s-%s picks %s", (source, destination, first, last, picked) => {
  const tuple = { family: 6, source: at(source), destination: at(destination), protocol: UDP } as const;
  const chosen = spread(addressRange(at(first), at(last)), tuple, "destination");
  expect(chosen === undefined ? "none" : formatAddress(chosen)).toBe(picked);
});
