"""Write a file atomically: whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra_ref.workbench.refused import Refused

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""The disk, or the user's share of it, is full."""


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`: whoever reads it sees the old file or the new one, never half of one.

    Raises Refused when the disk is full or the folder cannot be written to; then
    the old file stands as it was.
    """
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_atomically(path, data)


def replace_atomically(path: Path, data: bytes, *, part: str | None = None) -> None:
    """Do as `write_atomically` does in a folder that is there, and raise the system's own errors.

    The data is on the disk, not only on its way, and a file that was there keeps its mode.
    `part` names the file that is written first; it is this process's own unless given.
    """
    part_path = path.with_name(part or f".{path.name}.{os.getpid()}.part")
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    try:
        with part_path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part_path.chmod(mode)
        part_path.replace(path)
    except BaseException:
        with suppress(OSError):
            part_path.unlink()
        raise


def write_if_absent(path: Path, data: bytes) -> bool:
    """Put `data` at `path` unless something is there already; return whether it was put."""
    with write_errors(path):
        try:
            with path.open("xb") as file:
                try:
                    file.write(data)
                    file.flush()
                except BaseException:
                    path.unlink()
                    raise
        except FileExistsError:
            return False
    return True


@contextmanager
def write_errors(path: Path) -> Generator[None]:
    """Turn an error of the operating system at `path` into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise Refused(
                f"The disk is full, so {path} was not written: free some space and start again; "
                "no file was left half-written."
            ) from error
        raise Refused(
            f"{path} cannot be written ({error.strerror or error}): "
            "give a folder that is yours with --workspace DIR."
        ) from error
