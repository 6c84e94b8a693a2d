"""A notebook's page shows its questions, and no answer before it is asked for."""

from __future__ import annotations

import json

import notebook_pages
from bs4 import BeautifulSoup
from mkdocs.structure.files import Files
from mkdocs_jupyter import convert
from tree import notebooks

from infra_ref.workbench.teaching.progress import asked_in


def test_what_a_cell_reveals_is_folded() -> None:
    path = min(notebooks(), key=lambda one: one.stat().st_size)  # to render a large one takes seconds
    page = f"{notebook_pages.BEGINS}{convert.nb2html(str(path))}{notebook_pages.ENDS}"
    content, _, _ = notebook_pages.trimmed(page, f"notebooks/{path.name}", Files([]))
    soup = BeautifulSoup(content, "html.parser")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    asked = [name for source in code for kind, name in asked_in(source) if kind == "predictions"]
    assert len(soup.select("details.lesson-answer")) == len(asked)
    for fold in soup.select("details.lesson-answer"):
        assert not fold.has_attr("open")
        assert "It was" in fold.get_text()
        fold.decompose()
    assert "Not answered" not in soup.get_text()
