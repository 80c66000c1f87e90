// Lowers the tests that every rule can make without a module: -s and -d; -i -o -p -f; each with its negation.
import type { Family } from "../../../packet/address.ts";
import { prefixSet } from "../../../packet/address-set.ts";
import {
  always,
  any,
  inverted,
  never,
  protocol,
  type AddressField,
  type Match,
} from "../../../rules/match.ts";
import type { RuleContext, RuleSpec, Word } from "../grammar.ts";
import { ruleProblem, undecidable } from "../grammar.ts";
import { parseAddressMask, parseRuleProtocol } from "../values.ts";

/** Transport tests are false for later fragments, negated or not: the kernel's matches give up before they look. */
export const notLaterFragment: Match = { kind: "not", match: { kind: "fragment", is: "later" } };

/** Interfaces, protocol, fragment; addresses stand in front of them, and are asked for by addressTest. */
export function baseTests(spec: RuleSpec, rule: RuleContext): Match[] {
  const of: Match[] = [];
  if (spec.inInterface !== undefined) of.push(interfaceTest(rule, "in", spec.inInterface));
  if (spec.outInterface !== undefined) of.push(interfaceTest(rule, "out", spec.outInterface));
  if (spec.protocol !== undefined) of.push(protocolTest(rule, spec.protocol));
  if (spec.fragment !== undefined) of.push(fragmentTest(rule, spec.fragment));
  return of;
}

/** How many rules the kernel makes of one line: `-s a,b -d c,d` are four. */
export function rulesOfLine(spec: RuleSpec): number {
  const count = (word: Word | undefined): number => word?.text.split(",").length ?? 1;
  return count(spec.source) * count(spec.destination);
}

export function addressTest(
  rule: RuleContext,
  field: "source" | "destination",
  flag: string,
  word: Word,
): Match {
  if (!word.text.includes(",")) {
    const test = oneAddress(rule, field, flag, word.text);
    return word.negated ? inverted(test) : test;
  }
  const parts = word.text.split(",");
  if (word.negated) {
    throw ruleProblem(rule, "meaning", `${flag} with several addresses can't be negated`, {
      word: word.text,
      remedy: "iptables refuses it as well; use a rule for each address, or a set",
    });
  }
  const tests = parts.map((part) => oneAddress(rule, field, flag, part));
  return any(...tests);
}

function oneAddress(rule: RuleContext, field: "source" | "destination", flag: string, text: string): Match {
  const tests = rule.dump.addressTests[field];
  const before = tests.get(text);
  if (before !== undefined) return before;
  const test = addressMaskTest(text, field, rule.family);
  if (test !== undefined) {
    tests.set(text, test);
    return test;
  }
  if (/^[A-Za-z](?:[\w-]*\.)*[\w-]*$/.test(text) && !/^[0-9a-fA-F]+$/.test(text)) {
    return undecidable(
      rule,
      `${flag} ${text}`,
      `which addresses the name ${text} had when the rules were loaded`,
    );
  }
  const other = addressMaskTest(text, field, rule.family === 4 ? 6 : 4) !== undefined;
  throw ruleProblem(
    rule,
    "meaning",
    other
      ? `“${text}” is an address of IPv${rule.family === 4 ? 6 : 4} in a table of IPv${rule.family}`
      : `“${text}” is no IPv${rule.family} address, prefix or address/mask`,
    {
      word: text,
      remedy:
        rule.family === 4
          ? "10.0.0.0/8 is one; lengths are 0 to 32"
          : "2001:db8::/32 is one; lengths are 0 to 128",
    },
  );
}

/** An address test from its text; undefined where the text is no address of the family. */
export function addressMaskTest(text: string, field: AddressField, family: Family): Match | undefined {
  const parsed = parseAddressMask(text, family);
  if (parsed === undefined) return undefined;
  if ("mask" in parsed) {
    const value = BigInt(parsed.address.value) & parsed.mask;
    return { kind: "address-bits", field, family, mask: parsed.mask, value };
  }
  if (parsed.length === 0) return always;
  return { kind: "address", field, set: prefixSet({ ...parsed.address, length: parsed.length }) };
}

/** IFNAMSIZ without its end. */
const longestInterface = 15;

function interfaceTest(rule: RuleContext, direction: "in" | "out", word: Word): Match {
  const flag = direction === "in" ? "-i" : "-o";
  const impossible = direction === "in" ? ["OUTPUT", "POSTROUTING"] : ["INPUT", "PREROUTING"];
  if (impossible.includes(rule.chain)) {
    throw ruleProblem(
      rule,
      "meaning",
      `${flag} can't stand in chain ${rule.chain}: no such interface is known there`,
      {
        word: word.text,
        remedy: "iptables refuses it as well",
      },
    );
  }
  if (word.text.length > longestInterface || word.text === "") {
    throw ruleProblem(
      rule,
      "meaning",
      `“${word.text}” is no interface: names have 1 to ${longestInterface} characters`,
      {
        word: word.text === "" ? flag : word.text,
      },
    );
  }
  const prefix = word.text.endsWith("+");
  const name = prefix ? word.text.slice(0, -1) : word.text;
  const test: Match = prefix && name === "" ? always : { kind: "interface", direction, name, prefix };
  return word.negated ? inverted(test) : test;
}

function protocolTest(rule: RuleContext, word: Word): Match {
  const number = parseRuleProtocol(word.text);
  if (number === undefined) {
    throw ruleProblem(
      rule,
      "meaning",
      `“${word.text}” is no protocol: neither a number from 0 to 255 nor a name of one`,
      {
        word: word.text,
      },
    );
  }
  if (number === 0 && word.negated) {
    throw ruleProblem(rule, "meaning", "! -p all matches no packet; iptables refuses it", {
      word: word.text,
    });
  }
  const test = number === 0 ? always : number > 255 ? never : protocol(number);
  return word.negated ? inverted(test) : test;
}

function fragmentTest(rule: RuleContext, word: Word): Match {
  if (rule.family === 6) {
    throw ruleProblem(rule, "meaning", "-f is for IPv4; ip6tables has -m frag", { word: word.text });
  }
  const test: Match = { kind: "fragment", is: "later" };
  return word.negated ? inverted(test) : test;
}
