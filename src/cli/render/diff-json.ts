// A diff as JSON: schemas/diff.schema.json. Computes nothing.
import type { Cut, Diff, FlowChange } from "../../questions/diff/model.ts";
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
    added: diff.added.map(({ id, name }) => ({ id, name })),
    removed: diff.removed.map(({ id, name }) => ({ id, name })),
    unknowns: diff.unknowns.map(({ what, effect, origin }) => ({ what, effect, origin: originJson(origin) })),
  };
}

function changedJson(about: FlowChange | Cut) {
  return {
    from: { id: about.from.id, name: about.from.name },
    to: { id: about.to.id, name: about.to.name },
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
