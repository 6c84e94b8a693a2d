"""The lock file: what was copied, from which version of what, and the text as it was written.

One JSON file in the target, made to be committed: an entry's base text is what
lets a later update keep the owner's edits, whatever versions are still to be had.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from infra_ref.workbench.refused import Refused

NAME = "infra-ref.lock"
FORMAT = 1

Style = Literal["absolute", "relative"]
"""How copied files import one another."""

Kind = Literal["item", "test", "package"]
"""A file of a collection, a test made from a collection's tests, or an empty `__init__.py`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One copied file. `path` is below the target, or for a test below the tests' folder.

    `source` names it in its collection (`caching/redis_cache`); `source_hash` is
    that of its text there, and `base` the text as it was written here. `seen` is the
    hash of all that a test was cut out of: while it stands, so does `source_hash`.
    """

    path: str
    kind: Kind
    collection: str
    source: str
    version: str
    source_hash: str
    base: str
    seen: str = ""

    @property
    def hash(self) -> str:
        """The hash of the file as it was written."""
        return hash_of(self.base)


@dataclass(slots=True)
class Lock:
    """All that is known of one target. `items` are those that were asked for by name.

    `tests` leads from the target to its tests' folder; `folders` has where each
    collection that is a plain folder lies, from the target.
    """

    package: str
    imports: Style
    tests: str
    items: list[str] = field(default_factory=list)
    with_tests: list[str] = field(default_factory=list)
    folders: dict[str, str] = field(default_factory=dict)
    entries: dict[tuple[bool, str], Entry] = field(default_factory=dict)

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of the same path."""
        self.entries[entry.kind == "test", entry.path] = entry

    def dumped(self) -> bytes:
        """Return the file's content: one that changes as little as what it tells."""
        told = {
            "format": FORMAT,
            "package": self.package,
            "imports": self.imports,
            "tests": self.tests,
            "items": sorted(self.items),
            "with_tests": sorted(self.with_tests),
            "folders": self.folders,
            "files": [_told(self.entries[key]) for key in sorted(self.entries)],
        }
        return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def read(target: Path) -> Lock:
    """Return the lock of a target. Raises Refused if there is none, or one that cannot be understood."""
    path = target / NAME
    if path.is_symlink():
        raise Refused(f"{path} is a symbolic link: put the lock file itself there.")
    if not path.is_file():
        raise Refused(f"There is no {NAME} in {target}: name the folder that you copied to with --to.")
    try:
        told = json.loads(path.read_bytes().decode("utf-8-sig"))
        if told["format"] != FORMAT:
            raise Refused(f"{path} has format {told['format']}, newer than this infra-ref: update infra-ref.")
        lock = Lock(
            _text(told["package"]),
            told["imports"],
            _text(told["tests"]),
            [_text(one) for one in told["items"]],
            [_text(one) for one in told["with_tests"]],
            {_text(name): _text(where) for name, where in told["folders"].items()},
        )
        for one in told["files"]:
            lock.put(_entry(one))
        if lock.imports not in get_args(Style):
            raise ValueError(f"imports are not {lock.imports!r}")
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise Refused(
            f"{path} is damaged ({type(error).__name__}: {error}): bring it back from version control."
        ) from error
    return lock


def _told(entry: Entry) -> dict[str, str]:
    return {
        "path": entry.path,
        "kind": entry.kind,
        "collection": entry.collection,
        "source": entry.source,
        "version": entry.version,
        "source_hash": entry.source_hash,
        "hash": entry.hash,
        "seen": entry.seen,
        "base": base64.b64encode(zlib.compress(entry.base.encode(), 9)).decode(),
    }


def _entry(told: dict[str, Any]) -> Entry:
    base = zlib.decompress(base64.b64decode(_text(told["base"]), validate=True)).decode()
    if hash_of(base) != told["hash"]:
        raise ValueError(f"the base text of {told['path']} is not the one that was written")
    kind = told["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"no kind of file is {kind!r}")
    path = _text(told["path"])
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or path == NAME:
        raise ValueError(f"{path!r} is no path in the target")
    texts = {name: _text(told[name]) for name in ("collection", "source", "version", "source_hash", "seen")}
    return Entry(path=path, kind=kind, base=base, **texts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def hash_of(text: str) -> str:
    """Return the hash of a text with plain newlines."""
    return hashlib.sha256(text.encode()).hexdigest()
