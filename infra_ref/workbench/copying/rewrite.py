"""Change a file's imports to where the files are now, by its syntax tree; every other byte stays.

An import that is too long for most linters is broken into lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra_ref.workbench.copying.lock import Style

LINE = 88
"""Characters that an import may have before it is broken into lines: the default of ruff and black."""


@dataclass(frozen=True)
class Homes:
    """Where the modules are now: each package's new dotted name ("" for the top of the path).

    `tests` has those that lie among the tests, by their dotted names below the tests' folder;
    `stay` those that are imported from where they are installed.
    """

    packages: Mapping[str, str]
    tests: Mapping[str, str] = field(default_factory=dict)
    stay: Collection[str] = ()

    def of(self, name: str) -> tuple[bool, str] | None:
        """Return whether a module is among the tests, and its new name; None for a stranger."""
        if any(name == one or name.startswith(f"{one}.") for one in self.stay):
            return None
        if name in self.tests:
            return True, self.tests[name]
        for old, new in self.packages.items():
            if name == old or name.startswith(f"{old}."):
                return False, (new + name.removeprefix(old)).strip(".")
        return None


@dataclass(frozen=True)
class Place:
    """A file: its new dotted name, among the tests that below their folder, and how it imports others."""

    module: str
    style: Style = "absolute"
    is_package: bool = False
    in_tests: bool = False

    def lead(self, home: tuple[bool, str]) -> tuple[int, str]:
        """Return the dots, and the name after them, that lead from here to `home`."""
        among_tests, name = home
        if among_tests != self.in_tests or not (self.in_tests or self.style == "relative"):
            return 0, name
        ours = self.module.split(".") if self.is_package else self.module.split(".")[:-1]
        theirs = name.split(".") if name else []
        common = 0
        while common < min(len(ours), len(theirs)) and ours[common] == theirs[common]:
            common += 1
        if common == 0 and not self.in_tests:
            return 0, name
        return len(ours) - common + 1, ".".join(theirs[common:])


def rewritten(text: str, homes: Homes, place: Place) -> str:
    """Return `text`, which is to be at `place`, with its imports changed to `homes`.

    Names in strings and comments change too, where one below an old package is spelt out.
    """
    lines = text.encode().splitlines(keepends=True)
    spelt = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, homes.packages))})(?:\.[a-z_]\w*)+")

    def respelt(part: Sequence[bytes]) -> str:
        return spelt.sub(lambda found: (homes.of(found[0]) or (False, found[0]))[1], b"".join(part).decode())

    made, at = [], 0
    for run in sorted(_runs(ast.parse(text), lines, homes, place), key=lambda run: run[0].first):
        made.append(respelt(lines[at : run[0].first]))
        made.append("".join(_ordered(run)))
        at = run[-1].last
    return "".join([*made, respelt(lines[at:])])


@dataclass(frozen=True)
class _Import:
    """One import in its new form; `first` and `last` are the lines that it had, as a slice."""

    first: int
    last: int
    dots: int
    module: str
    names: str
    indent: str
    rest: str

    def __str__(self) -> str:
        head = f"from {'.' * self.dots}{self.module} import "
        if not self.dots and not self.module:
            return f"{self.indent}import {self.names.strip('() ').rstrip(',')}{self.rest}"
        line = f"{self.indent}{head}{self.names}{self.rest}"
        if "\n" in self.names or len(line.rstrip()) <= LINE:
            return line
        names = "".join(f"{self.indent}    {one.strip()},\n" for one in self.names.split(","))
        return f"{self.indent}{head}(\n{names}{self.indent}){self.rest}"


def _runs(tree: ast.Module, lines: list[bytes], homes: Homes, place: Place) -> Iterator[list[_Import]]:
    """Yield the imports that change, those on lines after each other together."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            run: list[_Import] = []
            for statement in getattr(node, name, []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
                new = _changed(statement, lines, homes, place)
                if run and (new is None or new.first != run[-1].last):
                    yield run
                    run = []
                if new:
                    run.append(new)
            if run:
                yield run


def _changed(node: ast.stmt, lines: list[bytes], homes: Homes, place: Place) -> _Import | None:
    if isinstance(node, ast.ImportFrom) and not node.level:
        home = homes.of(node.module or "")
        inner = homes.of(f"{node.module}.{node.names[0].name}")
        if home and inner and inner[0] and not home[0]:  # a module among the tests, of a package that is not
            home = True, inner[1].rpartition(".")[0]
    elif isinstance(node, ast.Import) and len(node.names) == 1 and node.names[0].asname:
        home = homes.of(node.names[0].name)
        if home is None or not (home[0] or "." in home[1]):
            return None
    else:
        return None
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    if home is None and (last - first > 1 or len(lines[first].rstrip()) <= LINE):
        return None
    source = b"".join(lines[first:last])
    indent, body = source[: node.col_offset].decode(), source[node.col_offset :]
    end = len(source) - len(lines[last - 1]) + (node.end_col_offset or 0) - node.col_offset
    statement, rest = body[:end].decode(), body[end:].decode()
    if isinstance(node, ast.Import) and home is not None:
        above, _, name = home[1].rpartition(".")
        asname = node.names[0].asname
        names_text = name if asname == name else f"{name} as {asname}"
        dots, module = place.lead((home[0], above))
    else:
        names_text = re.sub(r"^from\s+[\w.]+\s+import\s+", "", statement)
        dots, module = place.lead(home) if home else (0, getattr(node, "module", ""))
    return _Import(first, last, dots, module, names_text, indent, rest)


def _ordered(run: list[_Import]) -> Iterator[str]:
    """Yield the imports as isort has them: absolute ones, then relative ones, the furthest first."""
    ordered = sorted(run, key=lambda one: (one.dots > 0, -one.dots, one.module))
    for number, one in enumerate(ordered):
        if number and one.dots and not ordered[number - 1].dots:
            yield "\n"
        yield str(one)
