"""What took long to find out, kept in a file between runs: it is good as long as its key is the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra_ref.workbench.atomic_write import write_atomically
from infra_ref.workbench.refused import Refused


def kept(file: Path, key: str) -> Any:
    """Return what was kept under this key; None where there is no such file, or it is broken."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(file.read_bytes())
        if found["key"] == key:
            return found["kept"]
    return None


def keep(file: Path, key: str, what: Any) -> bool:
    """Keep what JSON can hold; return whether the folder is ours to write to."""
    try:
        write_atomically(file, json.dumps({"key": key, "kept": what}).encode())
    except Refused:
        return False
    return True


def stamps(folder: Path, *ends: str) -> Iterator[str]:
    """Yield name, time and size of each file below a folder whose name ends so."""
    for inside, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if one != "__pycache__")
        yield from (stamp(f"{inside}/{one}") for one in sorted(files) if one.endswith(ends))


def stamp(path: str) -> str:
    """Return name, time and size of a file."""
    status = os.stat(path)  # noqa: PTH116 - some hundred times, and Path costs more than the call
    return f"{path} {status.st_mtime_ns} {status.st_size}"
