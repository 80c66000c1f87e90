// Makes a failing input small: takes away ever smaller parts of it for as long as the same defect stays.
import { isSlow, tryInput, type Defect } from "./run.ts";
import type { Input, Target } from "./targets.ts";

const mostTries = 3000;
const mostMs = 20_000;

export async function shrink(target: Target, defect: Defect): Promise<Input> {
  const stays = async (input: Input): Promise<boolean> => {
    if (defect.what.startsWith("over ")) return isSlow(target, input);
    const outcome = await tryInput(target, input);
    return outcome.kind === "defect" && outcome.what === defect.what;
  };
  let input = defect.input;
  let tries = 0;
  const start = performance.now();
  const goesOn = (): boolean => tries < mostTries && performance.now() - start < mostMs;
  for (let part = input.length >> 1; part >= 1 && goesOn(); part = Math.min(part >> 1, input.length)) {
    for (let at = 0; at < input.length && goesOn();) {
      tries += 1;
      const shorter = without(input, at, part);
      if (shorter.length < input.length && (await stays(shorter))) input = shorter;
      else at += part;
    }
  }
  return input;
}

function without(input: Input, at: number, count: number): Input {
  return typeof input === "string"
    ? input.slice(0, at) + input.slice(at + count)
    : Buffer.concat([input.subarray(0, at), input.subarray(at + count)]);
}
