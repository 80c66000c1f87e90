// One tracked connection. (Being written: the table's signatures are settled in table.ts.)
import type { ConnectionView } from "../view.ts";
import type { Direction } from "./model.ts";

export class Connection {
  mark: number | undefined = 0;

  view(direction: Direction): ConnectionView {
    throw new Error(`not yet: ${direction} ${this.mark}`);
  }
}
