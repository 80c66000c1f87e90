// Runs one of the project's commands on the Node.js it is pinned to, after setting the checkout up if that
// has not happened yet. Plain JavaScript that Node 20 understands, since it is what starts before anything
// is installed:  node scripts/run.mjs <command> [arguments…]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pinned = join(root, "tools", "node");

/** Installs a folder's locked packages unless the same lock file was installed before. */
function install(folder, what) {
  const lock = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
  const stamp = join(folder, "node_modules", ".ringwall-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  process.stderr.write(`ringwall: installing ${what} (once) …\n`);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    process.stderr.write(`ringwall: npm ci failed in ${folder}; mend what it says above and try again\n`);
    process.exit(2);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}

install(root, "packages");
const path = [join(root, "node_modules", ".bin")];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major !== 24) {
  install(pinned, "Node.js 24");
  const bin = join(pinned, "node_modules", ".bin");
  if (existsSync(join(bin, process.platform === "win32" ? "node.cmd" : "node"))) {
    path.unshift(bin);
  } else if (major < 22 || (major === 22 && minor < 18)) {
    process.stderr.write(
      `ringwall: no Node.js 24 comes ready for ${process.platform} ${process.arch}, and this is ${process.version}\n` +
        "  remedy: install Node.js 24 (22.18 is the oldest that works) and try again\n",
    );
    process.exit(2);
  }
}
const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write("usage: node scripts/run.mjs <command> [arguments…]\n");
  process.exit(2);
}
const child = spawn(command, args, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: [...path, process.env.PATH ?? ""].join(delimiter) },
  shell: process.platform === "win32",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`ringwall: cannot run ${command}: ${error.message}\n`);
  process.exit(2);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
