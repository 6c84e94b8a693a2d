// Shows outputs of a cell as the notebook's own page shows them.
const RICH = ["text/html", "image/svg+xml", "text/markdown", "image/png"];

export function area(cell) {
  if (!cell.querySelector(".jp-OutputArea")) {
    cell.insertAdjacentHTML("beforeend",
      '<div class="jp-Cell-outputWrapper"><div class="jp-OutputArea jp-Cell-outputArea"></div></div>');
  }
  return cell.querySelector(".jp-OutputArea");
}

function child(into, kind, mime) {
  const outer = document.createElement("div"), inner = document.createElement("div");
  outer.className = "jp-OutputArea-child";
  inner.className = `jp-OutputArea-output ${kind}`;
  inner.dataset.mimeType = mime;
  outer.append(inner);
  into.append(outer);
  return inner;
}

export function show(into, { kind, content }) {
  const data = content.data ?? { "text/plain": content.text ?? content.traceback };
  const mime = RICH.find((one) => one in data) ?? "text/plain";
  if (mime === "text/html" || mime === "image/svg+xml") {
    child(into, "jp-RenderedHTMLCommon jp-RenderedHTML", "text/html").innerHTML = data[mime];
  } else if (mime === "image/png") {
    const picture = document.createElement("img");
    picture.src = `data:image/png;base64,${data[mime]}`;
    picture.alt = data["text/plain"] ?? "";
    child(into, "jp-RenderedImage", mime).append(picture);
  } else {
    text(into, kind === "stream" ? content.name : kind, data[mime]);
  }
}

// What is printed grows in one block, as long as nothing else comes between.
function text(into, name, added) {
  let last = into.lastElementChild?.firstElementChild;
  if (!(name === "stdout" || name === "stderr") || last?.dataset.name !== name) {
    last = child(into, "jp-RenderedText", "text/plain");
    last.dataset.name = name;
    if (name === "stderr") last.dataset.mimeType = "application/vnd.jupyter.stderr";
    last.append(document.createElement("pre"));
  }
  last.firstElementChild.append(added);
}
