"""The lock: what was copied into a project, and from which version of what.

It is a folder at the project's root, made to be committed: `lock.jsonl` has a line for
each thing that is known, in any order, so that git merges two branches by keeping the
lines of both; `base` has each file as it was written, which lets an update keep the
owner's edits whatever versions are still to be had.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from packaging.version import InvalidVersion, Version

from infra_ref.workbench.refused import Refused

FOLDER = ".infra-ref"
NAME = f"{FOLDER}/lock.jsonl"
BASE = f"{FOLDER}/base"
FORMAT = 3
_MARKS = ("<<<<<<< ", "=======", ">>>>>>> ")
ATTRIBUTES = "lock.jsonl merge=union\nbase/* -diff linguist-generated\n"
"""Git keeps the lines of both branches, and shows no diff of the files as they were written."""

Style = Literal["absolute", "relative"]
"""How copied files import one another."""
Kit = Literal["copied", "dependency"]
"""Where tests have the machinery of contracts from: the project's own tests, or the installed package."""
Kind = Literal["code", "test", "package"]
"""A file of the target, one among the tests, or an empty `__init__.py`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One copied file, `path` below the project, of the folder `target`.

    `item` names its source in `collection`; `source` is the hash of the text there, and
    `written` that of the text as it was written here.
    """

    path: str
    target: str
    kind: Kind
    collection: str
    item: str
    version: str
    source: str
    written: str

    @property
    def is_ready_test(self) -> bool:
        """Whether it is the test of an item, and no part of the kit that such a test needs."""
        return self.kind == "test" and self.path.rpartition("/")[2].startswith("test_")


@dataclass(frozen=True, slots=True)
class Target:
    """A folder that was copied to: what it is imported as, how, and where its tests are."""

    path: str
    package: str
    imports: Style
    tests: str
    kit: Kit = "copied"


@dataclass(frozen=True, slots=True)
class Item:
    """What was asked for by name, in a target, with or without its test."""

    name: str
    target: str
    test: bool


@dataclass(slots=True)
class Lock:
    """All that is known of a project. `folders` has where each collection that is a folder lies."""

    targets: dict[str, Target] = field(default_factory=dict)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def of(self, target: str) -> list[Entry]:
        """Return the files of one target, in the order of their paths."""
        return [one for _, one in sorted(self.entries.items()) if one.target == target]

    def items_of(self, target: str) -> list[str]:
        """Return what was asked for in a target, sorted."""
        return sorted(one.name for one in self.items.values() if one.target == target)

    def tested(self, target: str) -> list[str]:
        """Return what was asked for in a target with its test, sorted."""
        return sorted(one.name for one in self.items.values() if one.target == target and one.test)

    def dumped(self) -> bytes:
        """Return the file's content, sorted."""
        lines = [{"format": FORMAT}, *sorted(self._lines(), key=json.dumps)]
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()

    def _lines(self) -> Iterator[dict[str, Any]]:
        used = {one.collection for one in self.entries.values()}
        yield from ({"collection": name, "at": at} for name, at in self.folders.items() if name in used)
        yield from ({"is": "target", **asdict(one)} for one in self.targets.values())
        yield from ({"is": "item", **asdict(one)} for one in self.items.values())
        yield from ({"is": "file", **asdict(one)} for one in self.entries.values())

    def take(self, line: dict[str, Any]) -> None:
        """Take in a line of the file. Of two for one file, that of the newer version counts."""
        texts = [value for key, value in line.items() if key not in {"test", "format"}]
        if not all(isinstance(one, str) for one in texts):
            raise TypeError(f"{line} has something that is no text")
        match line.pop("is", None):
            case "target":
                target = Target(**line)
                _confined(target.path, target.tests)
                self.targets[target.path] = target
                if target.imports not in get_args(Style) or target.kit not in get_args(Kit):
                    raise ValueError(f"imports are not {target.imports!r}, or the kit not {target.kit!r}")
            case "item":
                item = Item(**line)
                self.items[item.target, item.name] = item
            case "file":
                self._take_file(Entry(**line))
            case None if "collection" in line:
                self.folders[line["collection"]] = line["at"]
            case None if set(line) == {"format"}:
                if line["format"] > FORMAT:
                    raise Refused(f"{NAME} is newer than this infra-ref: update infra-ref.")
            case other:
                raise ValueError(f"nothing is called {other!r}")

    def _take_file(self, entry: Entry) -> None:
        _confined(entry.path)
        if entry.kind not in get_args(Kind) or PurePosixPath(entry.path).parts[0] == FOLDER:
            raise ValueError(f"{entry.path} is no {entry.kind}")
        known = self.entries.get(entry.path)
        if known is None or newer(entry.version, known.version):
            self.entries[entry.path] = entry


def read(project: Path) -> Lock:
    """Return the lock of a project, an empty one where there is none.

    Raises Refused for one that cannot be understood.
    """
    path = project / NAME
    if path.is_symlink() or path.parent.is_symlink():
        raise Refused(f"{path} is a symbolic link: put the lock itself there.")
    lock = Lock()
    try:
        for line in path.read_bytes().decode().splitlines() if path.is_file() else []:
            if not line.startswith(_MARKS):  # whatever git could not decide, both sides are true
                lock.take(json.loads(line))
        if unknown := {one.target for one in lock.entries.values()} - lock.targets.keys():
            raise ValueError(f"nothing says what {unknown.pop()} is imported as")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{path} is damaged ({type(error).__name__}: {error}): bring it back from version control."
        ) from error
    return lock


def base_path(written: str) -> str:
    """Return where the text of that hash is kept, below the project."""
    return f"{BASE}/{written}"


def newer(version: str, other: str) -> bool:
    """Return whether a version comes after another; one that is no version comes before all."""
    return _version(version) > _version(other)


def hash_of(text: str) -> str:
    """Return the hash of a text with plain newlines: 80 bits, written as 20 digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _confined(*paths: str) -> None:
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or not path:
            raise ValueError(f"{path!r} is no path in the project")
