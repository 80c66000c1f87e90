// What a packet may lack altogether: a connection, a transport header. A test of it is no, and so is the test's negation.
import type { AddressField, Match, NumberField } from "./match.ts";
import type { View } from "./view.ts";

/** Untracked and invalid packets have no connection: a test on one is false, not unknown. */
export function isConnectionAbsent(view: View): boolean {
  return view.state === "untracked" || view.state === "invalid";
}

/**
 * Whether the packet lacks what a test looks at: a connection, or the transport header that a later fragment does not
 * carry. Then netfilter holds neither the test nor its negation (`nft_ct_get_eval` and `nft_payload_eval` break off
 * the rule; `xt_conntrack` and `xt_tcpudp` answer no before they invert).
 */
export function isAbsent(match: Match, view: View): boolean {
  if (match.kind === "any") return match.of.length > 0 && match.of.every((one) => isAbsent(one, view));
  if (match.kind === "all") return match.of.some((one) => isAbsent(one, view));
  const asks = asksOf(match);
  return (
    (asks.connection && isConnectionAbsent(view)) || (asks.transport && view.packet.fragment === "later")
  );
}

/** Which parts of a packet a test looks at, of those that a packet may lack; of a joined test, nothing is said. */
export function asksOf(match: Match): { readonly connection: boolean; readonly transport: boolean } {
  if (match.kind === "status" || match.kind === "direction") return asksConnection;
  if (match.kind === "mark") return match.of === "connection" ? asksConnection : asksNeither;
  if (match.kind === "tcp-flags" || match.kind === "tcp-option") return asksTransport;
  if (match.kind === "address" || match.kind === "address-bits" || match.kind === "number")
    return isOfConnection(match.field)
      ? asksConnection
      : transportFields.has(match.field)
        ? asksTransport
        : asksNeither;
  if (match.kind === "tuple")
    return {
      connection: match.fields.some((field) => isOfConnection(field)),
      transport: match.fields.some((field) => transportFields.has(field)),
    };
  return asksNeither;
}

const asksConnection = { connection: true, transport: false };
const asksTransport = { connection: false, transport: true };
const asksNeither = { connection: false, transport: false };

const transportFields: ReadonlySet<AddressField | NumberField> = new Set<AddressField | NumberField>([
  "source-port",
  "destination-port",
  "icmp-type",
  "icmp-code",
]);

function isOfConnection(field: AddressField | NumberField): boolean {
  return field.startsWith("original-") || field.startsWith("reply-");
}
