// The connection table: netfilter's connection tracking as an object of its own. (Being written: signatures settled.)
import type { Packet } from "../../packet/packet.ts";
import type { ConnectionCounters, ConnectionEntry, Tracked } from "./model.ts";
import type { Timeouts } from "./timeouts.ts";

export class ConnectionTable {
  constructor(
    options: {
      readonly bound?: number;
      readonly timeouts?: Partial<Timeouts>;
      readonly looseTcp?: boolean;
    } = {},
  ) {
    void options;
  }

  track(packet: Packet, now: number): Tracked {
    throw new Error(`not yet: ${packet.family} ${now}`);
  }

  confirm(tracked: Tracked, now: number): boolean {
    throw new Error(`not yet: ${tracked.state} ${now}`);
  }

  entries(now: number): ConnectionEntry[] {
    throw new Error(`not yet: ${now}`);
  }

  size(now: number): number {
    throw new Error(`not yet: ${now}`);
  }

  get counters(): ConnectionCounters {
    throw new Error("not yet");
  }
}
