// The targets that Ringwall reads, by the names that -j takes, and how a rule's target becomes actions.
import { baseOf } from "../tables.ts";
import type { Action } from "../../../rules/rule.ts";
import {
  moduleText,
  optionText,
  ruleProblem,
  type RuleContext,
  type TargetModule,
  type TargetUse,
} from "../grammar.ts";
import { connmark, mark } from "./marks.ts";
import { dnat, masquerade, netmap, redirect, snat } from "./translations.ts";
import {
  ct,
  log,
  nflog,
  nfqueue,
  noteTarget,
  notrack,
  openTarget,
  queue,
  reject,
  setTarget,
  ulog,
  unknownAction,
} from "./verdicts.ts";

function verdict(action: Action): TargetModule {
  return { options: {}, lower: () => [action] };
}

export const targetModules: ReadonlyMap<string, TargetModule> = new Map([
  ["ACCEPT", verdict({ kind: "accept" })],
  ["DROP", verdict({ kind: "drop" })],
  ["RETURN", verdict({ kind: "return" })],
  ["REJECT", reject],
  ["QUEUE", queue],
  ["NFQUEUE", nfqueue],
  ["LOG", log],
  ["NFLOG", nflog],
  ["ULOG", ulog],
  ["MARK", mark],
  ["CONNMARK", connmark],
  ["NOTRACK", notrack],
  ["CT", ct],
  ["DNAT", dnat],
  ["SNAT", snat],
  ["MASQUERADE", masquerade],
  ["REDIRECT", redirect],
  ["NETMAP", netmap],
  ["SET", setTarget],
  ["TCPMSS", noteTarget("--set-mss:1 --clamp-mss-to-pmtu:0")],
  ["TCPOPTSTRIP", noteTarget("--strip-options:1")],
  ["CHECKSUM", noteTarget("--checksum-fill:0")],
  ["TRACE", noteTarget("")],
  ["CLASSIFY", noteTarget("--set-class:1")],
  ["TOS", noteTarget("--set-tos:1 --and-tos:1 --or-tos:1 --xor-tos:1")],
  ["DSCP", noteTarget("--set-dscp:1 --set-dscp-class:1")],
  ["TTL", noteTarget("--ttl-set:1 --ttl-dec:1 --ttl-inc:1")],
  ["HL", noteTarget("--hl-set:1 --hl-dec:1 --hl-inc:1")],
  ["ECN", noteTarget("--ecn-tcp-remove:0 --ecn-tcp-cwr:1 --ecn-tcp-ece:1 --ecn-ip-ect:1")],
  ["AUDIT", noteTarget("--type:1")],
  ["SECMARK", noteTarget("--selctx:1")],
  ["CONNSECMARK", noteTarget("--save:0 --restore:0")],
  ["TEE", noteTarget("--gateway:1 --oif:1")],
  ["IDLETIMER", noteTarget("--timeout:1 --label:1 --alarm:0 --send_nl_msg:1")],
  ["LED", noteTarget("--led-trigger-id:1 --led-delay:1 --led-always-blink:0")],
  ["RATEEST", noteTarget("--rateest-name:1 --rateest-interval:1 --rateest-ewmalog:1")],
  ["ACCOUNT", noteTarget("--addr:1 --tname:1")],
  ["LOGMARK", noteTarget("--log-level:1 --log-prefix:1")],
  [
    "TPROXY",
    openTarget(
      "--on-port:1 --on-ip:1 --tproxy-mark:1",
      "whether a proxy on this host listens for it; without one it is dropped",
      ["mangle"],
    ),
  ],
  [
    "SYNPROXY",
    openTarget(
      "--sack-perm:0 --timestamp:0 --ecn:0 --wscale:1 --mss:1",
      "whether the client completes the handshake with this host",
    ),
  ],
  [
    "HMARK",
    openTarget(
      "--hmark-tuple:1 --hmark-mod:1 --hmark-offset:1 --hmark-src-prefix:1 --hmark-dst-prefix:1 --hmark-sport-mask:1 " +
        "--hmark-dport-mask:1 --hmark-spi-mask:1 --hmark-proto-mask:1 --hmark-rnd:1",
      "the mark that a hash gives it",
    ),
  ],
  [
    "CLUSTERIP",
    openTarget(
      "--new:0 --hashmode:1 --clustermac:1 --total-nodes:1 --local-node:1 --hash-init:1",
      "which node of the cluster takes it",
    ),
  ],
  ["SNPT", openTarget("--src-pfx:1 --dst-pfx:1", "the prefix that is exchanged")],
  ["DNPT", openTarget("--src-pfx:1 --dst-pfx:1", "the prefix that is exchanged")],
  ["SAME", openTarget("--to:1 --nodst:0 --random:0", "which address of a range the kernel takes")],
  [
    "TARPIT",
    openTarget(
      "--tarpit:0 --honeypot:0 --reset:0",
      "the target TARPIT, which holds a connection without letting it through",
    ),
  ],
  ["DELUDE", openTarget("", "the target DELUDE, which answers in the host's place")],
  ["CHAOS", openTarget("--delude:0 --tarpit:0", "chance, which the target CHAOS plays with")],
  ["MIRROR", openTarget("", "the target MIRROR, which sends packets back")],
  ["STEAL", openTarget("", "the target STEAL, which takes packets away")],
  ["ECHO", openTarget("", "the target ECHO, which answers in the host's place")],
  [
    "FULLCONENAT",
    openTarget(
      "--to-ports:1 --to-source:1 --random:0 --persistent:0",
      "the connections that FULLCONENAT has seen",
    ),
  ],
  ["FLOWOFFLOAD", noteTarget("--hw:0")],
  [
    "DNETMAP",
    openTarget(
      "--prefix:1 --reuse:0 --ttl:1 --persistent:0 --static:0",
      "the addresses that DNETMAP has handed out",
    ),
  ],
]);

/** What a rule does: nothing but count, without a target. */
export function lowerTarget(
  use: TargetUse | undefined,
  rule: RuleContext,
  chains: ReadonlyMap<string, unknown>,
): readonly Action[] {
  if (use === undefined) return [];
  const module = use.goto ? undefined : targetModules.get(use.name);
  if (module !== undefined) return lowerKnown(module, use, rule);
  if (chains.has(use.name)) return [toChain(use, rule)];
  if (use.goto || use.strays.length === 0 || !/^[A-Za-z][\w-]*$/.test(use.name)) {
    throw ruleProblem(
      rule,
      "reference",
      `table ${rule.table} has no chain ${use.name}, and no target of that name is known`,
      {
        word: use.name,
        remedy: "the kernel refuses such a rule: define the chain, or correct its name",
      },
    );
  }
  return [unknownAction(use, rule, `the target ${use.name}, which Ringwall does not know`)];
}

function lowerKnown(module: TargetModule, use: TargetUse, rule: RuleContext): readonly Action[] {
  if (module.tables !== undefined && !module.tables.includes(rule.table)) {
    throw ruleProblem(
      rule,
      "meaning",
      `${use.name} can't stand in table ${rule.table}: the kernel has it in ${module.tables.join(", ")} only`,
      {
        word: use.name,
      },
    );
  }
  const [stray] = use.strays;
  if (stray !== undefined) {
    if (Object.keys(module.options).length === 0) {
      throw ruleProblem(rule, "syntax", `${use.name} has no option ${stray.name}`, { word: stray.name });
    }
    rule.unknowns.push({
      origin: rule.origin,
      what: moduleText(use, "-j"),
      effect: `the option ${optionText(stray)} is not known to Ringwall: what becomes of the packet can't be known`,
    });
    return [{ kind: "unknown", what: `an unknown option of “${moduleText(use, "-j")}”` }];
  }
  return module.lower(use, rule);
}

function toChain(use: TargetUse, rule: RuleContext): Action {
  const [stray] = use.strays;
  if (stray !== undefined) {
    throw ruleProblem(rule, "syntax", `a jump to a chain has no option ${stray.name}`, { word: stray.name });
  }
  if (baseOf(rule.table, use.name) !== undefined) {
    throw ruleProblem(rule, "meaning", `${use.name} is a base chain: nothing can jump there`, {
      word: use.name,
      remedy: "the kernel refuses it as well",
    });
  }
  return { kind: use.goto ? "goto" : "jump", chain: use.name };
}
