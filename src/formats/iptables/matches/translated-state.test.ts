import { expect, test } from "vitest";
import { packetOf, says } from "../testing/lines.ts";

const web = packetOf("tcp 10.1.0.7:50000 > 192.0.2.10:443");

test.each(["invalid", "untracked"] as const)(
  "of an %s packet it holds that it was not translated, since nothing translates it",
  (state) => {
    expect(says("-m conntrack ! --ctstate DNAT", web, { state })).toBe(true);
    expect(says("-m conntrack --ctstate DNAT", web, { state })).toBe(false);
  },
);

test("an invalid packet is not outside of INVALID,DNAT", () => {
  expect(says("-m conntrack ! --ctstate INVALID,DNAT", web, { state: "invalid" })).toBe(false);
  expect(says("-m conntrack ! --ctstate INVALID,DNAT", web, { state: "untracked" })).toBe(true);
});
