// Extensions of iptables inside nftables (`iptables-nft`): the JSON export gives their names and nothing of what they
// ask or do. `iptables-save` on the same host says it; the report points there.
import type { Scope } from "./keys.ts";
import { unknowable } from "./keys.ts";
import { textOf, type Fields } from "./shape.ts";
import type { Step } from "./steps.ts";

/** Targets that leave only traces. */
const harmless = new Set([
  "LOG",
  "NFLOG",
  "ULOG",
  "TRACE",
  "AUDIT",
  "CHECKSUM",
  "CLASSIFY",
  "DSCP",
  "TOS",
  "TTL",
  "HL",
  "TCPMSS",
  "TCPOPTSTRIP",
  "TEE",
  "IDLETIMER",
  "LED",
  "RATEEST",
  "SECMARK",
  "CONNSECMARK",
]);

export function extensionSteps(scope: Scope, fields: Fields, text: string): Step[] {
  const type = textOf(fields["type"]);
  const name = textOf(fields["name"]) ?? "";
  if (type === "match" && name === "comment") return [];
  if (type === "match") {
    const why = "a match of iptables whose options nft does not export; read iptables-save instead";
    return [{ test: unknowable(scope, text, { why, understood: false }) }];
  }
  if (type === "watcher" || (type === "target" && harmless.has(name)))
    return [{ act: { kind: "note", what: text } }];
  scope.report({ what: text, effect: "may accept, drop, rewrite or go on: read iptables-save instead" });
  return [
    { act: { kind: "unknown", what: `“${text}”: a target of iptables whose options nft does not export` } },
  ];
}
