// A knob of a notebook as a slider: another value is written into the cell, which then runs again.
export function slider(cell, again) {
  const { knob, choices, at } = cell.element.dataset;
  if (!knob) return;
  const values = JSON.parse(choices);
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: values.length - 1 });
  slider.value = values.indexOf(at);
  slider.setAttribute("aria-label", knob);
  const shown = Object.assign(document.createElement("output"), { textContent: `${knob} = ${at}` });
  slider.addEventListener("input", () => { shown.textContent = `${knob} = ${values[slider.value]}`; });
  slider.addEventListener("change", () => {
    cell.text = cell.text.replace(/\bat=(?:[^,)\n]+)/, () => `at=${values[slider.value]}`);
    again();
  });
  const place = Object.assign(document.createElement("div"), { className: "live-knob" });
  place.append(slider, shown);
  (cell.element.querySelector(".jp-Cell-outputWrapper") ?? cell.element.lastElementChild).before(place);
}
