// The reader of AWS exports: the JSON of `aws ec2 describe-…`, elb, elbv2 and rds, in any number of files of any names,
// of several accounts, regions and VPCs. It says what was exported; which packets pass is not decided here.
import type { Reader } from "../reader.ts";
import { readInventory } from "./estate.ts";
import { takeInventory } from "./inventory.ts";
import { looksLikeAws } from "./kinds.ts";

/**
 * Reads AWS exports into a part of an estate.
 *
 * @example awsReader.read([{ path: "describe-vpcs.json", text: '{"Vpcs": []}' }])
 */
export const awsReader: Reader = {
  format: "aws",
  recognises: (file) => looksLikeAws(file.text),
  read: (files) =>
    readInventory(
      takeInventory(files),
      files.map((file) => file.path),
    ),
};
