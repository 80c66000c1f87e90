// What evaluated resources and stacks look like to one another. Types alone.
import type { Origin } from "../../problem.ts";
import type { Template } from "./template.ts";
import type { Value } from "./values.ts";

export interface Resource {
  /** The logical id with the path of its stack before it: unique among everything that is read together. */
  readonly id: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: ReadonlyMap<string, Value>;
  readonly origin: Origin;
  readonly stack: StackScope;
  /** Why it may not be there, where a condition leaves it open. */
  readonly uncertain?: string;
}

export interface StackScope {
  readonly name: string;
  readonly prefix: string;
  readonly template: Template;
  readonly world: World;
  readonly resource: (logicalId: string) => Resource | undefined;
  readonly output: (name: string) => Value | undefined;
}

/** What stacks that are read together share. */
export interface World {
  /** The stack that a resource of type AWS::CloudFormation::Stack nests, or why it is not known. */
  readonly nested: (resource: Resource) => StackScope | string;
  readonly exported: (name: string, origin: Origin) => Value | undefined;
  /** The made-up IPv6 block of a resource that asks for one of Amazon's. */
  readonly ipv6Block: (id: string) => string;
}
