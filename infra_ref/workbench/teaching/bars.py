"""`Bars`: a few figures side by side, as a picture and as lines of text.

Bars("Loads at the source", {"each for itself": 100, "single flight": 1})
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from infra_ref.workbench.teaching.svg import CHAR, TINT, box, picture, text

WIDE, ROW, EDGE = 240.0, 22, 12
CELLS = 40
"""Characters of the longest bar in the text form."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures by name, in the order given; `unit` (`"%"`, `"loads"`) stands behind each.

    Raises ValueError for a figure that is below zero or not finite: it has no bar.
    """

    title: str
    figures: Mapping[str, float]
    unit: str = ""

    def __post_init__(self) -> None:
        for name, figure in self.figures.items():
            if not math.isfinite(figure) or figure < 0:
                raise ValueError(f"a bar is 0 or more, and {name!r} is {figure!r}")

    @property
    def _most(self) -> float:
        return max(self.figures.values(), default=0) or 1.0

    def _told(self, figure: float) -> str:
        return f"{figure:.4g} {self.unit}".rstrip()

    def __repr__(self) -> str:
        wide = max(map(len, self.figures), default=0)
        rows = [
            f"  {name:<{wide}}  {'█' * round(CELLS * figure / self._most)} {self._told(figure)}"
            for name, figure in self.figures.items()
        ]
        return "\n".join([self.title, *rows])

    def _repr_html_(self) -> str:
        left = EDGE + max(map(len, self.figures), default=0) * CHAR + 8
        shapes = []
        for row, (name, figure) in enumerate(self.figures.items()):
            y, width = 4.0 + ROW * row, WIDE * figure / self._most
            shapes.append(text(left - 8, y + 15, name, anchor="end"))
            if figure:
                colour = TINT["returned"]
                more = f"stroke='{colour}' fill='{colour}' fill-opacity='.28'"
                shapes.append(box(left, y + 3, max(width, 1.0), 16, more=more))
            shapes.append(text(left + width + 6, y + 15, self._told(figure)))
        right = max((len(self._told(figure)) for figure in self.figures.values()), default=0) * CHAR
        said = "; ".join(f"{name}: {self._told(figure)}" for name, figure in self.figures.items())
        height = ROW * len(self.figures) + 8
        return picture(left + WIDE + right + EDGE, height, self.title, said, shapes)
