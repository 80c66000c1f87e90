// Lowers MARK and CONNMARK. All their forms are one formula, mark = (mark & ~mask) ^ value, as xt_mark.c has it and as
// libxt_MARK.c computes mask and value from the words.
import type { Action } from "../../../rules/rule.ts";
import {
  badValue,
  moduleText,
  option,
  optionTable,
  ruleProblem,
  valueOf,
  type OptionUse,
  type RuleContext,
  type TargetModule,
  type TargetUse,
} from "../grammar.ts";
import { tracked } from "../matches/connection.ts";
import { parseMasked, parseWhole } from "../values.ts";

const settings = "--set-xmark:1 --set-mark:1 --and-mark:1 --or-mark:1 --xor-mark:1";

interface Formula {
  readonly mask: number;
  readonly value: number;
}

function formula(rule: RuleContext, used: OptionUse): Formula {
  const parsed = parseMasked(used.values[0] ?? "");
  if (parsed === undefined) throw badValue(rule, used, "a mark or mark/mask of 32 bits");
  const { value, mask } = parsed;
  switch (used.name) {
    case "--set-mark":
      return { value, mask: (value | mask) >>> 0 };
    case "--and-mark":
      return { value: 0, mask: ~value >>> 0 };
    case "--or-mark":
      return { value, mask: value };
    case "--xor-mark":
      return { value, mask: 0 };
    default:
      return { value, mask };
  }
}

function setting(use: TargetUse): OptionUse | undefined {
  return use.options.find((used) => /^--(?:set-xmark|set-mark|and-mark|or-mark|xor-mark)$/.test(used.name));
}

export const mark: TargetModule = {
  options: optionTable(settings),
  lower(use, rule) {
    const used = setting(use);
    if (used === undefined) {
      throw ruleProblem(rule, "meaning", "MARK needs --set-mark, --set-xmark or another of its options", {
        word: use.name,
      });
    }
    return [{ kind: "set-mark", of: "packet", ...formula(rule, used) }];
  },
};

function maskOf(rule: RuleContext, use: TargetUse, name: string): number {
  const text = valueOf(use, name) ?? valueOf(use, "--mask");
  const mask = text === undefined ? 0xffffffff : parseWhole(text, 0xffffffff);
  if (mask === undefined)
    throw ruleProblem(rule, "meaning", `“${text}” is no mask of 32 bits`, { word: name });
  return mask;
}

export const connmark: TargetModule = {
  options: optionTable(
    `${settings} --save-mark:0 --restore-mark:0 --nfmask:1 --ctmask:1 --mask:1 --left-shift-mark:1 --right-shift-mark:1`,
  ),
  lower(use, rule) {
    if (use.options.some((used) => used.name.endsWith("-shift-mark"))) {
      return [{ kind: "unknown", what: `the shifted mark of “${moduleText(use, "-j")}”` }];
    }
    return [whereTracked(connmarkAction(use, rule))];
  },
};

function connmarkAction(use: TargetUse, rule: RuleContext): Action {
  const used = setting(use);
  if (used !== undefined) return { kind: "set-mark", of: "connection", ...formula(rule, used) };
  const packetMask = maskOf(rule, use, "--nfmask");
  const connectionMask = maskOf(rule, use, "--ctmask");
  if (option(use, "--save-mark") !== undefined) {
    return { kind: "copy-mark", from: "packet", fromMask: packetMask, toMask: connectionMask };
  }
  if (option(use, "--restore-mark") !== undefined) {
    return { kind: "copy-mark", from: "connection", fromMask: connectionMask, toMask: packetMask };
  }
  throw ruleProblem(
    rule,
    "meaning",
    "CONNMARK needs --set-mark, --save-mark, --restore-mark or another option",
    {
      word: use.name,
    },
  );
}

/** A packet without a connection keeps its mark: xt_connmark.c goes on at once. */
function whereTracked(action: Action): Action {
  return { kind: "when", match: tracked, actions: [action] };
}
