// What a class of ends is called in tables and pictures.
import type { EndClass } from "../../questions/reach/model.ts";

/** `db-1`, `app-sg (12 interfaces)`, `internet`. */
export function endName(end: EndClass): string {
  // A name that lists them all needs no count.
  return end.kind === "outside" || end.name.split(", ").length === end.interfaces.length
    ? end.name
    : `${end.name} (${end.interfaces.length} interfaces)`;
}
