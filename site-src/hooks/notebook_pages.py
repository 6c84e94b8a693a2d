"""Notebooks as pages: brought in from outside the pages' folder, and trimmed of what the site has already.

mkdocs-jupyter renders a notebook as a page of its own: 600 KB of JupyterLab's style in each,
MathJax and mermaid from another host, headings whose anchors its table of contents does not know.
The cells stay as they are, so that a later step can run them on the page (`.jp-CodeCell`).
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bs4 import BeautifulSoup, Tag
from lesson import Lesson
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.utils import get_relative_url
from tree import ROOT, notebooks

from infra_ref.workbench.teaching.progress import asked_in

INDEX = """\
# Notebooks

Each takes a question from work: the naive answer, its failure measured, the pattern, what it costs, and what
to copy. Every section asks for a prediction first, and the exercises are judged by the contract that the
adapters themselves are held to. What is shown here is the output of a real run, compared anew with every
change.
"""
PLAYGROUND = "playground.ipynb"
BEGINS, ENDS = '<div class="jupyter-wrapper">', "<!-- jupyter-wrapper -->"


def files(config: MkDocsConfig) -> Iterator[File]:
    """Yield the notebooks as files of the site."""
    for path in notebooks():
        uri = path.relative_to(ROOT).as_posix()
        yield File(uri, str(ROOT), config.site_dir, config.use_directory_urls)
    yield File(PLAYGROUND, str(ROOT / "site-src"), config.site_dir, config.use_directory_urls)


def heading(path: Path) -> tuple[str, str]:
    """Return a notebook's title without its number, and the paragraph that follows it, as Markdown."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.search(r"^# +(.+?)\s*$\s*([^#\s][^\n]*(?:\n(?!\n|#)[^\n]+)*)?", text, re.M)
    if not found:
        return path.stem, ""
    return re.sub(r"^\d+\W+", "", found[1]), " ".join((found[2] or "").split())


def index() -> str:
    """Return the page that lists the notebooks that stand."""
    lines = [INDEX]
    for path in notebooks():
        name, about = heading(path)
        steps = html.escape(json.dumps(_steps(path)))
        lines.append(f"**{path.name[:2]} · [{name}]({path.name})**")
        lines.append(f'<span class="steps" data-steps="{steps}"></span>  \n{_brief(about)}\n')
    lines.append(f"[The playground](../{PLAYGROUND}) has all that they import, and no lesson.")
    lines.append("To work in them on your machine: [how to run it](../how-to/run-it.md).")
    return "\n".join(lines) + "\n"


def _brief(about: str) -> str:
    """Return whole sentences of at most 300 characters, or the first."""
    first, *rest = re.split(r"(?<=[.?!:]) ", re.sub(r"When you have worked through .*", "", about).strip())
    for sentence in rest:
        if len(f"{first} {sentence}") > 300:
            break
        first += f" {sentence}"
    return first


def _steps(path: Path) -> list[str]:
    """Return the questions and exercises of a notebook by their ids."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return [name for source in code for _, name in asked_in(source)]


def trimmed(content: str, page_uri: str, files: Files) -> tuple[str, TableOfContents, list[str]]:
    """Return a notebook's page without ballast, its table of contents, and what is wrong with it."""
    soup = BeautifulSoup(content[content.index(BEGINS) : content.index(ENDS)], "html.parser")
    for ballast in soup.select(".zeroclipboard-container, .clipboard-copy-txt, .anchor-link, .jp-Collapser"):
        ballast.decompose()
    for doubled in soup.select(".jp-CodeCell:has(> .jp-CodeCell)"):
        doubled.unwrap()
    for cell in soup.select(".jp-Cell[id]"):
        cell["id"] = str(cell["id"]).replace("cell-id=", "cell-")
    for focusable in soup.select(".jp-Cell-inputWrapper[tabindex]"):
        del focusable["tabindex"]
    for block in soup.select(":is(.highlight-ipynb, .jp-RenderedMarkdown) pre"):
        _dressed(soup, block)
    folder = ROOT / "site-src" if page_uri == PLAYGROUND else ROOT
    lesson = Lesson(soup, json.loads((folder / page_uri).read_text(encoding="utf-8"))["cells"])
    lesson.stage()
    contents = _contents(soup)
    lost = [f"the link {href} leads nowhere" for href in _relinked(soup, page_uri, files)]
    return str(soup), contents, [*lost, *lesson.complaints]


def _dressed(soup: BeautifulSoup, block: Tag) -> None:
    """Make a block of code look, and be copied, as on the site's other pages."""
    if block.find("code") is None:
        code = soup.new_tag("code")
        code.extend(list(block.contents))
        block.append(code)
    around = block.parent
    if around is not None and around.name == "div":
        around["class"] = " ".join(["highlight", *around.get_attribute_list("class")])


def _contents(soup: BeautifulSoup) -> TableOfContents:
    """Give each heading an anchor, and return those of the first three levels as a tree."""
    top: list[AnchorLink] = []
    path: list[AnchorLink] = []
    seen: set[str] = set()
    for head in soup.select(".jp-RenderedMarkdown :is(h1, h2, h3), [data-part=exercise] h3"):
        text, anchor = head.get_text().strip(), _free(slugify(head.get_text(), "-"), seen)
        head["id"] = anchor
        level = int(head.name[1])
        if level > 1:
            permalink = soup.new_tag(
                "a", href=f"#{anchor}", attrs={"class": "headerlink", "title": "Permanent link"}
            )
            permalink.string = "¶"
            head.append(permalink)
        link = AnchorLink(title=text, id=anchor, level=level)
        while path and path[-1].level >= level:
            path.pop()
        (path[-1].children if path else top).append(link)
        path.append(link)
    return TableOfContents(top)


def _free(anchor: str, seen: set[str]) -> str:
    name, number = anchor, 1
    while name in seen:
        name, number = f"{anchor}_{number}", number + 1
    seen.add(name)
    return name


def _relinked(soup: BeautifulSoup, page_uri: str, files: Files) -> Iterator[str]:
    """Turn links to notebooks and pages into the site's, and yield those that lead nowhere."""
    here = files.get_file_from_path(page_uri)
    for link in soup.select(".jp-RenderedMarkdown a[href]"):
        href = str(link["href"])
        if re.match(r"[a-z][a-z0-9+.-]*:|#|//", href):
            continue
        target, _, anchor = href.partition("#")
        uri = os.path.normpath(PurePosixPath(page_uri).parent / target).replace(os.sep, "/")
        found = files.get_file_from_path(uri)
        if found is None or here is None:
            yield href
        else:
            link["href"] = get_relative_url(found.url, here.url) + (f"#{anchor}" if anchor else "")
