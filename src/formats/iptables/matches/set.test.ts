// Found by the kernel: a negated set of ports holds of a later fragment, which has no ports to look up.
import { expect, test } from "vitest";
import { matches } from "../../../rules/matches.ts";
import { packetOf, readLine } from "../testing/lines.ts";

const sets = `create pairs hash:ip,port family inet
add pairs 10.0.0.10,udp:53
create hosts hash:ip family inet
add hosts 10.0.0.10
create both list:set
add both pairs
`;
const {
  sourcePort: _source,
  destinationPort: _destination,
  ...later
} = packetOf("udp 10.0.0.7:5000 > 10.0.0.10:53");
const says = (line: string, packet = packetOf("udp 10.0.0.7:5000 > 10.0.0.10:53")) =>
  matches(readLine(line, { sets }).rule.match, { packet, mark: 0 });
const ofLaterFragment = (line: string) => says(line, { ...later, fragment: "later" });

test("a later fragment is in no set of ports, and so its negation holds, as xt_set inverts the answer", () => {
  expect(ofLaterFragment("-p udp -m set --match-set pairs dst,dst -j DROP")).toBe(false);
  expect(ofLaterFragment("-p udp -m set ! --match-set pairs dst,dst -j DROP")).toBe(true);
  expect(ofLaterFragment("-p udp -m set ! --match-set both dst,dst -j DROP")).toBe(true);
});

test("a set of addresses judges a later fragment like any packet", () => {
  expect(ofLaterFragment("-m set --match-set hosts dst -j DROP")).toBe(true);
  expect(ofLaterFragment("-m set ! --match-set hosts dst -j DROP")).toBe(false);
});

test("a whole packet is judged by its ports", () => {
  expect(says("-m set ! --match-set pairs dst,dst -j DROP")).toBe(false);
  expect(
    says("-m set ! --match-set pairs dst,dst -j DROP", packetOf("udp 10.0.0.7:5000 > 10.0.0.10:54")),
  ).toBe(true);
});
