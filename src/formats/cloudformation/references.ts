// Which resource of a template names which: what is created first. CloudFormation refuses resources that need one another.
import { Problem, type Origin } from "../../problem.ts";

export class References {
  /** Which resources are being evaluated, the innermost last. */
  readonly #within: string[] = [];
  readonly #named = new Map<string, Map<string, Origin>>();

  enter(logicalId: string): void {
    this.#within.push(logicalId);
  }

  leave(): void {
    this.#within.pop();
  }

  /** The resource that is being evaluated names another; outside of resources nothing is kept. */
  note(name: string, origin: Origin): void {
    const from = this.#within.at(-1);
    if (from === undefined) return;
    const named = this.#named.get(from) ?? new Map<string, Origin>();
    this.#named.set(from, named);
    if (!named.has(name)) named.set(name, origin);
  }

  /** @throws Problem `reference` that names the circle */
  refuseCircles(): void {
    const done = new Set<string>();
    for (const start of this.#named.keys()) {
      // Depth first without recursion: a template may chain hundreds of resources.
      const path: string[] = [];
      const open: { readonly id: string; readonly next: Iterator<string> }[] = [];
      const enter = (id: string): void => {
        path.push(id);
        open.push({ id, next: (this.#named.get(id) ?? new Map<string, Origin>()).keys() });
      };
      if (!done.has(start)) enter(start);
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        const { value, done: last } = top.next.next();
        if (last === true) {
          done.add(top.id);
          open.pop();
          path.pop();
        } else if (path.includes(value)) {
          throw this.#circle([...path.slice(path.indexOf(value)), value]);
        } else if (!done.has(value)) enter(value);
      }
    }
  }

  #circle(circle: readonly string[]): Problem {
    const [first = "", second = ""] = circle;
    const origin = this.#named.get(first)?.get(second);
    return new Problem(
      "reference",
      `these resources need one another, so none can be created first: ${circle.join(" → ")}`,
      {
        ...(origin === undefined ? {} : { origin }),
        remedy: "write one of the references as a resource of its own (AWS::EC2::SecurityGroupIngress)",
      },
    );
  }
}
