// Small helps: one adapter at a time on a phone, code that opens in the playground, progress on the list.
(() => {
  const playground = new URL("../playground/", document.currentScript.src);
  const made = (tag, facts) => Object.assign(document.createElement(tag), facts);
  const attempt = (act) => { try { return act(); } catch { return null; } };
  const kept = (name) => JSON.parse(attempt(() => localStorage.getItem(`infra-ref:${name}`)) ?? "null");
  const narrow = matchMedia("(max-width: 44.9em)");

  function chooser(table) {
    const heads = [...table.tHead.rows[0].cells].slice(1);
    if (heads.length < 2) return;
    const choice = made("select", { className: "parity-choice" });
    choice.setAttribute("aria-label", "Adapter");
    choice.append(...heads.map((head, at) => new Option(head.innerText.replace(/\s+/g, " ").trim(), at + 1)));
    const show = () => {
      for (const row of table.rows)
        [...row.cells].forEach((cell, at) => { cell.hidden = narrow.matches && at > 0 && at !== Number(choice.value); });
    };
    choice.addEventListener("change", show);
    narrow.addEventListener("change", show);
    table.parentElement.before(choice);
    show();
  }

  function tryIt(block) {
    const code = block.querySelector("code"), link = made("a", { className: "try-it", textContent: "Try it" });
    const copy = code.cloneNode(true);
    copy.querySelectorAll("a[id], .md-annotation").forEach((one) => one.replaceWith(...one.childNodes));
    link.href = `${playground}#code=${encodeURIComponent(copy.textContent.trimEnd())}`;
    link.title = "Open this code in the playground, and run it";
    block.append(link);
  }

  function progress(place) {
    const ids = JSON.parse(place.dataset.steps), { predictions = {}, exercises = {} } = kept("progress") ?? {};
    const done = ids.filter((id) => kept(`answer/${id}`)?.length || predictions[id] || exercises[id]?.outcome === "solved");
    if (!done.length) return;
    const meter = made("progress", { max: ids.length, value: done.length });
    meter.setAttribute("aria-label", "Done");
    place.append(meter, ` ${done.length} of ${ids.length} steps done`);
  }

  // What the theme adds while the page is read gets a name, and the keyboard scrolls wide tables.
  let blocks = 0;
  const mended = () => {
    document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((one) => one.setAttribute("aria-label", `Code ${++blocks}`));
    for (const one of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex]), .jp-OutputArea-output:not([tabindex])"))
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  };

  const begin = () => {
    new MutationObserver(mended).observe(document.body, { childList: true, subtree: true });
    mended();
    const rule = new URLSearchParams(location.search).get("rule");
    if (rule && !location.hash) location.replace(`#${rule}`);
    document.querySelectorAll("table.parity").forEach(chooser);
    document.querySelectorAll(".highlight.try").forEach(tryIt);
    document.querySelectorAll("[data-steps]").forEach(progress);
  };
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", begin) : begin();
})();
