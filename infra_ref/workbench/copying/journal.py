"""Change several files as one: written down first, then done, and finished later if cut short.

The journal is one file, and its rename into place is the moment of decision.
Whoever dies before it has changed nothing; whoever dies after it leaves all
that is needed to finish, which the next command does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra_ref.workbench.atomic_write import replace_atomically
from infra_ref.workbench.copying.lock import FOLDER
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.refused import Refused

JOURNAL = f"{FOLDER}/journal"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: its path below the project, the hash of what was there (None: nothing), and what shall be.

    `new` is None where the file shall be gone.
    """

    path: str
    old: str | None
    new: bytes | None


def change(project: Path, path: str, new: bytes | None) -> Change:
    """Return the change of what stands there now into `new`."""
    return Change(path, _hash_at(confined(project, path)), new)


def commit(project: Path, changes: Sequence[Change]) -> None:
    """Make all of `changes`, or none.

    Raises Refused, and then nothing was changed, if a file was changed by
    somebody else meanwhile, is read-only, or would lie outside of `project`.
    """
    changes = [one for one in changes if one.old != (_hash(one.new) if one.new is not None else None)]
    if not changes:
        return
    journal = confined(project, JOURNAL)
    with _refusing(journal):
        journal.parent.mkdir(exist_ok=True)
        with _alone(journal.parent):
            if journal.exists():
                raise Refused(f"Another run was cut short in {project}: start again, it is finished first.")
            for one in changes:
                _check(confined(project, one.path), one)
            _write(journal, _dumped(changes))
            _carry_out(project, changes)
            journal.unlink()
            _prune(journal.parent, project)


def finish(project: Path) -> int:
    """Finish what a run that was cut short had decided; return how many files it was about.

    Raises Refused if one of them was edited since.
    """
    path = confined(project, JOURNAL)
    part = path.with_name(_part(path))
    if part.exists():  # on a read-only disk it fails to delete even what is not there
        part.unlink()  # whoever wrote it had not decided yet
    if not path.exists():
        return 0
    with _refusing(path), _alone(path.parent):
        changes = _loaded(path)
        _carry_out(project, changes)
        path.unlink()
        _prune(path.parent, project)
    return sum(not one.path.startswith(f"{FOLDER}/") for one in changes)


def is_unfinished(folder: Path) -> bool:
    """Return whether a run was cut short in the project around a folder, after it had decided."""
    return any((one / JOURNAL).exists() for one in (folder, *folder.parents))


def _check(path: Path, one: Change) -> None:
    if _hash_at(path) != one.old:
        raise Refused(f"{path} was changed while this ran: start again.")
    if one.old is not None and not path.stat().st_mode & stat.S_IWUSR:
        raise Refused(f"{path} is read-only: make it writable (chmod u+w), or leave it out.")


def _carry_out(project: Path, changes: Iterable[Change]) -> None:
    for one in changes:
        path = confined(project, one.path)
        now, wanted = _hash_at(path), None if one.new is None else _hash(one.new)
        if now not in (one.old, wanted):
            raise Refused(
                f"{path} was edited after a run was cut short: save it elsewhere, delete it, and start again."
            )
        if now == wanted:
            continue
        if one.new is None:
            path.unlink()
            _prune(path.parent, project)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, one.new)


def _prune(folder: Path, project: Path) -> None:
    """Remove folders that have become empty, bytecode aside."""
    while folder != project:
        cache = folder / "__pycache__"
        if [one for one in folder.iterdir() if one != cache]:
            return
        if cache.is_dir() and not cache.is_symlink():
            for compiled in cache.glob("*.pyc"):
                compiled.unlink()
            with suppress(OSError):  # something else lies in it: then it stays
                cache.rmdir()
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _write(path: Path, data: bytes) -> None:
    replace_atomically(path, data, part=_part(path))


def _part(path: Path) -> str:
    """Return the same name in each run, so that what a killed one left is written over."""
    return f".{path.name}.infra-ref-part"


def _dumped(changes: Sequence[Change]) -> bytes:
    told = [
        {
            "path": one.path,
            "old": one.old,
            "new": None if one.new is None else base64.b64encode(one.new).decode(),
        }
        for one in changes
    ]
    return json.dumps({"changes": told}).encode()


def _loaded(path: Path) -> list[Change]:
    try:
        told: list[dict[str, Any]] = json.loads(path.read_bytes())["changes"]
        return [
            Change(one["path"], one["old"], None if one["new"] is None else base64.b64decode(one["new"]))
            for one in told
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path} is no journal of infra-ref: delete it, and look at `git status`.") from error


def _hash_at(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.exists() else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep a second run out of the folder. The system lets go when a run dies, however it dies."""
    try:
        import fcntl
    except ImportError:  # Windows has no lock on a folder
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"Another infra-ref is at work in {folder}: wait until it is done.") from error
        yield
    finally:
        os.close(handle)


@contextmanager
def _refusing(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(
            f"{error.filename or folder} cannot be written: {error.strerror or error}. "
            "Put that right and start again; what was begun is then finished."
        ) from error
