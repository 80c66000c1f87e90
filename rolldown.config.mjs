// Bundles what tsc emitted for the command line into dist/bin: one file to load instead of three hundred halves the time
// of a trace. The AWS SDK stays outside: only `import aws` loads it.
import { defineConfig } from "rolldown";

export default defineConfig({
  input: "dist/cli/main.js",
  platform: "node",
  external: [/^@aws-sdk\//],
  output: { dir: "dist/bin", format: "esm" },
});
