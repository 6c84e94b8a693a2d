"""The shapes that the pictures are made of. Colours follow the page; no script, no id, no font."""

from __future__ import annotations

import html
from collections.abc import Iterable

CHAR = 7.3
"""Width of a character of the pictures' font, a little more than most have."""

TINT = {"open": "#c98a1b", "returned": "#2e9e5b", "raised": "#d64545", "cancelled": "#c98a1b"}
"""A colour for each outcome that can be told from the page's, light or dark."""


def picture(width: float, height: float, title: str, description: str, shapes: Iterable[str]) -> str:
    """Return an inline picture that is made smaller where the page is too narrow for it."""
    return (
        f"<div><div style='font-weight:600;margin:.3em 0'>{html.escape(title)}</div>"
        f"<svg role='img' aria-label='{quoted(title)}' xmlns='http://www.w3.org/2000/svg' "
        f"viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' height='{height:.0f}' fill='none' "
        "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='12' "
        "style='color:inherit;max-width:100%;height:auto'>"
        f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>{''.join(shapes)}</svg></div>"
    )


def quoted(text: str) -> str:
    """Return text for an attribute in single quotes."""
    return html.escape(text, quote=True)


def text(x: float, y: float, says: str, *, anchor: str = "start", more: str = "") -> str:
    """Return a text at a point of its baseline."""
    at = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    return f"<text {at} fill='currentColor' {more}>{html.escape(says)}</text>"


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = "currentColor", more: str = "") -> str:
    """Return a straight line."""
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{stroke}' {more}/>"


def box(x: float, y: float, width: float, height: float, *, more: str = "") -> str:
    """Return a rectangle with round corners."""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' rx='3' {more}/>"


def head(x: float, y: float, direction: int, *, fill: str = "currentColor") -> str:
    """Return an arrow's head with its point at (x, y); direction 1 points right, -1 left."""
    back = x - 8 * direction
    return f"<polygon points='{x:.1f},{y:.1f} {back:.1f},{y - 4:.1f} {back:.1f},{y + 4:.1f}' fill='{fill}'/>"


def short(says: str, most: int = 48) -> str:
    """Return at most that many characters of a text."""
    return says if len(says) <= most else says[: most - 1] + "…"


def moment(seconds: float) -> str:
    """Return a time as people say it.

    >>> [moment(one) for one in (0, 0.05, 1.5, 90, 3600)]
    ['0', '50 ms', '1.5 s', '90 s', '60 min']
    """
    if seconds == 0:
        return "0"
    if seconds < 1:
        return f"{round(seconds * 1000, 3):.4g} ms"
    if seconds < 600:
        return f"{round(seconds, 3):.4g} s"
    return f"{round(seconds / 60, 2):.5g} min" if seconds < 36_000 else f"{round(seconds / 3600, 2):.6g} h"
