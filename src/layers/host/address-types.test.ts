// The sets of addresses of a routing type, held to the answer about each address.
import { describe, expect, test } from "vitest";
import { hasAddress } from "../../packet/address-set.ts";
import type { AddressType } from "../../rules/match.ts";
import { addressesOfType, addressType } from "./routing.ts";
import { address, host } from "./testing.ts";

const probes = [
  "10.0.1.7",
  "10.0.1.8",
  "10.0.1.255",
  "127.0.0.9",
  "0.0.0.0",
  "255.255.255.255",
  "224.0.0.5",
  "198.51.100.1",
  "::",
  "::1",
  "2001:db8::7",
  "2001:db8::8",
  "ff02::1",
].map(address);
const asked: readonly (readonly AddressType[])[] = [
  ["local"],
  ["unicast"],
  ["broadcast", "multicast"],
  ["unspecified"],
  ["blackhole"],
];
const hosts = {
  "a host that told its addresses": host([], ["eth0 10.0.1.7/24", "eth0 2001:db8::7/64"]),
  "a host of which nobody told": host([]),
};

describe.each(Object.entries(hosts))("%s", (_, firewall) => {
  test.each(asked)("sets of %s hold the addresses that are so", (...types) => {
    const { must, may } = addressesOfType(firewall, types, false);
    const answers = probes.map((one) => addressType(firewall, one, undefined));
    expect(probes.map((one) => [hasAddress(must, one), hasAddress(may, one)])).toEqual(
      answers.map((type) =>
        type === undefined ? [false, true] : [types.includes(type), types.includes(type)],
      ),
    );
  });

  test.each(asked)("asked by interface, what is certainly %s is so from any of them", (...types) => {
    const { must, may } = addressesOfType(firewall, types, true);
    for (const device of ["eth0", "eth9", "lo"]) {
      const answers = probes.map((one) => addressType(firewall, one, device));
      const certain = probes.filter((one) => hasAddress(must, one));
      const possible = probes.filter((one) => hasAddress(may, one));
      const are = probes.filter((_one, at) => types.some((type) => type === answers[at]));
      expect(certain.filter((one) => !are.includes(one))).toEqual([]);
      expect(are.filter((one) => !possible.includes(one))).toEqual([]);
    }
  });
});
