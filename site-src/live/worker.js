// A kernel in a module worker: a Pyodide made of this site's own files, one cell at a time.
import { loadPyodide } from "./core/pyodide.mjs";
import { unpack } from "./unpack.js";

const at = (name) => new URL(name, import.meta.url).href;
const send = (message) => self.postMessage(message);
let kernel, current = null, queue = Promise.resolve();

// What has arrived is counted, so that the page can say how much is still to come.
async function bytes(name) {
  const answer = await plain(at(name));
  if (!answer.ok) throw new Error(`${name} did not arrive (${answer.status})`);
  const counted = answer.body.pipeThrough(new TransformStream({
    transform(chunk, to) {
      send({ type: "arrived", bytes: chunk.byteLength });
      to.enqueue(chunk);
    },
  }));
  const body = name.endsWith(".gz") ? counted.pipeThrough(new DecompressionStream("gzip")) : counted;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

// Its code, gzipped by us as well.
async function maker() {
  const code = new Blob([await bytes("core/pyodide.asm.mjs.gz")], { type: "text/javascript" });
  return (await import(URL.createObjectURL(code))).default;
}

// Memory begins at 30 MB and does not grow by itself for a larger snapshot.
async function grown(settings) {
  const create = await maker();
  const make = settings.instantiateWasm;
  settings.instantiateWasm = (imports, done) =>
    make(imports, (instance, module) => {
      const { memory } = instance.exports;
      const more = (settings.INITIAL_MEMORY ?? 0) - memory.buffer.byteLength;
      if (more > 0) memory.grow(Math.ceil(more / 65536));
      done(instance, module);
    });
  return create(settings);
}

// Gzipped by us like the packs; Pyodide asks for them by their plain names.
const plain = self.fetch.bind(self);
self.fetch = async (asked, ...more) => {
  const name = String(asked).match(/\/(pyodide\.asm\.wasm|python_stdlib\.zip)$/)?.[1];
  if (!name) return plain(asked, ...more);
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/zip";
  return new Response(await bytes(`core/${name}.gz`), { headers: { "content-type": type } });
};

async function boot({ packs, modules, snapshot, progress }) {
  if (!WebAssembly.Suspending) throw new Error("this browser cannot let Python wait (it has no JSPI)");
  // A policy that forbids WebAssembly is reported here; loadPyodide would wait for ever.
  await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const files = Promise.all(packs.map((name) => bytes(`packs/${name}.gz`)));
  const py = await loadPyodide({
    indexURL: at("core/"),
    lockFileContents: await (await fetch(at("core/lock.json"))).json(),
    env: { HOME: "/home/pyodide" },
    _loadSnapshot: snapshot && bytes(snapshot),
    createPyodideModule: grown,
  });
  // A snapshot holds memory and no files.
  for (const one of await files) unpack(py.FS, one);
  if (!snapshot) {
    py.runPython(`import importlib, kernel
importlib.invalidate_caches()
for name in ${JSON.stringify(modules)}:
    importlib.import_module(name)`);
  }
  // A stack that overflows in C ends the interpreter, and rejects nothing that is awaited.
  py._api.on_fatal = (error) => send({ type: "crash", error: String(error) });
  kernel = py.pyimport("kernel");
  kernel.start((kind, json) => send({ type: "output", id: current, kind, content: JSON.parse(json) }), progress);
  send({ type: "ready" });
}

async function run({ id, number, source }) {
  current = id;
  send({ type: "done", id, ok: await kernel.run(source, number) });
}

self.onmessage = ({ data }) => {
  queue = queue.then(async () => {
    try {
      await (data.type === "boot" ? boot(data) : run(data));
    } catch (error) {
      send({ type: data.type === "boot" ? "failed" : "done", id: data.id, ok: false, error: String(error) });
    }
  });
};
