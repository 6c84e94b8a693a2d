"""Linting a project: all files, each with the rules, remembered until it or what it imports changes."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra_ref.workbench.linting.files import Unread, dotted_name, python_files, read
from infra_ref.workbench.linting.finding import Finding, Rule, Trouble
from infra_ref.workbench.linting.layers import Layers, layer_of
from infra_ref.workbench.linting.module import Module
from infra_ref.workbench.linting.rules import RULES

NOQA = re.compile(r"#\s*noqa\b(?::\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)(?:\s*--\s*(\S.*))?)?", re.I)
NO_REASON = " (`noqa` counts with a reason only: # noqa: {} -- why)"


@dataclass
class Outcome:
    """What came of it. `skipped` are files that are not for people to read."""

    findings: list[Finding] = field(default_factory=list[Finding])
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    skipped: list[Trouble] = field(default_factory=list[Trouble])
    files: int = 0
    lines: int = 0


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
        self._texts: dict[str, str] = {}
        self._paths: dict[str, Path] = {}
        self._modules: dict[str, Module | None] = {}
        self._asked: set[str] = set()

    def lint(self, paths: Iterable[Path]) -> Outcome:
        """Look at every Python file at or below the paths."""
        outcome, names = Outcome(), []
        for path in python_files(paths):
            if isinstance(path, Trouble):
                outcome.troubles.append(path)
            elif name := self._take(path, outcome):
                names.append(name)
        old = self._remembered()
        kept: dict[str, Any] = {}
        for name in names:
            path, text = self._paths[name], self._texts[name]
            outcome.files, outcome.lines = outcome.files + 1, outcome.lines + text.count("\n") + 1
            entry = old.get(str(path))
            if entry is None or any(self._digest(one) != digest for one, digest in entry["from"].items()):
                entry = self._looked_at(name)
            kept[str(path)] = entry
            outcome.findings += [Finding(**one) for one in entry["findings"]]
            outcome.troubles += [Trouble(self._shown(path), one) for one in entry["troubles"]]
        self._remember(kept)
        return outcome

    def _take(self, path: Path, outcome: Outcome) -> str:
        try:
            text = read(path)
        except Unread as error:
            (outcome.troubles if error.trouble else outcome.skipped).append(
                Trouble(self._shown(path), str(error))
            )
            return ""
        name = dotted_name(path.absolute())
        if name in self._paths:  # scripts of the same name
            name = f"{name}@{path}"
        self._texts[name], self._paths[name] = text, path
        return name

    def _shown(self, path: Path) -> str:
        return self._relative(path).as_posix()

    def _relative(self, path: Path) -> Path:
        absolute = path.absolute()
        return absolute.relative_to(self.root) if absolute.is_relative_to(self.root) else path

    def _looked_at(self, name: str) -> dict[str, Any]:
        self._asked = {name}
        entry: dict[str, Any] = {"findings": [], "troubles": []}
        path = self._relative(self._paths[name])
        if layer_of(path, self.layers) != "test":
            try:
                if (module := self._parsed(name)) is not None:
                    found = findings(module, path.as_posix(), self.rules)
                    entry["findings"] = [asdict(one) for one in found]
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                entry["troubles"] = [_unparsed(error)]
        entry["from"] = {one: self._digest(one) for one in sorted(self._asked)}
        return entry

    def _parsed(self, name: str) -> Module | None:
        if name not in self._modules:
            self._modules[name] = None  # so that a circle of imports ends
            layer = layer_of(self._relative(self._paths[name]), self.layers)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._modules[name] = Module(self._texts[name], name=name, role=layer, others=self._other)
        return self._modules[name]

    def _other(self, name: str) -> Module | None:
        name = name if name in self._paths else f"{name}.__init__"
        if name not in self._paths:
            return None
        self._asked.add(name)
        try:
            return self._parsed(name)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # told when its own turn comes

    def _digest(self, name: str) -> str:
        return (
            hashlib.sha256(self._texts[name].encode("utf-8", "replace")).hexdigest()
            if name in self._texts
            else ""
        )

    @property
    def _key(self) -> str:
        """What all results depend on: the linter's own code, the layers, and which files there are."""
        own = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*.py"))]
        rest = [sorted(self.layers.items()), [one.code for one in self.rules], sorted(self._paths)]
        return hashlib.sha256(json.dumps([own, rest]).encode()).hexdigest()

    def _remembered(self) -> dict[str, Any]:
        try:
            found = json.loads(self.memory.read_text(encoding="utf-8")) if self.memory else {}
        except (OSError, ValueError):
            return {}
        return found["files"] if isinstance(found, dict) and found.get("key") == self._key else {}

    def _remember(self, files: dict[str, Any]) -> None:
        if self.memory is not None:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            (self.memory.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            self.memory.write_text(json.dumps({"key": self._key, "files": files}), encoding="utf-8")


def findings(module: Module, path: str, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what the rules find in one file."""
    found: dict[Finding, None] = {}
    lines = re.split(r"\r\n|[\r\n]", module.text)
    for rule in rules:
        if rule.words and not any(word in module.text for word in rule.words):
            continue
        for node, message in rule.find(module):
            end = node.end_lineno or node.lineno
            noted = [one for line in lines[node.lineno - 1 : end] if (one := NOQA.search(line))]
            naming = [
                one for one in noted if one[1] is None or rule.code in re.split(r"[,\s]+", one[1].upper())
            ]
            if any(one[2] for one in naming):
                continue
            message += NO_REASON.format(rule.code) if naming else ""
            first, last = lines[node.lineno - 1], lines[end - 1]
            place = (
                node.lineno,
                _column(first, node.col_offset),
                end,
                _column(last, node.end_col_offset or 0),
            )
            told = (rule.told.why, rule.told.fix, rule.told.page)
            found[Finding(path, *place, rule.code, message, *told, first.strip())] = None
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


def _unparsed(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return "it is nested too deeply to be looked at" if not isinstance(error, ValueError) else str(error)
