// Fn::Cidr: a block parted into so many smaller ones from its beginning. (Template reference, "Fn::Cidr".)
import { addressBits, formatPrefix, parsePrefix, prefixEnds } from "../../packet/address.ts";
import { Problem, type Origin } from "../../problem.ts";

/**
 * @param block the prefix to part; its host bits are ignored
 * @param count how many, 1 to 256
 * @param hostBits how many bits of an address stay free in each: 8 makes a /24 of IPv4, 64 a /64 of IPv6
 * @throws Problem `meaning` where the block is none, or has not so many
 * @example partCidr("10.0.0.0/16", 2, 8, origin) // ["10.0.0.0/24", "10.0.1.0/24"]
 */
export function partCidr(block: string, count: number, hostBits: number, origin: Origin): string[] {
  const prefix = parsePrefix(block);
  if (prefix === undefined) {
    throw new Problem(
      "meaning",
      `Fn::Cidr: a block such as 10.0.0.0/16 or 2001:db8::/56 was expected, not “${block}”`,
      { origin },
    );
  }
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new Problem("meaning", `Fn::Cidr: a count from 1 to 256 was expected, not ${count}`, { origin });
  }
  const bits = addressBits(prefix.family);
  const length = bits - hostBits;
  if (!Number.isInteger(hostBits) || hostBits < 1 || length < prefix.length) {
    throw new Problem(
      "meaning",
      `Fn::Cidr: ${block} has no room for a block with ${hostBits} host bits: 1 to ${bits - prefix.length} were expected`,
      { origin },
    );
  }
  if (2 ** (length - prefix.length) < count) {
    throw new Problem(
      "meaning",
      `Fn::Cidr: ${block} holds ${2 ** (length - prefix.length)} blocks of length /${length}, and ${count} are asked for`,
      { origin, remedy: "ask for fewer, or for smaller ones (fewer cidrBits)" },
    );
  }
  const { first } = prefixEnds(prefix);
  return Array.from({ length: count }, (_, at) =>
    formatPrefix(
      first.family === 4
        ? { family: 4, value: first.value + at * 2 ** hostBits, length }
        : { family: 6, value: first.value + (BigInt(at) << BigInt(hostBits)), length },
    ),
  );
}
