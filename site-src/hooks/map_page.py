"""The map as a page, and the addresses of the pages that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from the_map import Part, entries, methods, parts, rule_pages, spread
from tree import PACKAGE, ROOT, TREE, Module, patterns

INTRODUCTION = """\
---
hide: [navigation]
---

# The map

This workbench implements a text on the infrastructure layer. Here is every heading of it in its
order, with each interface, practice and anti-pattern: the file, notebook and rule that implement it, or
what is still missing. Of {all} entries {available} are available, {partly} partly, {not_yet} not yet.

A test holds this page to the tree: every file, port, method and rule that it names is there. The search
knows the text's names too: look for `IRepository`.

"""


def page() -> str:
    """Return the page's Markdown."""
    found = list(entries())
    there = [one for one in found if stands(one)]
    partly = sum("missing" in one for one in there)
    head = INTRODUCTION.format(
        all=len(found), available=len(there) - partly, partly=partly, not_yet=len(found) - len(there)
    )
    return head + "\n".join(map(_part, parts()))


def stands(one: dict[str, Any]) -> bool:
    """Return whether there is code behind an entry."""
    return bool({"is", "at"} & set(one)) or _landed(one) is not None


def _part(part: Part) -> str:
    rows = "".join(f"{_row(one)}\n" for one in part.entries)
    head = "| in the text | here | rules |\n|---|---|---|\n"
    table = f'<div class="map-table" markdown>\n\n{head}{rows}\n</div>\n' if rows else ""
    return f"{'#' * part.level} {part.heading}\n\n{table}"


def _landed(one: dict[str, Any]) -> Path | None:
    """Return what was planned if it stands by now."""
    path = Path(PACKAGE, one["planned"]) if "planned" in one else None
    both = [path, path.with_suffix(".py")] if path else []
    return next((found for found in both if (ROOT / found).exists()), None)


def _row(one: dict[str, Any]) -> str:
    name = f"`{one['interface']}`" if "interface" in one else one["line"]
    if there := methods(one):
        name += f"<br><small>{', '.join(f'`{text}`' for _, text in there)}</small>"
    return f"| {name} | {'<br>'.join(_here(one))} | {_rules(one)} |"


def _here(one: dict[str, Any]) -> Iterator[str]:
    if "is" in one:
        module, _, name = one["is"].rpartition(".")
        yield f"[`{name}`]({link(Path(*module.split('.')).with_suffix('.py'))}#{one['is']})"
    at = [f"[`{path.removeprefix(PACKAGE + '/')}`]({link(Path(path))})" for path in one.get("at", [])]
    if at:
        yield ", ".join(at)
    if tests := one.get("tests"):
        yield "tests: " + ", ".join(f"`{path}`" for path in tests)
    if "notebook" in one:
        yield f"[notebook {one['notebook'][:2]}](notebooks/{one['notebook']}.ipynb)"
    landed = _landed(one)
    if landed:
        yield f"[`{landed.relative_to(PACKAGE).with_suffix('')}`]({link(landed)})"
    elif "planned" in one:
        yield f"*not yet:* `{one['planned']}` is to be written"
    if "missing" in one:
        yield f"*missing:* {one['missing']}"


def _rules(one: dict[str, Any]) -> str:
    """Return the rules with links, a run of them as first to last."""
    shown = []
    for written in one.get("rules", []):
        numbers = spread([written])
        ends = dict.fromkeys((numbers[0], numbers[-1]))
        shown.append(" to ".join(f"[{n}]({rule_pages()[n]})" for n in ends))
    return ", ".join(shown)


def link(path: Path) -> str:
    """Return the page that shows a file or folder of the package, from the top of the site."""
    known = {source.place: f"reference/shared/{page_name(source)}.md" for source in TREE.shared()}
    for pattern in patterns():
        known[Path(PACKAGE, pattern.name)] = f"reference/{pattern.name}/index.md"
        for source in pattern.modules:
            known[source.place] = f"reference/{pattern.name}/{page_name(source)}.md"
        for source in pattern.contracts:
            known[source.place] = f"reference/{pattern.name}/contract.md"
    return known.get(path, "reference/sample/index.md" if "sample" in path.parts else "reference/index.md")


def page_name(source: Module) -> str:
    """Return the name of a source's page: its own, with the folder it is in if that is not the pattern's."""
    if source.is_package:
        return source.place.parent.name
    return "-".join([*source.place.parts[2:-1], source.stem])
