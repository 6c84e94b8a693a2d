"""A path that was written down by somebody, held inside the folder that it belongs to."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from infra_ref.workbench.refused import Refused


def confined(root: Path, relative: str) -> Path:
    """Return `root / relative` for a file to be read or written there.

    Raises Refused if it would lie outside of `root`, by its name or through a
    symbolic link, or if a folder stands where the file should be or a file
    where a folder should.
    """
    parts = PurePosixPath(relative).parts
    odd = not parts or ".." in parts or PurePosixPath(relative).is_absolute()
    if odd or any(character in relative for character in ("\\", "\0", ":")):
        raise Refused(f"{relative!r} is no path inside {root}: nothing was written.")
    home, path = root.resolve(), root
    for part in parts[:-1]:
        path /= part
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            raise Refused(f"{path} is a symbolic link that leads out of {root}: nothing was written.")
        if path.exists() and not path.is_dir():
            raise Refused(f"{path} is a file, and a folder of that name is needed: move it away.")
    path /= parts[-1]
    if path.is_symlink():
        raise Refused(f"{path} is a symbolic link: put a file of its own there, or move it away.")
    if path.is_dir():
        raise Refused(f"{path} is a folder, and a file of that name is needed: move it away.")
    return path
