// A diff as JSON: schemas/diff.schema.json. Computes nothing.
import type { Cut, Diff, DiffEnd, FlowChange } from "../../questions/diff/model.ts";
import type { DiffDocument } from "./diff-schema.ts";
import { serviceJson } from "./reach-json.ts";
import { originJson, packetJson } from "./trace-json.ts";

export function diffJson(diff: Diff): DiffDocument {
  return {
    schema: "ringwall.diff/1",
    before: diff.before,
    after: diff.after,
    changes: diff.changes.map((change) => ({
      kind: change.kind,
      now: change.now,
      severity: change.severity,
      weight: change.weight,
      ...changedJson(change),
    })),
    cuts: diff.cuts.map((cut) => ({ tracking: cut.tracking, at: cut.at, why: cut.why, ...changedJson(cut) })),
    compared: { ...diff.compared },
    added: diff.added.map(endJson),
    removed: diff.removed.map(endJson),
    unknowns: diff.unknowns.map(({ what, effect, origin }) => ({ what, effect, origin: originJson(origin) })),
  };
}

function endJson({ id, name }: DiffEnd): { id: string; name: string } {
  return { id, name };
}

function changedJson(about: FlowChange | Cut) {
  return {
    from: about.from.map(endJson),
    to: about.to.map(endJson),
    family: about.family,
    services: about.services.map(serviceJson),
    witness: packetJson(about.witness),
    because: about.because.map(({ side, ring, text, origin }) => ({
      side,
      ring,
      text,
      origin: originJson(origin),
    })),
  };
}
