// Reads what a verified analyser (fffuu, of Iptables_Semantics) printed of a rule set, and the file that tells it which
// addresses belong to which interface.
import {
  addressRange,
  addressSet,
  complementAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../src/packet/address-set.ts";
import { parseAddress, type Address } from "../../src/packet/address.ts";
import type { Assignment } from "../../src/questions/matrix.ts";

export interface ExpectedMatrix {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly classes: ReadonlyMap<string, AddressSet>;
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export interface Expected {
  /** The rules of the chain after jumps were unfolded and unknown matches taken for what allows more. */
  readonly upperClosure: readonly string[];
  /** The same without states, flags and negations: new connections alone. */
  readonly simple: readonly string[];
  /** The same without interfaces. */
  readonly withoutInterfaces: readonly string[];
  readonly spoofing: ReadonlyMap<string, boolean>;
  readonly matrices: readonly ExpectedMatrix[];
}

export function readExpected(text: string): Expected {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split("\n")) {
    const title = /^==+ (.*?) ==+$/.exec(line)?.[1];
    if (title === undefined) current.push(line);
    else {
      current = [];
      sections.set(title, current);
    }
  }
  const linesOf = (title: string): string[] => (sections.get(title) ?? []).filter((line) => line !== "");
  return {
    upperClosure: linesOf("unfolded FORWARD chain (upper closure)"),
    simple: linesOf("to simple firewall"),
    withoutInterfaces: linesOf("to even-simpler firewall"),
    spoofing: new Map(
      linesOf("checking spoofing protection").flatMap((line) => {
        const [, device, answer] = /^\("(\S+)","(True|Probably not) /.exec(line) ?? [];
        return device === undefined ? [] : [[device, answer === "True"] as const];
      }),
    ),
    matrices: [...sections].flatMap(([title, lines]) => {
      const [, from, to] = /^TCP port (\d+)->(\d+)$/.exec(title) ?? [];
      return from === undefined ? [] : [matrixOf(Number(from), Number(to), lines)];
    }),
  };
}

function matrixOf(sourcePort: number, destinationPort: number, lines: readonly string[]): ExpectedMatrix {
  return {
    sourcePort,
    destinationPort,
    classes: new Map(
      lines.flatMap((line) => {
        const [, name, ranges] = /^(\w+) \|-> (.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, rangesOf(ranges ?? "")] as const];
      }),
    ),
    edges: lines.flatMap((line) => {
      const [, from, to] = /^\((\w+),(\w+)\)$/.exec(line) ?? [];
      return from === undefined || to === undefined ? [] : [[from, to] as const];
    }),
  };
}

/** `{1.2.3.4 .. 1.2.3.9} u 5.6.7.8`. */
function rangesOf(text: string): AddressSet {
  return unionOfAddresses(
    text.split(" u ").map((part) => {
      const [first = "", last = first] = part.replace(/[{}]/g, "").split(" .. ");
      return addressRange(addressOf(first), addressOf(last));
    }),
  );
}

function addressOf(text: string): Address {
  const address = parseAddress(text.trim());
  if (address === undefined) throw new Error(`“${text}” is no address`);
  return address;
}

/** `eth0 = [10.0.0.1-10.0.0.9]`, `eth1 = all_but_those_ips [10.0.0.0/8, …]`; a list may run over lines. */
export function readAssignment(text: string): Assignment {
  return [...text.matchAll(/^(\S+) = (all_but_those_ips )?\[([^\]]*)\]/gm)].map(
    ([, device = "", others, list = ""]) => {
      const named = unionOfAddresses(
        list
          .split(",")
          .map((part) => part.trim())
          .filter((part) => part !== "")
          .map((part) => {
            const [first = "", last] = part.split("-");
            return last === undefined ? addressSet(part) : addressRange(addressOf(first), addressOf(last));
          }),
      );
      const sources = others === undefined ? named : { ...complementAddresses(named), v6: [] };
      return { device, sources };
    },
  );
}
