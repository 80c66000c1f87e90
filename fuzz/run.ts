// Runs one target over many inputs and counts: accepted, refused, the worst time; stops at the first defect.
import { Problem } from "../src/problem.ts";
import { randomFrom } from "./random.ts";
import type { Input, Target } from "./targets.ts";

export interface Defect {
  readonly target: string;
  readonly seed: string;
  readonly number: number;
  readonly input: Input;
  /** What went wrong, in one line: two inputs with the same one have the same defect. */
  readonly what: string;
  readonly detail: string;
}

export interface Tally {
  readonly target: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly worstMs: number;
  readonly totalMs: number;
  readonly defect?: Defect;
}

/** A small input that takes longer holds up whoever waits for the answer. */
export const mostMs = 1000;

/** Whether the target took the input, refused it, or broke. */
export async function tryInput(
  target: Target,
  input: Input,
): Promise<
  | { readonly kind: "accepted" | "refused" }
  | { readonly kind: "defect"; readonly what: string; readonly detail: string }
> {
  try {
    await target.run(input);
    return { kind: "accepted" };
  } catch (error) {
    if (error instanceof Problem) {
      const { origin } = error;
      const placed =
        origin !== undefined && origin.file !== "" && Number.isSafeInteger(origin.line) && origin.line >= 1;
      if (error.message !== "" && (placed || !target.placed)) return { kind: "refused" };
      return {
        kind: "defect",
        what: `a Problem without a place: ${error.message.slice(0, 60)}`,
        detail: error.stack ?? "",
      };
    }
    const message = error instanceof Error ? `${error.name}: ${error.message.slice(0, 60)}` : String(error);
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    return { kind: "defect", what: message, detail: stack.split("\n").slice(0, 12).join("\n") };
  }
}

/** Slow because of the input, and not because the machine was busy: by the processor's time, three times in a row. */
export async function isSlow(target: Target, input: Input): Promise<boolean> {
  for (let times = 0; times < 3; times += 1) {
    const start = process.cpuUsage();
    await tryInput(target, input);
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1000 <= mostMs) return false;
  }
  return true;
}

export async function runTarget(
  target: Target,
  inputs: number,
  seed: string,
  tick: (number: number) => void = () => {},
): Promise<Tally> {
  const counts = { accepted: 0, refused: 0 };
  const start = performance.now();
  let worstMs = 0;
  let number = 0;
  const tally = (defect?: Defect): Tally => ({
    target: target.name,
    inputs: number,
    ...counts,
    worstMs,
    totalMs: performance.now() - start,
    ...(defect === undefined ? {} : { defect }),
  });
  for (; number < inputs; number += 1) {
    tick(number);
    const input = target.make(randomFrom(`${seed} ${target.name} ${number}`));
    const begun = performance.now();
    const outcome = await tryInput(target, input);
    const ms = performance.now() - begun;
    const about = { target: target.name, seed, number, input };
    if (outcome.kind === "defect") return tally({ ...about, what: outcome.what, detail: outcome.detail });
    counts[outcome.kind] += 1;
    if (ms > mostMs && (await isSlow(target, input)))
      return tally({ ...about, what: `over ${mostMs} ms`, detail: `${Math.round(ms)} ms` });
    worstMs = Math.max(worstMs, ms);
  }
  return tally();
}
