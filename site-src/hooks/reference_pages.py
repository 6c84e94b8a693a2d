"""The reference, from the code: a page for each pattern, port, contract and adapter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from map_page import page_name
from the_map import aliases
from tree import PACKAGE, Pattern, Source, commands, patterns, sample, shared

FENCE = "~" * 8


def pages() -> Iterator[tuple[str, str]]:
    """Yield path and Markdown of every page but the contracts', which wait for their verdicts."""
    yield "reference/index.md", _all_patterns()
    yield "reference/sample.md", _sample()
    for source in shared():
        yield f"reference/shared/{page_name(source)}.md", _shared(source)
    for pattern in patterns():
        folder = f"reference/{pattern.name}"
        yield f"{folder}/index.md", _pattern(pattern)
        for source in pattern.ports:
            yield f"{folder}/{source.name}.md", _port(pattern, source)
        for source in pattern.adapters:
            yield f"{folder}/{page_name(source)}.md", _adapter(pattern, source)


def title(source: Source) -> str:
    """Return the class that a file is named for, else the file's name."""
    named = "".join(word.capitalize() for word in source.name.split("_"))
    same = [name for name in source.public if name.lower() == named.lower()]
    return same[0] if same else source.name


def _all_patterns() -> str:
    lines = [
        "# Reference\n",
        "Made from the code: what a port promises, which rules hold it, and each file whole.\n",
        "| pattern | what it is | files |\n|---|---|---|",
    ]
    for pattern in patterns():
        files = len(pattern.ports) + len(pattern.contracts) + len(pattern.adapters)
        lines.append(f"| [{pattern.title}]({pattern.name}/index.md) | {pattern.sentence} | {files} |")
    lines += [
        "\n## Shared\n",
        "Small modules on the standard library alone, that every pattern may import.\n",
    ]
    lines += ["| module | what it is |\n|---|---|"]
    lines += [
        f"| [`{source.module}`](shared/{page_name(source)}.md) | {source.sentence} |" for source in shared()
    ]
    lines.append(
        "\nThe [sample application](sample.md) is what the patterns serve: entities, ports, use cases."
    )
    return "\n".join(lines) + "\n"


def _shared(source: Source) -> str:
    head = f"# {page_name(source)}\n\n{source.sentence}.\n\n"
    if source.name == "__init__":
        return head + _members(source, _exported(source))
    return (
        head + _members(source, {name: f"{source.module}.{name}" for name in source.public}) + _whole(source)
    )


def _sample() -> str:
    """Return the page of the application that the patterns serve, each file whole."""
    about, *rest = sample()
    lines = ["# The sample application\n", f"{about.docstring}\n"]
    for source in rest:
        lines.append(f"## {source.name}\n\n{source.sentence}.\n\n{code(source)}")
    return "\n".join(lines) + "\n"


def _exported(source: Source) -> dict[str, str]:
    """Return the names that a package exports, and where each is defined."""
    return {
        alias.name: f"{node.module}.{alias.name}"
        for node in source.tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _pattern(pattern: Pattern) -> str:
    lines = [f"# {pattern.title}\n", f"{pattern.sentence}.\n"]
    known = [f"`{text}`" for name, (text, _) in aliases().items() if f".{pattern.name}." in name]
    links = [f"[the port]({source.name}.md)" for source in pattern.ports[:1]]
    links += ["[the contract](contract.md)"] if pattern.contracts else []
    if pattern.notebook:
        links.insert(0, f"[the notebook](../../notebooks/{pattern.notebook.name})")
    lines.append(" · ".join(links) + "\n")
    if known:
        lines.append(f"In the text: {', '.join(known)}.\n{{ data-search-exclude }}\n")
    lines.append("| file | what it is | needs |\n|---|---|---|")
    for source in [*pattern.ports, *pattern.contracts, *pattern.adapters]:
        page = "contract" if source in pattern.contracts else page_name(source)
        needs = ", ".join(f"`{one}`" for one in source.requirements)
        lines.append(f"| [`{source.name}`]({page}.md) | {source.sentence} | {needs} |")
    lines += ["", *_how_to(pattern)]
    return "\n".join(lines) + "\n"


def _how_to(pattern: Pattern) -> Iterator[str]:
    if "check" in commands() and pattern.contracts:
        yield "## Hold your own to it\n"
        yield f"```sh\ninfra-ref check {pattern.name} yourapp.module:make_it\n```\n"
        yield "[How that works](../../how-to/own-adapter.md).\n"


def _port(pattern: Pattern, source: Source) -> str:
    title = f"{pattern.title}: {source.name}"
    head = f"---\ntitle: '{title}'\nsearch:\n  boost: 4\n---\n\n# {title}\n\n{source.sentence}.\n\n"
    return (
        head + _members(source, {name: f"{source.module}.{name}" for name in source.public}) + _whole(source)
    )


def _members(source: Source, named: dict[str, str]) -> str:
    """Return a section for each name, the protocols first: they are what the file is there for."""
    promises = source.protocols
    order = sorted(named, key=lambda name: name not in promises)
    return "\n".join(f"::: {named[name]}\n" for name in order)


def _adapter(pattern: Pattern, source: Source) -> str:
    needs = ", ".join(f"`{one}`" for one in source.requirements) or "nothing but the standard library"
    along = [f"[`{name.removeprefix(PACKAGE + '.')}`]({_page_of(name)})" for name in source.house]
    lines = [f"# {title(source)}\n", f"{source.sentence}.\n", f"Needs\n:   {needs}\n"]
    if along:
        lines.append(f"Stands on\n:   {', '.join(along)}\n")
    if pattern.contracts:
        lines.append(f"Held to\n:   [the contract](contract.md)<!-- verdicts {source.module} -->\n")
    if "add" in commands():
        place = "/".join([*source.path.parts[1:-1], source.name])
        lines.append(f"```sh\ninfra-ref add {place} --to src/yourapp/infra\n```\n")
    lines.append(_whole(source))
    return "\n".join(lines) + "\n"


@cache
def _pages() -> dict[str, str]:
    known = {source.module: f"../shared/{page_name(source)}.md" for source in shared()}
    for pattern in patterns():
        known |= {
            s.module: f"../{pattern.name}/{page_name(s)}.md" for s in [*pattern.ports, *pattern.adapters]
        }
        known |= {s.module: f"../{pattern.name}/contract.md" for s in pattern.contracts}
        known[pattern.about.module] = f"../{pattern.name}/index.md"
    return known


def _page_of(module: str) -> str:
    while module not in _pages() and "." in module:
        module = module.rpartition(".")[0]
    return _pages().get(module, "../index.md")


def _whole(source: Source) -> str:
    return f"\n## The file {{ #the-file data-search-exclude }}\n\n{code(source)}\n"


def code(source: Source) -> str:
    """Return the file whole, as a block with its path above it."""
    return f'{FENCE} {{ .python title="{source.path.as_posix()}" }}\n{source.text.rstrip()}\n{FENCE}\n'
