"""A text file, whatever its newlines and its byte order mark."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from infra_ref.workbench.refused import Refused


@dataclass(frozen=True, slots=True)
class TextFile:
    """`text` has plain newlines; `like` puts another text into the same outer form."""

    text: str
    mark: bytes = b""
    newline: str = "\n"

    def like(self, text: str) -> bytes:
        """Return `text` as bytes, with this file's newlines and its byte order mark."""
        return self.mark + text.replace("\n", self.newline).encode()


def read_text_file(path: Path) -> TextFile | None:
    """Return the file, or None if it is not there. Raises Refused if it is not text."""
    if not path.is_file():
        return None
    data = path.read_bytes()
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is not UTF-8: save it as UTF-8, or bring it back from version control."
        ) from error
    windows = text.count("\r\n")
    newline = "\r\n" if windows > text.count("\n") - windows else "\n"
    return TextFile(text.replace("\r\n", "\n"), mark, newline)
