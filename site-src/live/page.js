// Makes the cells of a notebook's page run: a bar above them, a button and an editor in each.
import { area, show } from "./outputs.js";
import { Session } from "./session.js";
import { Cell } from "./cell.js";
import { kept } from "./kept.js";
import { slider } from "./knob.js";

const wrap = document.querySelector(".jupyter-wrapper");
const name = document.querySelector("[data-notebook]").dataset.notebook.replace(/\.ipynb$/, "");
const progress = { read: () => kept.get("progress") ?? "", write: (text) => { kept.set("progress", text); noteProgress(); } };
const session = new Session(name, { report, progress });
const cells = [...wrap.querySelectorAll(".jp-CodeCell[id]")].map((element) => new Cell(element, name, run));
for (const cell of cells) slider(cell, () => run(cell));
let count = 0, all = false;

// Resolves to whether the cell ended without an exception, undefined if it did not run at all.
async function run(cell, forward) {
  if (forward) cells[cells.indexOf(cell) + 1]?.focus();
  const number = ++count, into = area(cell.element);
  cell.number = "*";
  let fresh = false; // what was shown stays until there is something newer
  const clear = () => { if (!fresh) into.replaceChildren(); fresh = true; };
  bar.classList.add("live-busy");
  try {
    const ok = await session.run(cell.id, number, cell.text, (output) => { clear(); show(into, output); });
    clear();
    cell.number = number;
    cell.element.classList.add("lesson-ran");
    cell.element.dispatchEvent(new CustomEvent("ran", { bubbles: true, detail: { ok } }));
    return ok;
  } catch {
    cell.number = " ";
    return undefined;
  } finally {
    bar.classList.remove("live-busy");
  }
}

async function runAll() {
  all = true;
  for (const cell of cells) {
    const ok = all && (await run(cell));
    if (!all || ok === undefined) return; // stopped, or Python did not start: the bar says so
    if (!ok && !cell.mayRaise) {
      cell.element.scrollIntoView({ block: "center" });
      return report({ state: "ready", text: `Cell ${cell.number} raised an exception, and those below it did not run.` });
    }
  }
  report({ state: "ready", text: "All cells have run." });
}

function stop() {
  all = false;
  count = 0;
  if (session.started) session.stop();
}

function reset() {
  if (!confirm("Put every cell of this page back as it was, and start a fresh Python?")) return;
  for (const cell of cells) cell.reset();
  stop();
}

// The notebook with the reader's own code in it.
async function save() {
  const notebook = await (await fetch(`${name}.ipynb`)).json();
  const code = notebook.cells.filter((one) => one.cell_type === "code" && [one.source].flat().join("").trim());
  code.forEach((one, at) => Object.assign(one, { source: cells[at].text, outputs: [], execution_count: null }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" }));
  link.download = `${name}.ipynb`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function noteProgress() {
  document.dispatchEvent(new CustomEvent("progress"));
}

function button(text, act, label = text) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "live-button", textContent: text, onclick: act });
  made.setAttribute("aria-label", label);
  return made;
}

function report({ state, text, share }) {
  status.textContent = text;
  bar.dataset.state = state;
  meter.hidden = state !== "starting";
  meter.value = Math.min(share ?? 0, 1);
  if (state === "stopped") { count = 0; for (const cell of cells) cell.number = " "; }
}

const bar = document.createElement("div");
bar.className = "live-bar";
const runs = button("Run all", runAll, "Run all cells");
const status = Object.assign(document.createElement("span"), { className: "live-status" });
status.setAttribute("role", "status");
const meter = Object.assign(document.createElement("progress"), { hidden: true, max: 1 });
meter.setAttribute("aria-label", "Python arriving");
bar.append(runs, button("Stop", stop, "Stop Python and start a fresh one"), button("Reset", reset, "Reset: put every cell back as it was"),
  button("Save as .ipynb", save, "Save as .ipynb, with your code"), meter, status);
status.textContent = "Runs in this page, with nothing installed.";
wrap.prepend(bar);

// Begin when the button is approached, or when nobody needs the line (not where data is dear).
for (const soon of ["pointerenter", "focus"]) runs.addEventListener(soon, () => session.start().catch(() => {}), { once: true });
if (!navigator.connection?.saveData) {
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 2000));
  addEventListener("load", () => setTimeout(() => idle(() => warm()), 1000));
}
function warm() {
  // Only for a reader who works with the page: who only reads should not pay for it.
  if (kept.get("ran")) session.start().catch(() => {});
}
// Code that "Try it" brought goes into the first cell; if it comes from this site, it runs at once.
const brought = location.hash.match(/^#code=(.+)$/)?.[1];
if (brought) {
  history.replaceState(null, "", location.pathname);
  cells[0].text = decodeURIComponent(brought);
  if (document.referrer.startsWith(`${location.origin}/`)) run(cells[0]);
}
// An answer that was chosen on the page is written into the question's cell.
wrap.addEventListener("answered", ({ target, detail }) => {
  const cell = cells.find((one) => one.element.contains(target));
  cell.text = cell.text.replace(/\banswer=(?:\.\.\.|[^,\n]+)/, () => `answer=${detail.code}`);
});
wrap.addEventListener("ran", () => kept.set("ran", "1"), { once: true });
// With what was loaded once, the page works without a network.
navigator.serviceWorker?.register(new URL("../../sw.js", import.meta.url)).catch(() => {});
document.documentElement.dataset.live = "here";
window.live = { session, cells, runAll, run }; // for the tests, and for who is curious
