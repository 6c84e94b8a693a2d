// node build.mjs NODE_MODULES WHEELS NOTEBOOKS OUT ABSENT: writes all that the live pages need into OUT.
// ABSENT names packages, with commas, that no browser has: a notebook that imports one does not run in its page.
//
// Each notebook is run here once. That shows which packages and modules it needs, and an
// interpreter that has imported them is kept as a memory snapshot.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";
import { unpack } from "./unpack.js";

const [modules, wheels, notebooks, out] = process.argv.slice(2, 6).map((one) => path.resolve(one));
const absent = process.argv[6].split(",");
const here = import.meta.dirname, core = path.join(out, "core"), pyodide = path.join(modules, "pyodide");
const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, "pyodide.mjs")).href);
const esbuild = await import(pathToFileURL(path.join(modules, "esbuild", "lib", "main.js")).href);

fs.rmSync(out, { recursive: true, force: true });
for (const folder of [core, path.join(out, "packs")]) fs.mkdirSync(folder, { recursive: true });
for (const name of ["worker.js", "unpack.js", "live.css"]) fs.copyFileSync(path.join(here, name), path.join(out, name));
fs.copyFileSync(path.join(pyodide, "pyodide.mjs"), path.join(core, "pyodide.mjs"));
const gzipped = (to, content) => fs.writeFileSync(path.join(out, `${to}.gz`), zlib.gzipSync(content, { level: 9 }));
for (const name of ["pyodide.asm.mjs", "pyodide.asm.wasm"]) gzipped(`core/${name}`, fs.readFileSync(path.join(pyodide, name)));
const { info } = JSON.parse(fs.readFileSync(path.join(pyodide, "pyodide-lock.json")));
const lock = { info, packages: {} };
fs.writeFileSync(path.join(core, "lock.json"), JSON.stringify(lock));
await esbuild.build({
  entryPoints: [path.join(here, "page.js")], outdir: out, bundle: true, splitting: true, minify: true,
  format: "esm", target: "es2022", nodePaths: [modules], logLevel: "error",
});

// What is compiled here keeps its lines and not its columns, which nobody sees without the sources.
const maker = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" } });
maker.mountNodeFS("/wheels", wheels);
maker.mountNodeFS("/live", out);
maker.mountNodeFS("/here", here);
maker.mountNodeFS("/pyodide", pyodide);
const packing = maker.toPy({});
maker.runPython(fs.readFileSync(path.join(here, "packs.py"), "utf8"), { globals: packing });
const stdLibURL = path.join(out, "core", "python_stdlib.zip"); // a snapshot knows the places in it

const packs = fs.readdirSync(path.join(out, "packs")).map((one) => one.replace(/\.gz$/, "")).sort();
const bytesOf = (name) => zlib.gunzipSync(fs.readFileSync(path.join(out, "packs", `${name}.gz`)));
const unpacked = new Map(packs.map((name) => [name, bytesOf(name)]));
const size = (name) => fs.statSync(path.join(out, name)).size;

async function fresh(options = {}, which = packs) {
  const py = await loadPyodide({ lockFileContents: lock, stdLibURL, env: { HOME: "/home/pyodide" }, ...options });
  for (const name of which) unpack(py.FS, unpacked.get(name));
  py.runPython("import sys, importlib; importlib.invalidate_caches(); import kernel");
  return py;
}

// What a notebook needs: `fails` is the first cell that raises here, with its traceback, or null.
async function needs(file) {
  const py = await fresh();
  const before = new Set(py.runPython("sorted(sys.modules)").toJs());
  const kernel = py.pyimport("kernel");
  let last = "", number = 0, fails = null;
  kernel.start((kind, json) => { if (kind === "error") last = JSON.parse(json).traceback; });
  for (const cell of JSON.parse(fs.readFileSync(path.resolve(notebooks, file))).cells) {
    if (cell.cell_type !== "code") continue;
    const ok = await kernel.run([cell.source].flat().join(""), ++number);
    if (!ok && !cell.metadata.tags?.includes("raises-exception")) fails ??= { cell: number, traceback: last };
  }
  const found = py.runPython("sorted(n for n, m in sys.modules.items() if m and getattr(m, '__spec__', None))").toJs();
  const tops = new Set(found.map((name) => name.split(".")[0]));
  const used = packs.filter((name) => tops.has(name)); // a pack is named as what it holds
  return { packs: used, modules: found.filter((name) => !before.has(name) && name !== "__main__"), fails };
}

const compiled = (name) => unpacked.get(name).includes(".so\"");
async function snapshot(name, which, wanted) {
  const py = await fresh({ _makeSnapshot: true }, which);
  py.runPython(`import importlib, gc\nfor n in ${JSON.stringify(wanted)}:\n    importlib.import_module(n)\ngc.collect()`);
  gzipped(name.replace(/\.gz$/, ""), py.makeMemorySnapshot());
}

const plan = {}, failures = [];
const files = fs.readdirSync(notebooks).filter((one) => one.endsWith(".ipynb")).sort();
for (const file of [...files, path.join(here, "..", "playground.ipynb")]) {
  const { fails, ...rest } = await needs(file), name = path.basename(file, ".ipynb");
  const missing = fails?.traceback.match(/No module named '(\w+)/)?.[1];
  if (absent.includes(missing)) plan[name] = { absent: missing };
  else plan[name] = rest;
  if (fails && !plan[name].absent) failures.push({ notebook: file, ...fails });
}
const every = Object.values(plan).filter((one) => !one.absent);
plan.playground.packs = packs;

fs.writeFileSync(path.join(out, "failures.json"), JSON.stringify(failures, null, 2));
if (failures.length) process.exit(0); // reported by build.py

// What a notebook imports of our own comes compiled, unless it is in a snapshot; the rest is imported more slowly.
const running = Object.entries(plan).filter(([, one]) => !one.absent);
packing.get("split")(Object.fromEntries(running.map(([name, one]) => [name, one.modules])));
unpacked.set("infra_ref", bytesOf("infra_ref"));
for (const [name, one] of running) unpacked.set((one.compiled = `compiled-${name}`), bytesOf(one.compiled));

// One snapshot for each set of packages. A compiled module cannot be part of one.
const groups = new Map();
for (const one of every) {
  if (one.packs.some(compiled)) continue;
  const name = `memory-${one.packs.filter((pack) => pack !== "infra_ref" && pack !== "kernel").join("-") || "base"}.bin.gz`;
  one.snapshot = name;
  const group = groups.get(name) ?? { packs: [...one.packs], modules: new Set() };
  group.packs.push(one.compiled);
  one.modules.forEach((module) => group.modules.add(module));
  groups.set(name, group);
}
for (const [name, group] of groups) await snapshot(name, group.packs, [...group.modules].sort());

gzipped("core/python_stdlib.zip", fs.readFileSync(stdLibURL));
fs.rmSync(stdLibURL);
const coreBytes = fs.readdirSync(core).filter((name) => name.endsWith(".gz")).reduce((sum, name) => sum + size(`core/${name}`), 0);
for (const one of every) {
  const packed = one.packs.reduce((sum, name) => sum + size(`packs/${name}.gz`), 0);
  const own = size(`packs/${one.compiled}.gz`), snapshot = one.snapshot ? size(one.snapshot) : 0;
  one.bytes = { core: coreBytes, packs: packed, compiled: own, snapshot };
}
fs.writeFileSync(path.join(out, "plan.json"), JSON.stringify(plan));
process.exit(0);
