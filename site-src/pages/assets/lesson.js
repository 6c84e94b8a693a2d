// A question's options as buttons, its answer folded until one was chosen, and the choice kept.
// Needs no Python. Where the page runs, the choice is also written into the question's cell.
(() => {
  const attempt = (act) => { try { return act(); } catch { return null; } };
  const kept = (id) => JSON.parse(attempt(() => localStorage.getItem(`infra-ref:answer/${id}`)) ?? "[]");
  const keep = (id, given) => attempt(() => localStorage.setItem(`infra-ref:answer/${id}`, JSON.stringify(given)));

  const words = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}_\s%.+-]/gu, " ").split(/\s+/).join(" ").replace(/^[. ]+|[. ]+$/g, "");
  const number = (text) => Number.parseFloat(text.replaceAll(/[,_]/g, ""));

  function right(given, truth, within) {
    if (within) {
      const far = Math.abs(number(given) - number(truth));
      return far <= (within.endsWith("%") ? (Math.abs(number(truth)) * number(within)) / 100 : number(within)) + 1e-9;
    }
    return words(given) === words(truth) || (!Number.isNaN(number(truth)) && String(number(given)) === words(truth));
  }

  function question(block) {
    const { id, name, within, unit } = block.dataset;
    const answer = document.querySelector(`.lesson-answer[data-name="${CSS.escape(name)}"]`);
    if (!answer) return;
    const options = JSON.parse(block.dataset.options ?? "[]");
    const verdict = Object.assign(document.createElement("p"), { className: "lesson-verdict" });
    verdict.setAttribute("role", "status");
    const form = document.createElement("form");
    form.className = "lesson-choices";
    answer.classList.add("lesson-waits");
    answer.hidden = true;

    const buttons = options.map(([label, code]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.addEventListener("click", () => say(label, code));
      return button;
    });
    let field;
    if (buttons.length) form.append(...buttons);
    else {
      field = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off" });
      field.inputMode = within || unit ? "decimal" : "text";
      field.setAttribute("aria-label", unit ? `Your answer, in ${unit}` : "Your answer");
      form.append(field, ...(unit ? [unit] : []), Object.assign(document.createElement("button"), { textContent: "Answer" }));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const text = field.value.trim();
        if (text) say(text, within || unit || !Number.isNaN(Number(text)) ? String(number(text)) : JSON.stringify(text));
      });
    }
    const given = kept(id);
    block.querySelector("ul")?.remove();
    block.append(form, verdict);

    function say(label, code) {
      if (given.some(([old]) => old === label) || over()) return;
      given.push([label, code]);
      keep(id, given);
      show();
      block.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: { code: given[0][1] } }));
    }

    const over = () => given.length > 1 || (given.length && right(given[0][0], answer.dataset.truth, within));

    function show() {
      for (const [label] of given) {
        const good = right(label, answer.dataset.truth, within);
        const button = buttons.find((one) => one.textContent === label);
        if (button) { button.disabled = true; button.classList.add(good ? "lesson-right" : "lesson-wrong"); }
        verdict.textContent = good ? "Right." : over() ? `Not ${label}.` : `Not ${label}. Try once more.`;
      }
      if (!over()) return;
      for (const one of [...buttons, ...form.elements]) one.disabled = true;
      for (const one of buttons) if (right(one.textContent, answer.dataset.truth, within)) one.classList.add("lesson-right");
      answer.hidden = false;
      answer.open = true;
    }
    if (given.length) show();
  }

  // Material shows a page anew without loading it where instant navigation is on.
  const begin = () => document.querySelectorAll(".lesson-question:not([data-begun])").forEach((block) => {
    block.dataset.begun = "";
    question(block);
  });
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", begin) : begin();
})();
