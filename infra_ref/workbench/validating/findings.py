"""What was found out about notebooks: lines for people, JUnit and annotations for CI."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. `cell` counts code cells from 1; None is the whole."""

    cell: int | None
    what: str
    expected: str = ""
    seen: str = ""

    def __str__(self) -> str:
        place = f"cell {self.cell}: " if self.cell else ""
        details = [f"    {name:<9} {text}" for name, text in self._details()]
        return "\n".join([f"  {place}{self.what}", *details])

    def _details(self) -> list[tuple[str, str]]:
        return [(name, text) for name, text in (("expected", self.expected), ("seen", self.seen)) if text]

    @property
    def message(self) -> str:
        """All of it as one text."""
        return "\n".join([self.what, *(f"{name}: {text}" for name, text in self._details())])


@dataclass(slots=True)
class Notebook:
    """What is known of one notebook. `seconds` and `ran` are filled by its run."""

    path: Path
    kernel: str = "python3"
    lines: tuple[int, ...] = ()
    """The line of the file at which each code cell begins."""
    cells: int = 0
    checked: int = 0
    predictions: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    seconds: float = 0.0
    ran: dict[int, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def true(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def share(self) -> int:
        """How many of a hundred cells have their output compared."""
        return round(100 * self.checked / self.cells) if self.cells else 100

    def __str__(self) -> str:
        counts = [
            _many(self.cells, "cell"),
            _many(len(self.predictions), "prediction"),
            _many(len(self.exercises), "exercise"),
            f"{self.seconds:.1f} s",
            f"{self.share} % of cells checked",
        ]
        head = f"{'✓' if self.true else '✗'} {self.path}   {', '.join(counts)}"
        return "\n".join([head, *map(str, self.findings)])


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("s" if count != 1 else "")


def summary(notebooks: list[Notebook]) -> str:
    """Return the last line: `2 notebooks true, 1 broken`."""
    broken = sum(not one.true for one in notebooks)
    said = f"{_many(len(notebooks) - broken, 'notebook')} true"
    return f"{said}, {broken} broken" if broken else said


def github_lines(notebooks: Iterable[Notebook]) -> Iterator[str]:
    """Give a line for each finding that GitHub Actions shows at the file."""
    for notebook in notebooks:
        for one in notebook.findings:
            title = f"cell {one.cell}" if one.cell else "notebook"
            place = {"line": notebook.lines[one.cell - 1]} if one.cell and notebook.lines else {}
            yield github_line("error", notebook.path.as_posix(), title, one.message, **place)


def github_line(level: str, file: str, title: str, message: str, **place: int) -> str:
    """Return an annotation of GitHub Actions; `place` may have line, col and endLine."""
    at = "".join(f",{name}={value}" for name, value in place.items())
    return f"::{level} file={_property(file)}{at},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def junit(notebooks: Iterable[Notebook]) -> bytes:
    """Return JUnit's XML: a suite for each notebook, a case for each cell and one for the notebook itself."""
    root = ET.Element("testsuites", name="infra-ref validate")
    for notebook in notebooks:
        places: list[int | None] = [None, *range(1, notebook.cells + 1)]
        broken = {place for place in places if any(one.cell == place for one in notebook.findings)}
        about = {"tests": len(places), "failures": len(broken), "errors": 0, "skipped": 0}
        suite = ET.SubElement(
            root, "testsuite", _text(name=notebook.path.as_posix(), time=notebook.seconds, **about)
        )
        for place in places:
            name = "notebook" if place is None else f"cell {place}"
            seconds = notebook.ran.get(place or 0, 0.0)
            about_case = _text(classname=notebook.path.with_suffix("").as_posix(), name=name, time=seconds)
            case = ET.SubElement(suite, "testcase", about_case)
            for one in notebook.findings:
                if one.cell == place:
                    ET.SubElement(case, "failure", message=_printable(one.what)).text = _printable(
                        one.message
                    )
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _text(**values: Any) -> dict[str, str]:
    return {
        name: f"{value:.3f}" if isinstance(value, float) else str(value) for name, value in values.items()
    }


def _printable(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(one if one in "\n\t" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
