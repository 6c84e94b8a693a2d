"""The reference, from the code: a page for each pattern, port, contract and adapter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from map_page import page_name
from the_map import aliases
from tree import NOTEBOOKS, PACKAGE, ROOT, SAMPLE, TREE, Module, Pattern, commands, needs, patterns

from infra_ref.workbench.sizes import partners

FENCE = "~" * 8


def pages() -> Iterator[tuple[str, str]]:
    """Yield path and Markdown of every page but the contracts', which wait for their verdicts."""
    yield "reference/index.md", _all_patterns()
    yield "reference/sample/index.md", _sample()
    for source in TREE.shared():
        yield f"reference/shared/{page_name(source)}.md", _shared(source)
    for pattern in patterns():
        folder = f"reference/{pattern.name}"
        yield f"{folder}/index.md", _pattern(pattern)
        for source in pattern.promise:
            yield f"{folder}/{source.stem}.md", _port(pattern, source)
        for source in pattern.others:
            yield f"{folder}/{page_name(source)}.md", _adapter(pattern, source)


def title(source: Module) -> str:
    """Return the class that a file is named for, else the file's name."""
    named = "".join(word.capitalize() for word in source.stem.split("_"))
    same = [name for name in source.public if name.lower() == named.lower()]
    return same[0] if same else source.stem


def _all_patterns() -> str:
    lines = [
        "# Reference\n",
        "Made from the code: what a port promises, which rules hold it, and each file whole.\n",
        "| pattern | what it is | files |\n|---|---|---|",
    ]
    for pattern in patterns():
        files = len(pattern.promise) + len(pattern.contracts) + len(pattern.others)
        lines.append(f"| [{pattern.title}]({pattern.name}/index.md) | {pattern.sentence} | {files} |")
    lines += [
        "\n## Shared\n",
        "Small modules on the standard library alone, that every pattern may import.\n",
    ]
    lines += ["| module | what it is |\n|---|---|"]
    lines += [
        f"| [`{source.name}`](shared/{page_name(source)}.md) | {source.sentence} |"
        for source in TREE.shared()
    ]
    lines.append(
        "\nThe [sample application](sample/index.md) is what the patterns serve: entities, ports, use cases."
    )
    return "\n".join(lines) + "\n"


def _shared(source: Module) -> str:
    head = f"# {page_name(source)}\n\n{source.sentence}.\n\n"
    if source.is_package:
        return head + _members(source, _exported(source))
    return head + _members(source, _public(source)) + _whole(source)


def _sample() -> str:
    """Return the page of the application that the patterns serve, each file whole."""
    assert SAMPLE.about
    lines = ["# The sample application\n", f"{SAMPLE.about.docstring}\n", "[Its contracts](contract.md)\n"]
    for source in [*SAMPLE.promise, *SAMPLE.others]:
        lines.append(f"## {source.stem}\n\n{source.sentence}.\n\n{code(source)}")
    return "\n".join(lines) + "\n"


def _exported(source: Module) -> dict[str, str]:
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
    links = [f"[the port]({source.stem}.md)" for source in pattern.ports[:1]]
    links += ["[the contract](contract.md)"] if pattern.contracts else []
    if notebook := pattern.notebook(NOTEBOOKS):
        links.insert(0, f"[the notebook](../../notebooks/{notebook.name})")
    lines.append(" · ".join(links) + "\n")
    if known:
        lines.append(f"In the text: {', '.join(known)}.\n{{ data-search-exclude }}\n")
    lines.append("| file | what it is | needs |\n|---|---|---|")
    for source in [*pattern.promise, *pattern.contracts, *pattern.others]:
        page = "contract" if source in pattern.contracts else page_name(source)
        brings = ", ".join(f"`{one}`" for one in needs(source))
        lines.append(f"| [`{source.stem}`]({page}.md) | {source.sentence} | {brings} |")
    lines += ["", *_how_to(pattern)]
    return "\n".join(lines) + "\n"


def _how_to(pattern: Pattern) -> Iterator[str]:
    if "check" in commands() and pattern.contracts:
        yield "## Check your own adapter\n"
        yield f"```sh\ninfra-ref check {pattern.name} yourapp.module:make_it\n```\n"
        yield "[How that works](../../how-to/own-adapter.md).\n"


def _port(pattern: Pattern, source: Module) -> str:
    title = f"{pattern.title}: {source.stem}"
    head = f"---\ntitle: '{title}'\nsearch:\n  boost: 4\n---\n\n# {title}\n\n{source.sentence}.\n\n"
    return head + _members(source, _public(source)) + _whole(source)


def _public(source: Module) -> dict[str, str]:
    return {name: f"{source.name}.{name}" for name in source.public}


def _members(source: Module, named: dict[str, str], level: int = 2) -> str:
    """Return a section for each name: the protocols first, what the file is there for; constants last."""
    promises = source.protocols
    order = sorted(named, key=lambda name: (name not in promises, name.isupper()))
    options = f"    options:\n      heading_level: {level}\n" if level != 2 else ""
    return "\n".join(f"::: {named[name]}\n{options}" for name in order)


def _adapter(pattern: Pattern, source: Module) -> str:
    along = [
        f"[`{name.removeprefix(PACKAGE + '.')}`]({_page_of(name)})" for name in TREE.imports_here(source)
    ]
    facts = {
        "Needs": ", ".join(f"`{one}`" for one in needs(source)) or "nothing but the standard library",
        "Imports": ", ".join(along),
        "Checked against": f"[the contract](contract.md)<!-- verdicts {source.name} -->"
        if pattern.contracts
        else "",
        "Goes with it": ", ".join(_goes_with(pattern, source)),
    }
    lines = [f"# {title(source)}\n", f"{source.sentence}.\n"]
    lines += [f"{name}\n:   {said}\n" for name, said in facts.items() if said]
    if TREE.item(source) in TREE.items():
        lines.append(f"```sh\ninfra-ref add {TREE.item(source)} --to src/yourapp/infra\n```\n")
        lines += _brings(pattern, source)
    if source.public:
        lines.append(f"## API {{ data-search-exclude }}\n\n{_members(source, _public(source), 3)}")
    return "\n".join([*lines, _whole(source)]) + "\n"


def _goes_with(pattern: Pattern, source: Module) -> Iterator[str]:
    for name in pattern.table.get("goes_with", {}).get(source.stem, []):
        for found in TREE.named(name if "/" in name else f"{pattern.name}/{name}"):
            yield f"[`{TREE.item(found)}`]({_page_of(found.name)})"


def _brings(pattern: Pattern, source: Module) -> Iterator[str]:
    files = TREE.closure([source, *partners(source, TREE)])
    lines = sum(one.lines for one in files)
    plural = "s" if len(files) > 1 else ""
    yield f'??? note "It brings {len(files)} file{plural}, {lines:,} lines besides tests"\n'
    yield "    | file | lines |\n    |---|--:|"
    yield from (f"    | [`{TREE.item(one)}`]({_page_of(one.name)}) | {one.lines} |" for one in files)
    test = ROOT / "tests" / pattern.name / f"test_{source.stem}_contract.py"
    says = (
        f"and `{test.name}` with its contract, among your tests" if test.is_file() else "no test of its own"
    )
    yield f"\n    {says[:1].upper()}{says[1:]}.\n"


@cache
def _pages() -> dict[str, str]:
    known = {source.name: f"../shared/{page_name(source)}.md" for source in TREE.shared()}
    for pattern in patterns():
        known |= {s.name: f"../{pattern.name}/{page_name(s)}.md" for s in [*pattern.promise, *pattern.others]}
        known |= {s.name: f"../{pattern.name}/contract.md" for s in pattern.contracts}
        known[f"{PACKAGE}.{pattern.name}"] = f"../{pattern.name}/index.md"
    return known


def _page_of(module: str) -> str:
    while module not in _pages() and "." in module:
        module = module.rpartition(".")[0]
    return _pages().get(module, "../index.md")


def _whole(source: Module) -> str:
    return f"\n## The file {{ #the-file data-search-exclude }}\n\n{code(source)}\n"


def code(source: Module) -> str:
    """Return the file whole, as a block with its path above it; what a browser can import can be tried."""
    runs = set(TREE.third_parties(source)) <= _in_browsers() and not source.is_package
    kind = ".python .try" if runs else ".python"
    return f'{FENCE} {{ {kind} title="{source.place.as_posix()}" }}\n{source.text.rstrip()}\n{FENCE}\n'


@cache
def _in_browsers() -> frozenset[str]:
    """Return the packages that the playground has, as live/build.py lists them."""
    tree = ast.parse((ROOT / "site-src" / "live" / "build.py").read_text(encoding="utf-8"))
    named = {ast.unparse(one.targets[0]): one.value for one in tree.body if isinstance(one, ast.Assign)}
    return frozenset(name.replace("-", "_") for name in ast.literal_eval(named["WHEELS"]))
