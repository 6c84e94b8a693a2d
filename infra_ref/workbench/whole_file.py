"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra_ref.workbench.refused import Refused


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path`: whoever reads it sees the old file or the new one, never half of one.

    Raises Refused when the disk is full or the folder cannot be written to; then
    the old file stands as it was.
    """
    with refusing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def write_beside(path: Path, data: bytes) -> bool:
    """Put `data` at `path` unless something is there already; return whether it was put."""
    with refusing(path):
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
def refusing(path: Path) -> Generator[None]:
    """Turn what the operating system says about `path` into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused(
                f"The disk is full, so {path} was not written and stands as it was: "
                "free some space and start again."
            ) from error
        raise Refused(
            f"{path} cannot be written ({error.strerror or error}): "
            "give a folder that is yours with --workspace DIR."
        ) from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
