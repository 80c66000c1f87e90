// Statements that change the packet or what the kernel notes beside it, other than marks: harmless ones are notes; one
// that changes what later rules or routing read can't be followed, and says so.
import type { Json } from "../json.ts";
import type { Scope } from "./keys.ts";
import { tagged, textOf } from "./shape.ts";
import type { Step } from "./steps.ts";

/** Fields of headers whose change touches no address, port or protocol. */
const harmlessFields = new Set([
  "dscp",
  "ecn",
  "ttl",
  "hoplimit",
  "checksum",
  "flowlabel",
  "id",
  "priority",
  "pcp",
  "dei",
]);
/** Kernel notes that no verdict hangs on. */
const harmlessKeys = new Set([
  "nftrace",
  "priority",
  "secmark",
  "event",
  "label",
  "rtclassid",
  "pkttype",
  "broute",
]);

export function rewriteSteps(scope: Scope, key: Json, text: string): Step[] {
  const target = tagged(key);
  const name = textOf(target?.fields["key"]) ?? "";
  const field = textOf(target?.fields["field"]) ?? "";
  const note: Step[] = [{ act: { kind: "note", what: text } }];
  if ((target?.kind === "meta" || target?.kind === "ct") && harmlessKeys.has(name)) return note;
  if (target?.kind === "tcp option" || target?.kind === "exthdr") return note;
  if (target?.kind === "payload" && harmlessFields.has(field)) {
    scope.report({ what: text, effect: `later tests of the ${field} see the old value` });
    return note;
  }
  if (target?.kind === "ct" && name === "zone") {
    scope.report({ what: text, effect: "connections are followed as if there were one zone" });
    return note;
  }
  scope.report({ what: text, effect: "rewrites the packet: what becomes of it can't be known" });
  return [{ act: { kind: "unknown", what: `“${text}”: rewrites the packet` } }];
}
