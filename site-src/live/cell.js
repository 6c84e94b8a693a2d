// A code cell of the page: its text, its number, its editor. What the reader writes is kept in the browser.
import { kept } from "./kept.js";

export class Cell {
  #view;
  #text;

  constructor(element, notebook, run) {
    this.element = element;
    this.id = element.id;
    this.mayRaise = element.classList.contains("raises-exception");
    this.run = run;
    this.shown = element.querySelector(".highlight-ipynb");
    this.prompt = element.querySelector(".jp-InputPrompt");
    this.original = this.shown.querySelector("pre").textContent.replace(/\n+$/, "");
    this.key = `${notebook}/${this.id}`;
    this.#text = kept.get(this.key) ?? this.original;
    if (this.#text !== this.original) this.edit();
    this.#controls();
  }

  get text() { return this.#text; }

  set text(text) {
    this.#keep(text);
    if (this.#view) this.#view.then((view) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }));
    else this.edit();
  }

  get number() { return this.prompt.textContent.match(/\[(.*)\]/)?.[1] ?? " "; }
  set number(value) { this.prompt.textContent = `In [${value}]:`; }

  #keep(text) {
    this.#text = text;
    if (text === this.original) kept.remove(this.key);
    else kept.set(this.key, text);
    this.element.classList.toggle("live-edited", text !== this.original);
  }

  // Open the editor in place of the code that is shown; resolves to it.
  edit() {
    this.#view ??= import("./editor.js").then(({ open }) => {
      const place = document.createElement("div");
      place.className = "live-editor";
      this.shown.after(place);
      this.shown.hidden = true;
      return open(place, this.#text, {
        label: "Code of this cell",
        changed: (text) => this.#keep(text),
        run: (forward) => this.run(this, forward),
      });
    });
    return this.#view;
  }

  async focus() {
    const folded = this.element.querySelector(".lesson-code");
    if (folded) folded.open = true;
    (await this.edit()).focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  reset() {
    if (this.#text !== this.original) this.text = this.original;
  }

  #controls() {
    const make = (text, label, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "live-button", textContent: text });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", act);
      return button;
    };
    const controls = document.createElement("div");
    controls.className = "live-cell";
    controls.append(make("Run", "Run this cell", () => this.run(this)), make("Edit", "Edit this cell", () => this.focus()));
    const code = this.element.querySelector(".lesson-code") ?? this.element.querySelector(".jp-Cell-inputWrapper");
    code.before(controls);
    this.shown.addEventListener("dblclick", () => this.focus());
    this.shown.addEventListener("click", () => { if (getSelection().isCollapsed) this.focus(); });
  }
}
