// For tests: reads one JSON question a line, answers each in a line of its own as a desk without a network would.
// {"asked": ...} is decided; {"raw", "now", "pack"} is read and verified. tests/door/test_twins.py compares with the server.
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = 'export { decide } from "./decision"; export { read } from "./codes"; export { verify } from "./verify";';
const built = await build({
  stdin: { contents: source, resolveDir: join(here), loader: "ts" },
  bundle: true,
  write: false,
  format: "esm",
  target: ["es2020"],
});
const code = `data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString("base64")}`;
const { decide, read, verify } = await import(code);

function decided(asked) {
  const verdict = decide(asked);
  return JSON.stringify(verdict, Object.keys(verdict).sort());
}

/** The kind, the texts and numbers of the code, and what its signatures say. */
async function verified({ raw, now, pack }) {
  const found = read(raw);
  const plain =
    found && Object.entries(found).map(([, value]) => (typeof value === "object" ? Buffer.from(value).toString("hex") : value));
  const facts = found?.kind === "typed" ? null : (await verify(found, pack, Date.parse(now))).facts;
  return JSON.stringify([plain, facts && Object.keys(facts).sort()]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(`${question.asked ? decided(question.asked) : await verified(question)}\n`);
}
