// Lowers -m set: a set's elements become tests on the packet, as `ipset save` lists them. Follows the kernel's
// ip_set_test: the flags say for each dimension whether the source or the destination is meant, and a set of the other
// family or with more dimensions than flags matches nothing.
import { unionOfAddresses } from "../../../packet/address-set.ts";
import { all, any, inverted, never, type Match, type TupleElement } from "../../../rules/match.ts";
import type { IpSet, SetElement, SetPart } from "../ipset.ts";
import {
  badValue,
  option,
  optionTable,
  testText,
  ruleProblem,
  undecidable,
  type MatchModule,
  type OptionUse,
  type RuleContext,
} from "../grammar.ts";

type Side = "source" | "destination";
type Tuple = Extract<Match, { kind: "tuple" }>;

export const set: MatchModule = {
  options: optionTable(
    "--match-set,--set:2 --return-nomatch:0 --update-counters:0 --update-subcounters:0 --packets-eq:1 --packets-lt:1 " +
      "--packets-gt:1 --bytes-eq:1 --bytes-lt:1 --bytes-gt:1",
  ),
  lower(use, rule) {
    const used = option(use, "--match-set");
    if (used === undefined) {
      throw ruleProblem(rule, "meaning", "-m set needs --match-set NAME src or dst", { word: use.name });
    }
    const test = setTest(rule, used, option(use, "--return-nomatch") !== undefined);
    const counted = use.options
      .filter((other) => /^--(?:packets|bytes)-/.test(other.name))
      .map((other) => undecidable(rule, testText(other), "the counters of the set's entry"));
    const both = all(test, ...counted);
    if (!used.negated) return both;
    // xt_set inverts what the set answers, and a set of ports answers no of a fragment that carries none: unlike other
    // modules' negations, this one holds of later fragments.
    return asksPorts(rule, used.values[0] ?? "") ? any(laterFragment, inverted(both)) : inverted(both);
  },
};

const laterFragment: Match = { kind: "fragment", is: "later" };

function asksPorts(rule: RuleContext, name: string): boolean {
  const ipSet = rule.sets.get(name);
  if (ipSet?.type !== "list:set") return ipSet?.dimensions.includes("port") === true;
  return ipSet.elements.some((element) =>
    element.parts.some((part) => part.kind === "set" && part.name !== name && asksPorts(rule, part.name)),
  );
}

function setTest(rule: RuleContext, used: OptionUse, returnNomatch: boolean): Match {
  const [name = "", flags = ""] = used.values;
  const sides = flags
    .split(",")
    .map((flag): Side | undefined =>
      flag === "src" ? "source" : flag === "dst" ? "destination" : undefined,
    );
  const known = sides.filter((side) => side !== undefined);
  if (known.length !== sides.length)
    throw badValue(rule, used, "a set's name and src or dst for each dimension");
  const ipSet = rule.sets.get(name);
  if (ipSet === undefined) {
    return undecidable(rule, testText(used), `what the set ${name} holds: no “ipset save” of it was given`);
  }
  return membership(rule, ipSet, known, returnNomatch);
}

/** Whether the packet is in the set, the flags choosing the sides. */
export function membership(
  rule: RuleContext,
  ipSet: IpSet,
  sides: readonly Side[],
  returnNomatch: boolean,
): Match {
  if (ipSet.type === "list:set") {
    const members = ipSet.elements.flatMap((element) => element.parts);
    return any(
      ...members.map((part) => {
        const member = part.kind === "set" ? rule.sets.get(part.name) : undefined;
        return member === undefined ? never : membership(rule, member, sides, returnNomatch);
      }),
    );
  }
  if (sides.length < ipSet.dimensions.length) return never;
  if (ipSet.family !== undefined && ipSet.family !== rule.family) return never;
  const inverts = returnNomatch && ipSet.dimensions.includes("net");
  if (ipSet.elements.some((element) => element.nomatch)) return inOrder(rule, ipSet, sides, inverts);
  return inverts ? never : unordered(rule, ipSet, sides);
}

/** With exceptions (`nomatch`) the longest prefix decides, as the kernel looks for it: the first dimension first. */
function inOrder(rule: RuleContext, ipSet: IpSet, sides: readonly Side[], inverts: boolean): Match {
  const ordered = ipSet.elements.toSorted((a, b) => {
    for (const [at, part] of a.parts.entries()) {
      const difference = specificity(part) - specificity(b.parts[at] ?? part);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  let test: Match = never;
  for (const element of ordered) {
    const here = elementTest(rule, ipSet, element, sides);
    test = element.nomatch === inverts ? any(here, test) : all(inverted(here), test);
  }
  return test;
}

function specificity(part: SetPart): number {
  return part.kind === "addresses" ? part.length : 0;
}

function unordered(rule: RuleContext, ipSet: IpSet, sides: readonly Side[]): Match {
  const [dimension] = ipSet.dimensions;
  if (ipSet.dimensions.length === 1 && (dimension === "ip" || dimension === "net")) {
    const sets = ipSet.elements.flatMap(({ parts: [part] }) =>
      part?.kind === "addresses" ? [part.set] : [],
    );
    return { kind: "address", field: sides[0] ?? "source", set: unionOfAddresses(sets) };
  }
  const tuples = new Map<string, { shape: Tuple["fields"]; elements: TupleElement[] }>();
  const others: Match[] = [];
  for (const element of ipSet.elements) {
    const tuple = asTuple(rule, ipSet, element, sides);
    if (tuple === undefined) {
      others.push(elementTest(rule, ipSet, element, sides));
      continue;
    }
    const key = tuple.fields.join(" ");
    const group = tuples.get(key) ?? { shape: tuple.fields, elements: [] };
    group.elements.push(...tuple.elements);
    tuples.set(key, group);
  }
  return any(
    ...[...tuples.values()].map(({ shape, elements }): Tuple => ({
      kind: "tuple",
      fields: shape,
      elements,
      name: ipSet.name,
    })),
    ...others,
  );
}

/** An element as one row of a tuple, where its parts are addresses, protocols and ports only. */
function asTuple(
  rule: RuleContext,
  ipSet: IpSet,
  element: SetElement,
  sides: readonly Side[],
): Tuple | undefined {
  const fields: Tuple["fields"][number][] = [];
  const row: TupleElement[number][] = [];
  for (const [at, part] of element.parts.entries()) {
    const side = sides[at] ?? "source";
    if (part.kind === "addresses") {
      fields.push(side);
      row.push({ addresses: part.set });
    } else if (part.kind === "port") {
      fields.push("protocol", side === "source" ? "source-port" : "destination-port");
      row.push({ numbers: part.protocols.flatMap((number) => [number, number]) }, { numbers: part.ports });
    } else if (part.kind === "icmp") {
      if (part.family !== rule.family) return undefined;
      fields.push("protocol", "icmp-type", "icmp-code");
      row.push(
        { numbers: [part.protocol, part.protocol] },
        { numbers: [part.type, part.type] },
        { numbers: part.code },
      );
    } else if (part.kind === "protocol") {
      fields.push("protocol");
      row.push({ numbers: [part.protocol, part.protocol] });
    } else return undefined;
  }
  return { kind: "tuple", fields, elements: [row], name: ipSet.name };
}

function elementTest(rule: RuleContext, ipSet: IpSet, element: SetElement, sides: readonly Side[]): Match {
  return (
    asTuple(rule, ipSet, element, sides) ??
    all(...element.parts.map((part, at) => partTest(rule, ipSet, part, sides[at] ?? "source")))
  );
}

function partTest(rule: RuleContext, ipSet: IpSet, part: SetPart, side: Side): Match {
  switch (part.kind) {
    case "addresses":
      return { kind: "address", field: side, set: part.set };
    case "port":
      return all(
        { kind: "number", field: "protocol", set: part.protocols.flatMap((number) => [number, number]) },
        { kind: "number", field: side === "source" ? "source-port" : "destination-port", set: part.ports },
      );
    case "icmp":
      return part.family === rule.family
        ? all(
            { kind: "number", field: "icmp-type", set: [part.type, part.type] },
            { kind: "number", field: "icmp-code", set: part.code },
          )
        : never;
    case "protocol":
      return { kind: "number", field: "protocol", set: [part.protocol, part.protocol] };
    case "mark":
      return { kind: "mark", of: "packet", mask: part.mask, set: [part.value, part.value] };
    case "interface":
      return {
        kind: "interface",
        direction: side === "source" ? "in" : "out",
        name: part.name,
        prefix: part.prefix,
      };
    case "mac":
      return side === "source"
        ? { kind: "mac", address: part.address }
        : undecidable(rule, `set ${ipSet.name}`, "the receiver's hardware address");
    case "set":
      return never;
    case "unknown":
      return undecidable(
        rule,
        `set ${ipSet.name}: ${part.text}`,
        `what the set's entry “${part.text}” means`,
      );
  }
}
