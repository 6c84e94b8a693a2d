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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(data)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
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
