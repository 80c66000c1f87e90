// The finding that the checks of network ACLs' return traffic share: replies that an ACL loses, one finding for each ACL and
// direction, with entries that would let them through.
import { freeNumber } from "../../../../layers/nacl/decide.ts";
import type { NetworkAcl, NetworkAclEntry } from "../../../../layers/nacl/model.ts";
import { ringName, type Direction } from "../../../../layers/ports.ts";
import {
  allIpv4,
  allIpv6,
  formatAddressSet,
  prefixSet,
  unionOfAddresses,
  type AddressSet,
} from "../../../../packet/address-set.ts";
import { union, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { portDomain, protocolName } from "../../../../packet/protocol.ts";
import type { Severity } from "../../../../estate/settings.ts";
import type { Context } from "../../context.ts";
import { addAclEntry, inTurn } from "../../edits.ts";
import type { Expectation, Finding } from "../../model.ts";
import { isWorldwide, machineName } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { lostReplies, type LostReply } from "./lost-replies.ts";

export interface ReplyQuestion {
  readonly direction: Direction;
  /** All of the client's ports are lost, or only some. */
  readonly whole: boolean;
  readonly severity: Severity;
  readonly title: (acl: string, example: string, more: string, lost: string) => string;
}

export function* aclReplies(context: Context, question: ReplyQuestion): Iterable<Finding> {
  const losing = lostReplies(context).filter(
    (item) =>
      item.ring.kind === "acl" && item.direction === question.direction && item.whole === question.whole,
  );
  for (const [acl, items] of Map.groupBy(losing, (item) =>
    item.ring.kind === "acl" ? item.ring.acl : undefined,
  )) {
    const [first] = items;
    if (acl === undefined || first === undefined) continue;
    if (context.focus?.kind === "network-acl" && context.focus.id !== acl.id) continue;
    yield findingOf(context, question, acl, first, items);
  }
}

function findingOf(
  context: Context,
  question: ReplyQuestion,
  acl: NetworkAcl,
  first: LostReply,
  items: readonly LostReply[],
): Finding {
  const more = items.length === 1 ? "" : ` and ${items.length - 1} more`;
  const lost = numberText(items.reduce<NumberSet>((ports, item) => union(portDomain, ports, item.lost), []));
  const entries = entriesFor(context, acl, question.direction, items);
  const written = entries.map((entry) => `${entry.number}: ${entry.text}`).join("; ");
  // The entry that lets the request in is where people look; the ACL's own place is where one is missing.
  return {
    subject: { kind: "network-acl", id: acl.id, name: acl.name, part: question.direction },
    severity: question.severity,
    title: question.title(ringName(acl), flowText(context, first), more, lost),
    origins: [acl.origin, first.flow.says.origin],
    witness: {
      packet: exampleOf(first.reply),
      seen: first.step.why.replace(/\.$/, ""),
    },
    remedy: {
      text: `add to ${ringName(acl)} ${question.direction === "outbound" ? "the outbound" : "the inbound"} ${entries.length === 1 ? "entry" : "entries"} ${written}`,
      edit: inTurn(...entries.map((entry) => addAclEntry(acl.id, question.direction, entry))),
      expect: items.flatMap((item): Expectation[] =>
        item.opens === undefined ? [] : [{ question: item.opens, answer: "allowed" }],
      ),
    },
  };
}

/** `tcp 443 of web asked by internet`. */
function flowText(context: Context, { flow }: LostReply): string {
  return `${protocolName(flow.protocol)} ${flow.port} of ${endName(context, flow.to)}, asked by ${endName(context, flow.from)}`;
}

function endName(context: Context, id: string): string {
  const place = context.estate.interfaces.get(id);
  return place === undefined ? "the internet" : machineName(context, place);
}

/** An entry for each protocol and family, for the ports that are lost and whoever asked. */
function entriesFor(
  context: Context,
  acl: NetworkAcl,
  direction: Direction,
  items: readonly LostReply[],
): readonly NetworkAclEntry[] {
  const entries: NetworkAclEntry[] = [];
  for (const group of Map.groupBy(items, ({ flow }) => `${flow.protocol} ${flow.family}`).values()) {
    const [first] = group;
    if (first === undefined) continue;
    const peer = unionOfAddresses(group.map((item) => peerOf(context, direction, item)));
    const ports = group.reduce<NumberSet>((sofar, item) => union(portDomain, sofar, item.lost), []);
    const taken = [...acl[direction], ...entries].map((entry) => entry.number);
    const number = freeNumber(taken, blockingNumber(acl, direction, group));
    const text = `allow ${protocolName(first.flow.protocol)} ${numberText(spanOf(ports)).replace("–", "-")} ${direction === "outbound" ? "to" : "from"} ${formatAddressSet(peer)}`;
    entries.push({
      number,
      action: "allow",
      protocol: first.flow.protocol,
      ports: spanOf(ports),
      peer,
      origin: acl.origin,
      text,
    });
  }
  return entries;
}

/** Lost ports in one range: what lies between is let through already. */
function spanOf(ports: NumberSet): NumberSet {
  const [first] = ports;
  const last = ports.at(-1);
  return first === undefined || last === undefined ? ports : [first, last];
}

/** The lowest number of the entries that refuse one of the replies. */
function blockingNumber(
  acl: NetworkAcl,
  direction: Direction,
  items: readonly LostReply[],
): number | undefined {
  const refusing = acl[direction].filter((entry) =>
    items.some(({ step }) => step.rules.some((rule) => rule.origin === entry.origin)),
  );
  return refusing.length === 0 ? undefined : Math.min(...refusing.map((entry) => entry.number));
}

/** Who is at the other end of the entry: the client of an outbound reply, the server of an inbound one; a subnet as a whole. */
function peerOf(context: Context, direction: Direction, { flow, clients }: LostReply): AddressSet {
  const place = context.estate.interfaces.get(direction === "outbound" ? flow.from : flow.to);
  const subnet = place === undefined ? undefined : context.index.subnetOf(place);
  const own = (subnet?.prefixes ?? []).filter(({ family }) => family === flow.family);
  if (own.length > 0) return unionOfAddresses(own.map(prefixSet));
  if (direction === "outbound" && !isWorldwide(clients)) return clients;
  return flow.family === 4 ? allIpv4 : allIpv6;
}
