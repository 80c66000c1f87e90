// What AWS says when it does not answer, turned into problems that name the cause and the remedy.
import { Problem } from "../../../problem.ts";
import { isObject } from "../../json.ts";

export type Refusal =
  /** This one call is not allowed; the others may be. */
  | { readonly kind: "denied"; readonly message: string }
  /** Nothing can be asked with these credentials, or of this endpoint. */
  | { readonly kind: "hopeless"; readonly problem: Problem };

const deniedNames = new Set([
  "UnauthorizedOperation",
  "AccessDenied",
  "AccessDeniedException",
  "OptInRequired",
  "UnsupportedOperation",
  "InvalidAction",
  "Client.UnauthorizedOperation",
]);
const credentialNames = new Set([
  "AuthFailure",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "RequestExpired",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);
const throttleNames = new Set([
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "CERT_HAS_EXPIRED",
  "SELF_SIGNED_CERT_IN_CHAIN",
]);

export function refusalOf(error: unknown, call: string): Refusal {
  const { name, message, code } = describeError(error);
  if (deniedNames.has(name)) return { kind: "denied", message: `${name}: ${message}` };
  const problem = (what: string, remedy: string): Refusal => ({
    kind: "hopeless",
    problem: new Problem("remote", what, { remedy, cause: error }),
  });
  if (error instanceof Problem) return { kind: "hopeless", problem: error };
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return problem(
      `no AWS credentials: ${message}`,
      "log in (aws sso login), set AWS_PROFILE or AWS_ACCESS_KEY_ID, or name a profile with --profile",
    );
  }
  if (credentialNames.has(name)) {
    return problem(
      `AWS does not accept these credentials (${name}: ${message})`,
      "log in again, or choose other credentials with --profile",
    );
  }
  if (throttleNames.has(name)) {
    return problem(
      `AWS kept limiting ${call} after every retry (${name})`,
      "try again later: other programs of this account use up its request limit",
    );
  }
  if (networkCodes.has(code) || name === "TimeoutError") {
    return problem(
      `the endpoint of ${call} can't be reached (${code || name}: ${message})`,
      "check the region, --endpoint-url, and the network",
    );
  }
  return problem(
    `${call} failed (${name}: ${message})`,
    "nothing was written; try again, and report it if it stays",
  );
}

function describeError(error: unknown): { name: string; message: string; code: string } {
  const code = isObject(error) && typeof error["code"] === "string" ? error["code"] : "";
  if (!(error instanceof Error)) return { name: "Error", message: String(error), code };
  // An encoded authorisation message is long and of no use to a reader.
  const message = error.message.replace(/\s*Encoded authorization failure message:.*$/s, "").trim();
  if (error instanceof AggregateError) {
    const inner = error.errors.find((one) => isObject(one) && typeof one["code"] === "string");
    return inner === undefined ? { name: error.name, message, code } : describeError(inner);
  }
  return { name: error.name, message: message === "" ? "no message" : message, code };
}
