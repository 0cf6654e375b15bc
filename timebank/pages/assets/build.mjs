// Bundles every entries/*.ts into static/built, beside the packages' own files, and lists them with their fingerprints.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "../../../node_modules");
const built = join(here, "../static/built");
const fresh = `${built}.new`;
const entries = readdirSync(join(here, "entries"), { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(here, "entries", entry.name));
const copied = ["htmx.org/dist/htmx.min.js", "zxing-wasm/dist/reader/zxing_reader.wasm"];

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
await build({
  entryPoints: entries,
  outdir: fresh,
  entryNames: "[name]",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2020"],
  minify: true,
  sourcemap: true,
  legalComments: "linked",
});
for (const file of copied) copyFileSync(join(packages, file), join(fresh, file.split("/").at(-1)));

const fingerprint = (name) =>
  createHash("sha256")
    .update(readFileSync(join(fresh, name)))
    .digest("hex")
    .slice(0, 12);
const names = readdirSync(fresh).filter((name) => !name.endsWith(".map"));
writeFileSync(
  join(fresh, "manifest.json"),
  JSON.stringify(Object.fromEntries(names.map((name) => [name, fingerprint(name)])), null, 1),
);
rmSync(built, { recursive: true, force: true });
renameSync(fresh, built);
