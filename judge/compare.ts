// Holds our answer against the kernel's: came out or not, where, and what it looked like then. Where ours says that it
// depends, either is right, and is counted.
import type { HostPassage } from "../src/layers/host/passage.ts";
import { isAddress } from "../src/packet/address-set.ts";
import { addressText, numberText, packetText, type NumberValue, type Packet } from "../src/packet/packet.ts";
import { TCP } from "../src/packet/protocol.ts";
import { holds } from "../src/packet/intervals.ts";
import type { Arrival, Fate, Probe } from "./probe.ts";
import type { Answer } from "./reading.ts";
import type { Link } from "./topology.ts";

export type Comparison =
  | { readonly kind: "agreed" }
  | { readonly kind: "depends" }
  | { readonly kind: "mismatch"; readonly why: string };

const agreed: Comparison = { kind: "agreed" };

export function compare(probe: Probe, fate: Fate, answer: Answer, links: readonly Link[]): Comparison {
  if (answer.some((passage) => passage.answer === "depends")) return { kind: "depends" };
  if (probe.pieceBytes !== undefined) return compareFragments(fate, answer, links);
  const [passage] = answer;
  if (passage === undefined || fate.length > 1)
    return { kind: "mismatch", why: `${fate.length} arrivals of one packet` };
  return compareOne(fate[0], passage, links);
}

function compareOne(arrival: Arrival | undefined, passage: HostPassage, links: readonly Link[]): Comparison {
  const allowed = passage.answer === "allowed";
  if (arrival === undefined)
    return allowed ? wrong(`ours allows it (${outText(passage)})`, "dropped") : agreed;
  const place = placeText(arrival, links);
  if (!allowed) return wrong(`ours denies it: ${whyText(passage)}`, `came out at ${place}`);
  const expected = passage.path === "input" ? "the gateway" : passage.outDevice;
  if (expected !== place) return wrong(`ours has it at ${expected ?? "no place"}`, `came out at ${place}`);
  const difference = differenceOf(passage.packet, arrival.packet);
  return difference === undefined
    ? agreed
    : wrong(`ours: ${difference[0]}`, `came out with ${difference[1]}`);
}

/** Fragments that came out are counted, not matched one to one: the kernel cuts a packet anew where it pleases. */
function compareFragments(fate: Fate, answer: Answer, links: readonly Link[]): Comparison {
  const [passage] = answer;
  if (answer.length === 1 && passage !== undefined) {
    const first = fate[0];
    const allowed = passage.answer === "allowed";
    if (first === undefined)
      return allowed ? wrong("ours allows the packet put together", "dropped") : agreed;
    const place = placeText(first, links);
    if (!allowed) return wrong(`ours denies it: ${whyText(passage)}`, `came out at ${place}`);
    const expected = passage.path === "input" ? "the gateway" : passage.outDevice;
    if (expected !== place) return wrong(`ours has it at ${expected ?? "no place"}`, `came out at ${place}`);
    const { length: _, dscp: __, ttl: ___, ...shape } = passage.packet;
    const difference = differenceOf({ ...shape }, first.packet);
    return difference === undefined
      ? agreed
      : wrong(`ours: ${difference[0]}`, `came out with ${difference[1]}`);
  }
  const ours = answer.filter(({ answer }) => answer === "allowed").length;
  // A gateway puts what is for itself together before its input chains, and logs one packet.
  if (answer.some(({ path }) => path === "input")) {
    const all = ours === answer.length;
    return all === (fate.length === 1)
      ? agreed
      : wrong(`ours: ${ours} of ${answer.length}`, `${fate.length}`);
  }
  return ours === fate.length
    ? agreed
    : wrong(`ours lets ${ours} of ${answer.length} fragments through`, `${fate.length} came out`);
}

function wrong(ours: string, kernel: string): Comparison {
  return { kind: "mismatch", why: `${ours}; kernel: ${kernel}` };
}

function placeText(arrival: Arrival, links: readonly Link[]): string {
  return arrival.at === "gateway" ? "the gateway" : (links[arrival.at]?.device ?? `link ${arrival.at}`);
}

function outText(passage: HostPassage): string {
  const where = passage.path === "input" ? "to the gateway" : `out ${passage.outDevice ?? "?"}`;
  return `${passage.state}, ${where}, ${packetText(passage.packet)}`;
}

function whyText(passage: HostPassage): string {
  const last = passage.steps.findLast(({ verdict }) => verdict === "denied");
  const rule = last?.rules[0];
  return `${passage.state}, ${last?.ring ?? "?"}: ${rule?.text ?? last?.why ?? "no reason given"}`;
}

const numbers = [
  "protocol",
  "sourcePort",
  "destinationPort",
  "icmpType",
  "icmpCode",
  "icmpId",
  "tcpFlags",
  "length",
  "ttl",
  "dscp",
] as const satisfies readonly (keyof Packet)[];

/** TCPMSS puts the option into a SYN that has none; our answer is about headers, and says nothing of it. */
const mssOptionBytes = 4;

/** The first field in which the two differ: ours and what came out. A field that ours leaves open holds what is inside it. */
function differenceOf(ours: Packet, came: Packet): readonly [string, string] | undefined {
  for (const end of ["source", "destination"] as const) {
    const [mine, theirs] = [ours[end], came[end]];
    if (isAddress(mine) && addressText(mine) !== addressText(theirs))
      return [`${end} ${addressText(mine)}`, addressText(theirs)];
  }
  for (const field of numbers) {
    const [mine, theirs] = [ours[field], came[field]];
    if (field === "length" && ours.protocol === TCP && came.length === Number(ours.length) + mssOptionBytes)
      continue;
    if (mine !== undefined && theirs !== undefined && !fits(mine, theirs))
      return [`${field} ${numberText(mine)}`, numberText(theirs)];
  }
  if (ours.quoted !== undefined && came.quoted !== undefined) {
    const { ttl: _, length: __, tcpFlags: ___, ...quoted } = ours.quoted;
    const inner = differenceOf(quoted, came.quoted);
    return inner === undefined ? undefined : [`quoted ${inner[0]}`, inner[1]];
  }
  return undefined;
}

function fits(mine: NumberValue, theirs: NumberValue): boolean {
  if (typeof mine === "number") return mine === theirs;
  return typeof theirs === "number" && holds(mine, theirs);
}
