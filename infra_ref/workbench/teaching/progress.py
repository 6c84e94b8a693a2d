"""What was predicted and solved: one JSON file in the workspace, and nothing anywhere else.

The file is `$INFRA_REF_PROGRESS`, else `.infra-ref/progress.json` in the
workspace around the current folder. Where there is neither, and wherever
notebooks are being checked rather than worked through, nothing is kept.
"""

from __future__ import annotations

import ast
import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

OWN = Path(".infra-ref")
CHECKING = ("PYTEST_VERSION", "PYTEST_CURRENT_TEST", "CI", "INFRA_REF_CI")
"""Any of these set means that a machine runs the notebook. nbval's kernels inherit pytest's."""

Kind: TypeAlias = Literal["predictions", "exercises"]
Entry: TypeAlias = dict[str, Any]


class ProgressUnreadable(Exception):
    """The progress file is not what was written; the message says where it is and what to do."""


def progress_file(environ: Mapping[str, str] | None = None, here: Path | None = None) -> Path | None:
    """Return where progress is kept, or None where none is."""
    environ = os.environ if environ is None else environ
    if any(environ.get(name) for name in CHECKING):
        return None
    if named := environ.get("INFRA_REF_PROGRESS"):
        return Path(named)
    return workspace_file(here or Path.cwd())


def workspace_file(here: Path) -> Path | None:
    """Return the progress file of the workspace around a folder, or None outside of one."""
    for folder in (here, *here.parents):
        if (folder / OWN / "copied.json").is_file():
            return folder / OWN / "progress.json"
    return None


def note_prediction(id: str, outcome: str, answer: str = "", *, file: Path | None = None) -> None:  # noqa: A002
    """Keep the outcome of a prediction; one that was not answered leaves an earlier one as it is."""
    if outcome in ("right", "wrong"):
        _note("predictions", id, {"outcome": outcome, "answer": answer}, file)


def note_exercise(id: str, outcome: str, hints: int, *, file: Path | None = None) -> None:  # noqa: A002
    """Keep the outcome of an exercise, and how many hints were taken; solved stays solved."""
    if outcome in ("solved", "wrong"):
        _note("exercises", id, {"outcome": outcome, "hints": hints}, file)


def _note(kind: Kind, name: str, entry: Entry, file: Path | None) -> None:
    """Keep an entry, with how many there were, and the first one beside the last."""
    file = file or progress_file()
    if file is None:
        return
    try:
        kept = Kept.read(file)
        old = kept.entries[kind].get(name, {})
        new = {**entry, "tries": old.get("tries", 0) + 1, "first": old.get("first", entry)}
        if old.get("outcome") == "solved":
            new |= {"outcome": "solved", "hints": old["hints"]}
        kept.entries[kind][name] = new
        kept.write(file)
    except (OSError, ProgressUnreadable) as error:  # a full disk must not end a lesson
        warnings.warn(f"progress was not kept: {error}", stacklevel=4)


@dataclass(slots=True)
class Kept:
    """What the file holds: by kind and id, the last outcome and the first."""

    entries: dict[Kind, dict[str, Entry]]

    @classmethod
    def read(cls, file: Path) -> Kept:
        """Read it; one that is not there is empty. Raises ProgressUnreadable."""
        try:
            data = json.loads(file.read_text("utf-8"))
            if data["version"] != 1:
                raise ValueError(f"version {data['version']!r} is not known")
            return cls({kind: {name: dict(one) for name, one in data[kind].items()} for kind in _KINDS})
        except FileNotFoundError:
            return cls({kind: {} for kind in _KINDS})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProgressUnreadable(
                f"{file} cannot be read ({error!r}): repair it, or delete it to start anew"
            ) from error

    def write(self, file: Path) -> None:
        """Write it whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": 1, **self.entries}, indent=1, sort_keys=True, ensure_ascii=False)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text + "\n")
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


_KINDS: tuple[Kind, ...] = ("predictions", "exercises")
_CALLS: dict[str, Kind] = {"predict": "predictions", "exercise": "exercises"}


def asked_in(source: str) -> Iterator[tuple[Kind, str]]:
    """Give the predictions and exercises that a code cell asks for, by their ids.

    >>> list(asked_in('guess = predict("caching/loads", "How many?", options=[1, 10])'))
    [('predictions', 'caching/loads')]
    """
    code = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        tree = compile(code, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:  # a learner's half-written cell asks for nothing
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in _CALLS and isinstance(node.args[0].value, str):
                yield _CALLS[name], node.args[0].value


def code_cells(notebook: Path) -> list[str]:
    """Return the sources of a notebook's code cells. Raises ValueError for what is no notebook."""
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        return ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{notebook.name} is no notebook: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one notebook is: of each kind all ids that it asks for, and what is kept of them."""

    notebook: str
    asked: Mapping[Kind, tuple[str, ...]]
    kept: Mapping[Kind, Mapping[str, Entry]]

    def left(self, kind: Kind) -> tuple[str, ...]:
        """The ids not answered, or not solved yet."""
        done = ("solved",) if kind == "exercises" else ("right", "wrong")
        return tuple(
            name for name in self.asked[kind] if self.kept[kind].get(name, {}).get("outcome") not in done
        )

    def __str__(self) -> str:
        first = self._right_at_first
        predicted, right = self._count("predictions", "right", "wrong"), self._count("predictions", "right")
        solved, tried = self._count("exercises", "solved"), self._count("exercises", "wrong")
        hints = sum(self.kept["exercises"].get(name, {}).get("hints", 0) for name in self.asked["exercises"])
        lines = [
            f"{self.notebook}",
            f"  predicted  {predicted} of {len(self.asked['predictions'])}, {right} right ({first} at first)",
            f"  solved     {solved} of {len(self.asked['exercises'])}"
            + (f", {tried} tried" if tried else "")
            + (f", with {hints} hint{'s' * (hints > 1)}" if hints else ""),
        ]
        left = [name for kind in _KINDS for name in self.left(kind)]
        return "\n".join([*lines, f"  left       {', '.join(left) or 'nothing'}"])

    @property
    def _right_at_first(self) -> int:
        entries = (self.kept["predictions"].get(name, {}) for name in self.asked["predictions"])
        return sum(one.get("first", one).get("outcome") == "right" for one in entries)

    def _count(self, kind: Kind, *outcomes: str) -> int:
        return sum(self.kept[kind].get(name, {}).get("outcome") in outcomes for name in self.asked[kind])


def standings(notebooks: Iterable[Path], kept: Kept) -> list[Standing]:
    """Return how far each notebook is, without those that ask for nothing or cannot be read."""
    found = []
    for path in sorted(notebooks):
        asked: dict[Kind, dict[str, None]] = {kind: {} for kind in _KINDS}
        try:
            cells = code_cells(path)
        except (OSError, ValueError):  # a broken notebook has no standing; `infra-ref validate` says why
            continue
        for kind, name in (one for cell in cells for one in asked_in(cell)):
            asked[kind][name] = None
        if any(asked.values()):
            found.append(
                Standing(path.stem, {kind: tuple(names) for kind, names in asked.items()}, kept.entries)
            )
    return found


def forget(kept: Kept, standing: Standing) -> int:
    """Forget what is kept of one notebook; return how many entries that were."""
    gone = 0
    for kind in _KINDS:
        for name in standing.asked[kind]:
            gone += kept.entries[kind].pop(name, None) is not None
    return gone
