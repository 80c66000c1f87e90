// The pseudo parameters: those that a template alone decides, and those that the account and region do. (Template
// reference, "Pseudo parameters".)
import { Problem, type Origin } from "../../problem.ts";
import { notKnown, textValue, type Value } from "./values.ts";

/**
 * The partition and its domain are taken to be AWS's own (not China's, not GovCloud's): they stand in names alone.
 *
 * @param stack the stack's name
 * @returns undefined for AWS::NoValue
 * @throws Problem `reference` where there is none of that name
 */
export function pseudoParameter(name: string, stack: string, origin: Origin): Value | undefined {
  switch (name) {
    case "AWS::NoValue":
      return undefined;
    case "AWS::StackName":
      return textValue(stack, origin);
    case "AWS::Partition":
      return textValue("aws", origin);
    case "AWS::URLSuffix":
      return textValue("amazonaws.com", origin);
    case "AWS::Region":
    case "AWS::AccountId":
    case "AWS::StackId":
    case "AWS::NotificationARNs":
      return notKnown(`${name} is known when the stack is created`, name, origin);
    default:
      throw new Problem("reference", `Ref: there is no pseudo parameter ${name}`, { origin });
  }
}
