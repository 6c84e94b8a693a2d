"""What a page asks for with a comment: `<!-- patterns -->` becomes the list of patterns that stand."""

from __future__ import annotations

from tree import NOTEBOOKS, notebooks, patterns


def filled(markdown: str) -> str:
    """Return the page with its comments replaced."""
    if "<!-- patterns -->" in markdown:
        markdown = markdown.replace("<!-- patterns -->", _patterns())
    if "<!-- first notebook -->" in markdown:
        first = notebooks()[:1]
        target = f"notebooks/{first[0].name}" if first else "notebooks/index.md"
        markdown = markdown.replace("<!-- first notebook -->", target)
    return markdown


def _patterns() -> str:
    lines = ["| pattern | what it is | |", "|---|---|---|"]
    for pattern in patterns():
        folder = f"reference/{pattern.name}"
        notebook = pattern.notebook(NOTEBOOKS)
        links = [f"[notebook](notebooks/{notebook.name})"] if notebook else []
        links += [f"[contract]({folder}/contract.md)"] if pattern.contracts else []
        lines.append(f"| [{pattern.title}]({folder}/index.md) | {pattern.sentence} | {' · '.join(links)} |")
    return "\n".join(lines)
