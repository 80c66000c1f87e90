// A change of one rule in an account of 10 000 interfaces: what a pull request waits for after loading. The twin compares
// all pairs on both sides.
import type { Estate } from "../src/estate/model.ts";
import { diff } from "../src/questions/diff.ts";
import { reachability } from "../src/questions/reach.ts";
import type { SecurityGroupRule } from "../src/layers/security-group/model.ts";
import { addressSet } from "../src/packet/address-set.ts";
import { TCP } from "../src/packet/protocol.ts";
import { measure, type Line } from "./measure.ts";
import { reachEstate } from "./reach-estate.ts";

/** The same estate, with the first VPC's database port opened to all of it in one group. */
function changed(estate: Estate): Estate {
  const [group] = estate.securityGroups.values();
  const [rule] = group?.inbound ?? [];
  if (group === undefined || rule === undefined) throw new Error("the estate has groups with rules");
  const more: SecurityGroupRule = {
    ...rule,
    protocol: TCP,
    ports: [5432, 5432],
    peer: { kind: "addresses", set: addressSet("10.0.0.0/16") },
    text: "tcp 5432 from 10.0.0.0/16",
  };
  return {
    ...estate,
    securityGroups: new Map(estate.securityGroups).set(group.id, {
      ...group,
      inbound: [...group.inbound, more],
    }),
  };
}

export async function benchDiff(): Promise<Line[]> {
  const before = reachEstate(10_000);
  const after = changed(reachEstate(10_000));
  // Copies, since an estate's index and engine are kept: every round pays for both.
  const small = await measure(() => diff({ ...before }, { ...after }), { rounds: 5, warm: 1 });
  const found = diff({ ...before }, { ...after });
  if (found.changes.length === 0) throw new Error("the change opens nothing");
  const all = await measure(
    () => {
      const engine = reachability({ ...before });
      return engine.pairs().length + reachability({ ...after }, engine.space).pairs().length;
    },
    { rounds: 1, warm: 0 },
  );
  return [
    {
      what: "diff after one rule, 10 000 interfaces",
      ours: small.ms,
      unit: "ms",
      peer: all.ms,
      against: `all pairs on both sides; ${found.changes.length} changes, ${found.compared.pairs} pairs`,
    },
  ];
}
