// Follows the jumps between a table's chains: refuses those that lead back to where they came from, as the kernel does,
// and says from which hooks a chain is reached.
import type { Hook } from "../../layers/host/model.ts";
import { Problem, type Origin } from "../../problem.ts";
import { tableBases } from "./tables.ts";

export interface Jump {
  readonly to: string;
  readonly origin: Origin;
}
/** Chain → its jumps and gotos, in order. */
export type Jumps = ReadonlyMap<string, readonly Jump[]>;

/** @throws Problem `meaning` at the rule that closes a circle */
export function refuseCircles(table: string, jumps: Jumps): void {
  const done = new Set<string>();
  for (const start of jumps.keys()) {
    if (done.has(start)) continue;
    // Not by recursion: a crafted dump may nest deeper than the stack.
    const path: { chain: string; next: number }[] = [{ chain: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const jump = jumps.get(top.chain)?.[top.next];
      top.next += 1;
      if (jump === undefined) {
        path.pop();
        onPath.delete(top.chain);
        done.add(top.chain);
      } else if (onPath.has(jump.to)) {
        throw circle(
          table,
          path.map((step) => step.chain),
          jump,
        );
      } else if (!done.has(jump.to)) {
        path.push({ chain: jump.to, next: 0 });
        onPath.add(jump.to);
      }
    }
  }
}

function circle(table: string, path: readonly string[], jump: Jump): Problem {
  const around = [...path.slice(path.indexOf(jump.to)), jump.to];
  const message =
    around.length === 2
      ? `chain ${jump.to} of table ${table} calls itself`
      : `chain ${jump.to} of table ${table} calls itself: ${around.join(" → ")}`;
  return new Problem("meaning", message, {
    origin: jump.origin,
    remedy: "the kernel refuses a circle that a packet can reach; let one of these rules go elsewhere",
  });
}

/** The hooks whose packets can reach each chain. */
export function hooksOfChains(table: string, jumps: Jumps): ReadonlyMap<string, ReadonlySet<Hook>> {
  const hooks = new Map<string, Set<Hook>>();
  for (const base of tableBases.get(table) ?? []) {
    const waiting = [base.chain];
    for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
      const known = hooks.get(chain) ?? new Set<Hook>();
      hooks.set(chain, known);
      if (known.has(base.hook)) continue;
      known.add(base.hook);
      waiting.push(...(jumps.get(chain) ?? []).map((jump) => jump.to));
    }
  }
  return hooks;
}
