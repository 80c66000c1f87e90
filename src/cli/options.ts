// Reads single options with the care that they need: a wrong value is a usage error that says what was expected.
import { numberDomain, fromPairs } from "../packet/intervals.ts";
import { parsePort, parseProtocol } from "../packet/protocol.ts";
import { Problem } from "../problem.ts";
import type { OptionValues } from "./verb.ts";

/** The one estate that a verb is asked about. @param example a command that works, for who named none or two */
export function estateArgument(positionals: readonly string[], example: string): string {
  const [path, ...extra] = positionals;
  if (path !== undefined && extra.length === 0) return path;
  throw new Problem(
    "usage",
    extra.length > 0
      ? `one estate was expected, not also “${extra[0]}”`
      : "which estate? Name a file or folder",
    { remedy: example },
  );
}

export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

export function flagOption(options: OptionValues, name: string): boolean {
  return options[name] === true;
}

export function choiceOption<T extends string>(
  options: OptionValues,
  name: string,
  choices: readonly T[],
  otherwise: T,
): T {
  const value = textOption(options, name);
  if (value === undefined) return otherwise;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined)
    throw new Problem("usage", `--${name} is ${choices.join(" or ")}, not “${value}”`);
  return choice;
}

export function numberOption(options: OptionValues, name: string, most: number): number | undefined {
  const value = textOption(options, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value) || Number(value) > most)
    throw new Problem("usage", `--${name} is a number from 0 to ${most}, not “${value}”`);
  return Number(value);
}

export function protocolOption(options: OptionValues): number {
  const value = textOption(options, "proto") ?? "tcp";
  const protocol = parseProtocol(value);
  if (protocol === undefined)
    throw new Problem("usage", `--proto is a protocol's name or number, not “${value}”`, {
      remedy: "tcp, udp, icmp, sctp … or 0 to 255",
    });
  return protocol;
}

/** `443`, `https`, `8000-8100`, `80,443`, `any`. */
export function portsOption(options: OptionValues, name: string): number | readonly number[] | undefined {
  const value = textOption(options, name);
  if (value === undefined) return undefined;
  if (value === "any") return [0, 65535];
  const single = parsePort(value);
  if (single !== undefined) return single;
  const pairs = value.split(",").map((part): [number, number] => {
    const whole = parsePort(part);
    if (whole !== undefined) return [whole, whole];
    const [first, last, ...more] = part.split("-").map((end) => parsePort(end));
    if (first === undefined || last === undefined || more.length > 0 || first > last) {
      throw new Problem("usage", `--${name} is a port, a range or a list, not “${value}”`, {
        remedy: "443, https, 8000-8100 or 80,443",
      });
    }
    return [first, last];
  });
  return fromPairs(numberDomain(65535), pairs);
}

export function requireOption(value: string | undefined, what: string, remedy: string): string {
  if (value !== undefined) return value;
  throw new Problem("usage", what, { remedy });
}
