"""The workspace: the learner's own copy of the notebooks, which survives an update.

The shipped notebooks hold the outputs of a run, which are the answers to what
they ask; a copy begins without them.

What was copied is remembered by hash in `.infra-ref/copied.json`. A copy whose
cells still read as they were copied is replaced when the shipped one changes;
one that was edited is the learner's, and stays. Having run a notebook, or
Jupyter's own metadata in it, is no edit: the sources of the cells decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from infra_ref.workbench.atomic_write import write_atomically, write_errors, write_if_absent
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import clone, shipped_files
from infra_ref.workbench.unspoiled import unspoiled

OWN = ".infra-ref"
"""The folder in a workspace for what infra_ref keeps there; Jupyter does not show it."""


def workspace_folder(asked: Path | None = None) -> Path:
    """Return where the workspace is, or will be.

    The one asked for; else the one around the current folder; else `workspace/` in
    a clone; else `infra-ref-workspace` in the home folder, which is the same from
    wherever the command is given.
    """
    if asked is not None:
        return asked.expanduser().absolute()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / OWN / "copied.json").is_file():
            return folder
    root = clone()
    return root / "workspace" if root else Path.home() / "infra-ref-workspace"


@dataclass(frozen=True, slots=True)
class Copied:
    """A file as it was copied: the hash of the whole, and of what the learner may edit in it."""

    whole: str
    sources: str

    @classmethod
    def of(cls, data: bytes, name: str) -> Copied:
        """Return the hashes of a file's content."""
        return cls(hashlib.sha256(data).hexdigest(), _sources(data, name))


@dataclass(slots=True)
class Refreshed:
    """What became of the files; `kept` are those edited here while a newer one is shipped."""

    copied: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Workspace:
    """The copy in `folder` of the notebooks in `shipped`."""

    def __init__(self, folder: Path, shipped: Path) -> None:
        self.folder, self.shipped = folder, shipped
        self._state = folder / OWN / "copied.json"

    def refresh(self) -> Refreshed:
        """Copy what is missing, update what was not edited, keep what was.

        Raises Refused when a file cannot be written. Each file is then as it was or
        as it should be, and the next call goes on from there.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise Refused(f"{self.folder} is a file: give a folder with --workspace DIR.")
        known, done = self._remembered(), Refreshed()
        for name in shipped_files(self.shipped):
            data = unspoiled((self.shipped / name).read_bytes(), name)
            new, mine = Copied.of(data, name), self._mine(name)
            if mine is None:
                write_atomically(self.folder / name, data)
                done.copied.append(name)
            elif mine == new:
                pass
            elif name in known and mine.sources == known[name].sources:
                if known[name] == new:  # run, but neither edited here nor changed there
                    continue
                write_atomically(self.folder / name, data)
                done.updated.append(name)
            elif mine.sources != new.sources:
                if name not in known or known[name].sources != new.sources:
                    done.kept.append(name)
                continue
            known[name] = new
        self._remember(known)
        return done

    def reset(self, name: str) -> Path | None:
        """Put the notebook `name` back, not run, and return the backup of the old one that lies beside it.

        None means that there was nothing to keep. Raises Refused when a file cannot
        be written; the old one then stands as it was.
        """
        path, shipped = self.folder / name, (self.shipped / name).read_bytes()
        data = unspoiled(shipped, name)
        backup = None
        if path.exists():
            old = path.read_bytes()
            if old not in (data, shipped):  # an older workspace has it as it is shipped
                backup = next(free for free in _backups(path) if write_if_absent(free, old))
        write_atomically(path, data)
        self._remember({**self._remembered(), name: Copied.of(data, name)})
        return backup

    def _mine(self, name: str) -> Copied | None:
        path = self.folder / name
        with write_errors(path):
            return Copied.of(path.read_bytes(), name) if path.exists() else None

    def _remembered(self) -> dict[str, Copied]:
        """Return what was copied. Where the record is lost, every difference counts as an edit."""
        try:
            record = json.loads(self._state.read_bytes())
            return {name: Copied(**one) for name, one in record["copied"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _remember(self, known: dict[str, Copied]) -> None:
        record = {"format": 1, "copied": {name: asdict(one) for name, one in sorted(known.items())}}
        data = json.dumps(record, indent=1).encode()
        if not self._state.exists() or self._state.read_bytes() != data:
            write_atomically(self._state, data)


def _backups(path: Path) -> Iterator[Path]:
    """Give names for a backup: `05_caching.mine-2026-11-22.ipynb`, then with -2, -3 ..."""
    today = f"{path.stem}.mine-{datetime.now().astimezone():%Y-%m-%d}"
    yield path.with_name(f"{today}{path.suffix}")
    for number in count(2):
        yield path.with_name(f"{today}-{number}{path.suffix}")


def _sources(data: bytes, name: str) -> str:
    """Return the hash of what the learner can edit: in a notebook the cells' sources, else everything."""
    if name.endswith(".ipynb"):
        try:
            cells = [(cell["cell_type"], _text(cell["source"])) for cell in json.loads(data)["cells"]]
            data = json.dumps(cells).encode()
        except (ValueError, KeyError, TypeError):
            pass  # no notebook any more: its bytes decide
    return hashlib.sha256(data).hexdigest()


def _text(source: Any) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n")
