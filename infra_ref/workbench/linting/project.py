"""Linting a project: all files, each with the rules, remembered until it or what it imports changes."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from infra_ref.workbench.kept import keep, kept, stamps
from infra_ref.workbench.linting.finding import Finding, Outcome, Rule, Trouble
from infra_ref.workbench.linting.layers import Layers, layer_of
from infra_ref.workbench.linting.module import Module
from infra_ref.workbench.linting.rules import RULES
from infra_ref.workbench.linting.source import Generated, dotted_name, python_files, read, reason

NOQA = re.compile(r"#\s*noqa\b(?::\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)(?:\s*--\s*(\S.*))?)?", re.I)
NO_REASON = " (`noqa` counts with a reason only: # noqa: {} -- why)"
UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Source:
    """A file that was read. Its path counts from the project's root; `name` is what it is imported by."""

    path: str
    name: str
    layer: str
    text: str


@dataclass
class Project:
    """The files of one run. Layers and paths count from `root`; the file `memory` is kept between runs."""

    root: Path
    rules: Sequence[Rule] = RULES
    layers: Layers = field(default_factory=dict)
    memory: Path | None = None
    sources: dict[str, Source] = field(default_factory=dict, init=False)
    _modules: dict[str, Module] = field(default_factory=dict, init=False)
    _asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)

    def lint(self, paths: Iterable[Path]) -> Outcome:
        """Look at every Python file at or below the paths, which are absolute."""
        outcome = self.take(paths)
        key, entries = self._key(), dict[str, Any]()
        known = (self.memory and kept(self.memory, key)) or {}
        for name, source in self.sources.items():
            entry = known.get(name)
            if entry is None or entry["from"] != self._digests(entry["from"]):
                entry = self._looked_at(name)
            entries[name] = entry
            outcome.findings += [Finding(*one) for one in entry["findings"]]
            outcome.troubles += [Trouble(source.path, one) for one in entry["troubles"]]
            outcome.files += not entry["troubles"]
        if self.memory and keep(self.memory, key, entries):
            self.memory.with_name(".gitignore").write_text("*\n", encoding="utf-8")
        return outcome

    def take(self, paths: Iterable[Path]) -> Outcome:
        """Take in every Python file at or below the paths, and say which could not be read."""
        outcome = Outcome(self.root)
        for path in python_files(paths):
            shown = PurePosixPath(path.relative_to(self.root) if path.is_relative_to(self.root) else path)
            try:
                source = Source(str(shown), dotted_name(path), layer_of(shown, self.layers), read(path))
            except Generated as error:
                outcome.skipped.append(Trouble(str(shown), str(error)))
            except (OSError, SyntaxError, ValueError, LookupError) as error:
                outcome.troubles.append(Trouble(str(shown), reason(error)))
            else:  # scripts may have the same name
                name = source.name if source.name not in self.sources else f"{source.name}@{path}"
                self.sources[name] = source
        return outcome

    def _looked_at(self, name: str) -> dict[str, Any]:
        source, found, troubles = self.sources[name], list[Finding](), list[str]()
        if source.layer != "test":
            try:
                found = findings(self._module(name), source.path, self.rules)
            except UNPARSED as error:
                troubles = [reason(error)]
        needed = self._digests(self._needed(name))
        return {"findings": [astuple(one) for one in found], "troubles": troubles, "from": needed}

    def _module(self, name: str) -> Module:
        if name not in self._modules:
            source, others = self.sources[name], partial(self._other, name)
            with warnings.catch_warnings(action="ignore"):
                self._modules[name] = Module(source.text, name=name, role=source.layer, others=others)
        return self._modules[name]

    def _other(self, asking: str, name: str) -> Module | None:
        name = name if name in self.sources else f"{name}.__init__"
        if name in self.sources:
            self._asked[asking].add(name)
            with suppress(*UNPARSED):  # which is reported when its own turn comes
                return self._module(name)
        return None

    def _needed(self, name: str) -> set[str]:
        """Return the file and all that it was asked about, or that these were."""
        found = {name}
        while more := {other for one in found for other in self._asked[one]} - found:
            found |= more
        return found

    def _digests(self, names: Iterable[str]) -> dict[str, str]:
        return {one: _digest(self.sources[one].path + self.sources[one].text) for one in names}

    def _key(self) -> str:
        """Return what all results depend on: the linter itself, the layers, and which files there are."""
        linter = stamps(Path(__file__).parent, ".py", ".toml")
        return _digest(repr([*linter, self.layers, [one.code for one in self.rules], sorted(self.sources)]))


def findings(module: Module, path: str, rules: Sequence[Rule]) -> list[Finding]:
    """Return what the rules find in one file, but for what a `noqa` with a reason lets pass."""
    lines, found = module.text.split("\n"), set[Finding]()
    for rule in rules:
        if rule.words and not any(word in module.text for word in rule.words):
            continue
        for node, message in rule.find(module):
            first, last = node.lineno, node.end_lineno or node.lineno
            noted = [one for line in lines[first - 1 : last] for one in NOQA.finditer(line)]
            noqa = [one for one in noted if one[1] is None or rule.code in re.findall(r"\w+", one[1].upper())]
            if not any(one[2] for one in noqa):
                start = _column(lines[first - 1], node.col_offset)
                end = _column(lines[last - 1], node.end_col_offset)
                told = message + (NO_REASON.format(rule.code) if noqa else "")
                found.add(Finding(path, first, start, last, end, rule.code, told))
    return sorted(found)


def lint_source(text: str, *, role: str = "", rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what the rules find in a piece of source, such as a notebook's cell. Raises SyntaxError.

    Its statements outside of functions count as those of a coroutine.
    """
    return findings(Module(text, role=role, cell=True), "<cell>", rules)


def _column(line: str, offset: int | None) -> int:
    """Return the column, from 1, of an offset in bytes as the syntax tree counts them."""
    return len(line.encode()[:offset].decode(errors="replace")) + 1


@cache
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
