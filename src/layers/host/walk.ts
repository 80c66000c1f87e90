// The way of one packet through a host's hooks, stage by stage: filter chains decide, tracking classifies, nat chains
// bind a connection's first packet and rewrite every one. Notes what happened; explain.ts puts it into words.
import { isAddress } from "../../packet/address-set.ts";
import type { Address } from "../../packet/address.ts";
import { isIcmpError, type AddressValue, type Packet } from "../../packet/packet.ts";
import type { Tracked } from "../../rules/connections/table.ts";
import { rewrite } from "../../rules/connections/rewrite.ts";
import { bind, isBound, type Side } from "../../rules/connections/translate.ts";
import { evaluate, type Decision, type Evaluation } from "../../rules/evaluate.ts";
import type { AddressType, ConnectionState } from "../../rules/match.ts";
import type { Cause } from "../../rules/truth.ts";
import type { ConnectionView, View } from "../../rules/view.ts";
import type { HookChain, HookPlan } from "./hooks.ts";
import type { HostFirewall, Hook } from "./model.ts";
import type { Note, Passing } from "./passage.ts";
import { rangeOf, sideOf } from "./ranges.ts";
import { addressType } from "./routing.ts";

/** What the packet's connection is, before anything looked: netfilter's `ct state` says invalid then. */
const unseen: Tracked = { state: "invalid", direction: "original" };

/** What chains see of the packet, changed as it goes on. */
class HostView implements View {
  packet: Packet;
  inInterface: string | undefined;
  outInterface: string | undefined;
  fromElsewhere = false;
  state: ConnectionState = "invalid";
  connection: ConnectionView | undefined;
  mark: number | undefined;
  connectionMark: number | undefined;
  readonly addressType: (address: Address, device?: string) => AddressType | undefined;

  constructor(
    packet: Packet,
    mark: number,
    addressType: (address: Address, device?: string) => AddressType | undefined,
  ) {
    this.packet = packet;
    this.mark = mark;
    this.addressType = addressType;
  }
}

export class Walk {
  readonly firewall: HostFirewall;
  readonly passing: Passing;
  readonly view: HostView;
  readonly notes: Note[] = [];
  readonly causes: Cause[] = [];
  tracked: Tracked = unseen;
  /** The interfaces that the packet came in by and leaves by, as far as they are known. */
  inDevice: string | undefined;
  outDevice: string | undefined;
  denied = false;
  depends = false;
  readonly #plan: HookPlan;
  /** What a rule that can't be known may have exempted from tracking. */
  #perhapsUntracked = false;

  constructor(firewall: HostFirewall, passing: Passing, plan: HookPlan) {
    this.firewall = firewall;
    this.passing = passing;
    this.#plan = plan;
    this.view = new HostView(passing.packet, passing.mark ?? 0, (address, device) =>
      this.#typeOf(address, device),
    );
  }

  get packet(): Packet {
    return this.view.packet;
  }

  /** Runs a hook. False: the packet ends here. */
  run(hook: Hook, inInterface: string | undefined, outInterface: string | undefined): boolean {
    this.view.inInterface = inInterface;
    this.view.outInterface = outInterface;
    this.view.fromElsewhere = this.passing.origin.kind === "arrives" && !isLoopback(this.packet.source);
    for (const stage of this.#plan[hook]) {
      const goesOn =
        stage.kind === "filter"
          ? this.#filter(hook, stage.chain)
          : stage.kind === "track"
            ? this.#track()
            : this.#translate(hook, stage.chains);
      if (!goesOn) {
        this.denied = true;
        return false;
      }
    }
    return true;
  }

  refuse(note: Extract<Note, { kind: "refused" }>): false {
    this.notes.push(note);
    this.denied = true;
    return false;
  }

  #typeOf(address: Address, device: string | undefined): AddressType | undefined {
    const known = addressType(this.firewall, address, device);
    if (known !== undefined || device !== undefined) return known;
    // The question said where the packet goes, or that the host made it: that tells of these two addresses.
    const { passing } = this;
    if (passing.origin.kind === "made" && isSame(passing.packet.source, address)) return "local";
    if (passing.to !== undefined && isSame(passing.packet.destination, address))
      return passing.to === "self" ? "local" : "unicast";
    return undefined;
  }

  #track(): boolean {
    const { passing, tracked } = this;
    // Looked at already: the packet came by way of the loopback interface, or a raw rule exempted it.
    if (tracked.connection !== undefined || tracked.state === "untracked") return true;
    const { connections, now, assume } = passing;
    if (assume !== undefined && assume !== "new") {
      this.view.state = assume;
      this.tracked = { state: assume, direction: assume === "established" ? "reply" : "original" };
      this.view.connectionMark = undefined;
      return true;
    }
    this.#see(
      assume === "new" ? connections.trackAsNew(this.packet, now) : connections.track(this.packet, now),
    );
    if (this.tracked.refused !== true) return true;
    return this.refuse({
      kind: "refused",
      ring: "connection table",
      why: "the connection table is full and holds no half-open connection that could go: the kernel drops packets of new connections",
    });
  }

  #see(tracked: Tracked): void {
    this.tracked = tracked;
    this.view.state = tracked.state;
    this.view.connection = tracked.connection?.view(tracked.direction);
    this.view.connectionMark = tracked.connection?.mark;
  }

  #filter(hook: Hook, chain: HookChain): boolean {
    const { view } = this;
    const evaluation = evaluate(chain.chain, chain.chains, view);
    const { connection } = this.tracked;
    if (connection !== undefined) connection.mark = view.connectionMark;
    if (evaluation.notrack !== false) this.#exempt(chain, evaluation);
    const verdict = verdictOf(evaluation.decisions);
    this.notes.push({
      kind: "decided",
      hook,
      chain,
      evaluation,
      verdict,
      packet: view.packet,
      state: view.state,
    });
    if (verdict === "allowed") return true;
    if (verdict === "depends") {
      this.depends = true;
      this.causes.push(...evaluation.causes);
      return true;
    }
    const outcome = evaluation.decisions.at(-1)?.outcome;
    if (outcome?.kind === "reject" && outcome.with === "tcp-reset")
      this.passing.connections.close(this.tracked, this.passing.now);
    return false;
  }

  /** NOTRACK works before tracking only; later it does nothing, as in the kernel. */
  #exempt(chain: HookChain, evaluation: Evaluation): void {
    if (this.tracked !== unseen || this.#perhapsUntracked) return;
    if (evaluation.notrack === "perhaps") {
      // Tracked or not, who knows: go on as tracked, and say what it hangs on.
      this.#perhapsUntracked = true;
      this.depends = true;
      this.causes.push(...evaluation.causes);
      return;
    }
    this.notes.push({ kind: "untracked", chain, evaluation });
    this.#see(this.passing.connections.untracked());
  }

  #translate(hook: Hook, chains: readonly HookChain[]): boolean {
    const { tracked } = this;
    const { connection, direction } = tracked;
    if (connection === undefined) return true;
    const side = sideOf(hook);
    const isError = tracked.state === "related" && isIcmpError(this.packet);
    const isFirst = tracked.state === "new" && !isBound(connection, side);
    const bound = isFirst ? this.#bind(hook, chains, side) : undefined;
    if (bound === false) return false;
    const before = this.packet;
    const after = rewrite(before, connection, direction, side, isError);
    if (after === undefined)
      return this.refuse({
        kind: "refused",
        ring: "address translation",
        why: "it is an ICMP redirect about a translated connection, which the kernel drops",
      });
    this.view.packet = after;
    if (after !== before || bound?.by !== undefined)
      this.notes.push({
        kind: "translated",
        hook,
        before,
        after,
        isFirst,
        ...(bound?.by === undefined ? {} : { by: bound.by }),
        byLot: bound?.byLot ?? false,
        causes: bound?.causes ?? [],
      });
    return true;
  }

  /** The first nat chain with an answer binds the connection; if none has, it is bound to what it is. */
  #bind(hook: Hook, chains: readonly HookChain[], side: Side): Bound | false {
    const { connection } = this.tracked;
    const { connections, now } = this.passing;
    const causes: Cause[] = [];
    if (connection === undefined) return { byLot: false, causes };
    for (const chain of chains) {
      const evaluation = evaluate(chain.chain, chain.chains, this.view);
      connection.mark = this.view.connectionMark;
      const last = evaluation.decisions.at(-1);
      const unsure = differsInEffect(evaluation.decisions);
      if (unsure) {
        causes.push(...evaluation.causes);
        this.causes.push(...evaluation.causes);
        this.depends = true;
      }
      const note = {
        kind: "decided",
        hook,
        chain,
        evaluation,
        packet: this.packet,
        state: this.view.state,
      } as const;
      if (last?.outcome.kind === "drop" || last?.outcome.kind === "reject") {
        this.notes.push({ ...note, verdict: unsure ? "depends" : "denied" });
        if (!unsure) return false;
        continue;
      }
      // Where nothing unknown matches, this chain does not translate: say that it might.
      if (unsure && last?.outcome.kind !== "translate") this.notes.push({ ...note, verdict: "depends" });
      if (last?.outcome.kind !== "translate" || last.rule === undefined) continue;
      const asked = rangeOf(last.outcome.translation, this.packet, {
        firewall: this.firewall,
        hook,
        inDevice: this.inDevice,
        outDevice: this.outDevice,
      });
      if (asked.kind === "impossible")
        return this.refuse({ kind: "refused", ring: "address translation", why: asked.why });
      const { byLot } = bind(connections, connection, side, asked.range, now);
      return { by: { chain, rule: last.rule }, byLot, causes };
    }
    const { byLot } = bind(connections, connection, side, {}, now);
    return { byLot, causes };
  }
}

interface Bound {
  readonly by?: { readonly chain: HookChain; readonly rule: NonNullable<Decision["rule"]> };
  readonly byLot: boolean;
  readonly causes: readonly Cause[];
}

function verdictOf(decisions: readonly Decision[]): "allowed" | "denied" | "depends" {
  let passes = false;
  let refuses = false;
  for (const { outcome } of decisions) {
    if (outcome.kind === "drop" || outcome.kind === "reject") refuses = true;
    else if (outcome.kind === "unknown") return "depends";
    else passes = true;
  }
  return passes && refuses ? "depends" : refuses ? "denied" : "allowed";
}

/** Whether the ways of a nat chain lead to different things: that no rule matched and that one accepts is the same. */
function differsInEffect(decisions: readonly Decision[]): boolean {
  if (decisions.length === 1) return decisions[0]?.outcome.kind === "unknown";
  return decisions.some(({ outcome }) => outcome.kind !== "accept" && outcome.kind !== "none");
}

function isSame(value: AddressValue, address: Address): boolean {
  return isAddress(value) && value.family === address.family && value.value === address.value;
}

/** RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3: such addresses never come from another machine. */
function isLoopback(source: AddressValue): boolean {
  if (!isAddress(source)) return false;
  return source.family === 4 ? source.value >>> 24 === 127 : source.value === 1n;
}
