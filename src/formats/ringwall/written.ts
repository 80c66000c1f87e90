// Words of the file that only a question can find the meaning of, each with its place.
import type { Written } from "../../estate/settings.ts";
import type { Path } from "./document.ts";
import { many, type Drawing } from "./drawing.ts";

export function written(
  drawing: Drawing,
  value: string | string[] | undefined,
  path: Path,
): readonly Written[] {
  return many(value, path).map((item) => ({ text: item.value, origin: drawing.document.valueAt(item.path) }));
}
