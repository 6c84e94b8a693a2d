// One kernel: starts it, runs cells in it one after another, ends it.
const home = new URL(".", import.meta.url);

// A memory snapshot saves seconds of work and costs 7 to 13 MB: below this many Mbit/s it does not pay.
const FAST = 20;

export class Session {
  #worker;
  #ready;
  #cells = new Map();
  #progress;

  // `report` is called with { state, text, share }: state is starting, ready, stopped or failed, and
  // share is how much has arrived, from 0 to 1. `progress` gives and keeps what the reader has done.
  constructor(notebook, { report, progress }) {
    this.notebook = notebook;
    this.report = report;
    this.#progress = progress;
  }

  get started() {
    return Boolean(this.#ready);
  }

  // Start the kernel if there is none; resolves once it can run a cell.
  start() {
    this.#ready ??= this.#boot().catch((error) => {
      this.#end();
      this.report({ state: "failed", text: `Python did not start: ${error.message}.` });
      throw error;
    });
    return this.#ready;
  }

  async #boot() {
    this.report({ state: "starting", text: "Loading Python.", share: 0 });
    const answer = await fetch(new URL("plan.json", home));
    if (!answer.ok) throw new Error(`plan.json did not arrive (${answer.status})`);
    const plan = (await answer.json())[this.notebook];
    if (!plan) throw new Error("this page has no kernel");
    const { downlink, saveData } = navigator.connection ?? {};
    const snapshot = saveData || downlink < FAST ? undefined : plan.snapshot;
    const packs = snapshot ? plan.packs : [...plan.packs, plan.compiled];
    const total = plan.bytes.core + plan.bytes.packs + (snapshot ? plan.bytes.snapshot : plan.bytes.compiled);
    let arrived = 0;
    const worker = (this.#worker = new Worker(new URL("worker.js", home), { type: "module" }));
    await new Promise((done, failed) => {
      worker.onerror = (event) => failed(new Error(event.message || "its worker did not load"));
      worker.onmessage = ({ data }) => {
        if (data.type === "arrived") {
          arrived += data.bytes;
          const left = (Math.max(total - arrived, 0) / 1e6).toFixed(1);
          this.report({ state: "starting", text: `Loading Python: ${left} MB to come.`, share: arrived / total });
        } else if (data.type === "ready") done();
        else if (data.type === "failed") failed(new Error(data.error));
        else if (data.type === "crash") this.stop("Python has crashed");
        else this.#cells.get(data.id)?.(data);
      };
      worker.postMessage({ type: "boot", ...plan, packs, snapshot, progress: this.#progress.read() });
    });
    this.report({ state: "ready", text: "Python is ready." });
  }

  // Run a cell; `show` gets each output. Resolves to whether the cell ended without an exception.
  async run(id, number, source, show) {
    await this.start();
    return await new Promise((done) => {
      this.#cells.set(id, (message) => {
        if (message.kind === "progress") return this.#progress.write(message.content.text);
        if (message.type === "output") return show(message);
        this.#cells.delete(id);
        if (message.error) show({ kind: "error", content: { traceback: message.error } });
        done(Boolean(message.ok));
      });
      this.#worker.postMessage({ type: "run", id, number, source });
    });
  }

  // A worker that loops hears nothing, so it is ended, and a new one is started before it is asked for.
  async stop(why = "Stopped") {
    this.#end();
    try {
      await this.start();
      this.report({ state: "stopped", text: `${why}. All names are gone: run the cells from the top.` });
    } catch { /* reported */ }
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = this.#ready = undefined;
    for (const answer of [...this.#cells.values()]) answer({ type: "done", ok: false });
    this.#cells.clear();
  }
}
