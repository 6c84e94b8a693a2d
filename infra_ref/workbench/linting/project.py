"""Linting a project: all files, each with the rules, remembered until it or what it imports changes."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from infra_ref.workbench.linting.files import Generated, Unread, dotted_name, from_root, python_files, read
from infra_ref.workbench.linting.finding import Finding, Outcome, Rule, Trouble
from infra_ref.workbench.linting.layers import Layers, layer_of
from infra_ref.workbench.linting.module import Module
from infra_ref.workbench.linting.rules import RULES

NOQA = re.compile(r"#\s*noqa\b(?::\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)(?:\s*--\s*(\S.*))?)?", re.I)
NO_REASON = " (`noqa` counts with a reason only: # noqa: {} -- why)"
UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Source:
    """A file that was read; its path counts from the project's root."""

    path: str
    layer: str
    text: str

    @cached_property
    def digest(self) -> str:
        return _digest(self.text)


class Project:
    """The files of one run. Layers and paths count from `root`; the file `memory` is kept between runs."""

    def __init__(
        self,
        root: Path,
        rules: Sequence[Rule] = RULES,
        layers: Layers | None = None,
        memory: Path | None = None,
    ) -> None:
        self.root, self.rules, self.layers, self.memory = root.resolve(), rules, layers or {}, memory
        self._sources: dict[str, Source] = {}
        self._modules: dict[str, Module] = {}
        self._asked: dict[str, set[str]] = defaultdict(set)

    def lint(self, paths: Iterable[Path]) -> Outcome:
        """Look at every Python file at or below the paths."""
        outcome = Outcome(self.root)
        for path in python_files(paths):
            if isinstance(path, Trouble):
                outcome.troubles.append(path)
            else:
                self._take(path, outcome)
        old, new = self._remembered(), dict[str, Any]()
        for name, source in self._sources.items():
            entry = old.get(source.path)
            if entry is None or entry["from"] != self._digests(entry["from"]):
                entry = self._looked_at(name)
            new[source.path] = entry
            outcome.findings += [Finding(**one) for one in entry["findings"]]
            outcome.troubles += [Trouble(source.path, one) for one in entry["troubles"]]
            outcome.files, outcome.lines = outcome.files + 1, outcome.lines + source.text.count("\n") + 1
        self._remember(new)
        return outcome

    def _take(self, path: Path, outcome: Outcome) -> None:
        shown, name = from_root(path, self.root), dotted_name(path.absolute())
        try:
            source = Source(shown.as_posix(), layer_of(shown, self.layers), read(path))
        except Unread as error:
            aside = outcome.skipped if isinstance(error, Generated) else outcome.troubles
            aside.append(Trouble(shown.as_posix(), str(error)))
        else:  # scripts may have the same name
            self._sources[f"{name}@{path}" if name in self._sources else name] = source

    def _looked_at(self, name: str) -> dict[str, Any]:
        source, found, troubles = self._sources[name], list[Finding](), list[str]()
        if source.layer != "test":
            try:
                found = findings(self._module(name), source.path, self.rules)
            except UNPARSED as error:
                troubles = [_reason(error)]
        return {
            "findings": [asdict(one) for one in found],
            "troubles": troubles,
            "from": self._digests(self._needed(name)),
        }

    def _module(self, name: str) -> Module:
        if name not in self._modules:
            source, others = self._sources[name], partial(self._other, name)
            with warnings.catch_warnings(action="ignore"):
                self._modules[name] = Module(source.text, name=name, role=source.layer, others=others)
        return self._modules[name]

    def _other(self, asking: str, name: str) -> Module | None:
        name = name if name in self._sources else f"{name}.__init__"
        if name in self._sources:
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
        return {one: self._sources[one].digest for one in names}

    @cached_property
    def _key(self) -> str:
        """What all results depend on: the linter itself, the layers, and which files there are."""
        here = Path(__file__).parent
        own = [
            path.read_text(encoding="utf-8")
            for path in (*sorted(here.rglob("*.py")), here / "catalogue.toml")
        ]
        return _digest(
            json.dumps([own, self.layers, [one.code for one in self.rules], sorted(self._sources)])
        )

    def _remembered(self) -> dict[str, Any]:
        with suppress(OSError, ValueError, KeyError, TypeError):  # no memory, or a broken one
            found = json.loads(self.memory.read_text(encoding="utf-8")) if self.memory else {}
            if found["key"] == self._key:
                return dict(found["files"])
        return {}

    def _remember(self, files: dict[str, Any]) -> None:
        if self.memory is not None:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            (self.memory.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            self.memory.write_text(json.dumps({"key": self._key, "files": files}), encoding="utf-8")


def findings(module: Module, path: str, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what the rules find in one file."""
    found: set[Finding] = set()
    lines = module.text.split("\n")
    for rule in rules:
        if rule.words and not any(word in module.text for word in rule.words):
            continue
        for node, message in rule.find(module):
            first, last = node.lineno, node.end_lineno or node.lineno
            noted = [one for line in lines[first - 1 : last] for one in NOQA.finditer(line)]
            noqa = [one for one in noted if one[1] is None or rule.code in re.findall(r"\w+", one[1].upper())]
            if not any(one[2] for one in noqa):
                message += NO_REASON.format(rule.code) if noqa else ""
                start, end = (
                    _column(lines[first - 1], node.col_offset),
                    _column(lines[last - 1], node.end_col_offset or 0),
                )
                said = (message, rule.told.why, rule.told.fix, rule.told.page)
                found.add(Finding(path, first, start, last, end, rule.code, *said, lines[first - 1].strip()))
    return sorted(found)


def _column(line: str, offset: int) -> int:
    """Return the column, from 1, of an offset in bytes as the syntax tree counts them."""
    return len(line.encode()[:offset].decode(errors="replace")) + 1


def lint_source(
    text: str, *, path: str = "<cell>", role: str = "", rules: Sequence[Rule] = RULES
) -> list[Finding]:
    """Return what the rules find in a piece of source, such as a notebook's cell. Raises SyntaxError.

    Its statements outside of functions count as those of a coroutine.
    """
    return findings(Module(text, role=role, cell=True), path, rules)


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return str(error) or "it is nested too deeply to be looked at"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
