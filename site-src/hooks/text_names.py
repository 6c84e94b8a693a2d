"""An extension of griffe: a port says what the text calls it, so that the search finds it by that."""

from __future__ import annotations

from typing import Any

import griffe
from the_map import aliases


class TextNames(griffe.Extension):
    """Adds a line to the docstring of each class that `map.yml` names."""

    def on_class(self, *, cls: griffe.Class, **more: Any) -> None:
        if cls.path not in aliases():
            return
        text, methods = aliases()[cls.path]
        others = f", with {', '.join(f'`{method}`' for method in methods)}" if methods else ""
        said = cls.docstring.value if cls.docstring else ""
        cls.docstring = griffe.Docstring(f"`{text}` in the text{others}.\n{{ .alias }}\n\n{said}", parent=cls)
