// Builds the web app: `node build.mjs OPENAPI OUTPUT` types the API, checks the types of the sources, bundles them, and
// writes the files that the service sends, compressed, into the directory OUTPUT. It fails where any step does.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";
import openapiTS, { astToString } from "openapi-typescript";

const root = import.meta.dirname;
const [described, output] = process.argv.slice(2);

await typeTheApi(described);
checkTypes();
const { outputFiles, metafile } = await bundle();
const files = new Map(outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]));
const icon = addHashed("icon.svg", readFileSync(join(root, "src/icon.svg")));
files.set("index.html", Buffer.from(indexPage()));
files.set("THIRD-PARTY.txt", Buffer.from(licences()));
mkdirSync(output, { recursive: true });
for (const [name, content] of files) {
  writeFileSync(join(output, `${name}.gz`), gzipSync(content, { level: 9 }));
}

async function typeTheApi(path) {
  const types = astToString(await openapiTS(pathToFileURL(path)));
  mkdirSync(join(root, "made"), { recursive: true });
  writeFileSync(join(root, "made/api.ts"), types);
}

function checkTypes() {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "--project", root], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

function bundle() {
  return build({
    absWorkingDir: root,
    // The worker is an entry of its own, so that the browser loads it as a script.
    entryPoints: ["src/main.ts", "src/page.css", "src/events/worker.ts"],
    outdir: output,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome109", "firefox115", "safari16.4"],
    minify: true,
    // The licences are in THIRD-PARTY.txt.
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
}

/** The file that was made of a source. */
function made(source) {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source);
  return found[0];
}

/** Everything that a file imports at once, which the browser may begin to load with it. */
function importedBy(path, found = new Set()) {
  for (const each of metafile.outputs[path].imports) {
    if (each.kind === "import-statement" && !found.has(each.path)) {
      found.add(each.path);
      importedBy(each.path, found);
    }
  }
  return found;
}

function indexPage() {
  const main = made("src/main.ts");
  const preloads = [...importedBy(main)].map(
    (path) => `<link rel="modulepreload" href="/static/${basename(path)}">`,
  );
  const head = [
    `<link rel="icon" href="/static/${icon}">`,
    `<link rel="stylesheet" href="/static/${basename(made("src/page.css"))}">`,
    ...preloads,
    `<script type="module" src="/static/${basename(main)}"></script>`,
  ];
  return readFileSync(join(root, "src/index.html"), "utf8")
    .replace("<!-- files -->", head.join("\n    "))
    .replace("<!-- worker -->", `/static/${basename(made("src/events/worker.ts"))}`);
}

function addHashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const hashed = name.replace(".", `-${hash}.`);
  files.set(hashed, content);
  return hashed;
}

/** The licences of all packages of which something is in the result. */
function licences() {
  const packages = new Set();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const path of Object.keys(inputs)) {
      const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
      if (found) packages.add(relative(root, join(root, found[1])));
    }
  }
  const parts = [...packages].sort().map((directory) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, directory, "package.json"), "utf8"),
    );
    const file = readdirSync(join(root, directory)).find((each) => /^licen[cs]e/i.test(each));
    const text =
      file && existsSync(join(root, directory, file)) && readFileSync(join(root, directory, file), "utf8");
    if (!text) throw new Error(`${name} has no file with its licence: leave it out, or add the text here.`);
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  const rule = `\n${"-".repeat(100)}\n\n`;
  return `The web app of iotconfig contains these packages.\n${rule}${parts.join(rule)}`;
}
