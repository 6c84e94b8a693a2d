"""How the teaching tools look in a cell: one card, on a light or a dark page, and as text."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable
from typing import Literal

Tone = Literal["good", "bad", "open", "plain"]

SIGN: dict[Tone, str] = {"good": "✓", "bad": "✗", "open": "–", "plain": "·"}
WIDTH = 100
"""Characters in a line of the text form."""


def card(tone: Tone, title: str, *parts: str) -> str:
    """Return the HTML of a card; `parts` are HTML already, `title` is text."""
    sign = f"<b class='ir-sign'>{SIGN[tone]}</b> " if tone != "plain" else ""
    head = f"<p class='ir-title'>{sign}{inline(title)}</p>"
    return f"{_STYLE}<div class='ir-card {tone}'>{head}{''.join(parts)}</div>"


def paragraph(text: str) -> str:
    """Return HTML for text: a blank line parts paragraphs, backticks mark code."""
    return "".join(f"<p>{inline(one)}</p>" for one in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text that may be indented and wrapped as source code is."""
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text.strip()) if one.strip()]


def inline(text: str) -> str:
    """Return HTML for a run of text, with `code` between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return HTML for names and values; a value is code."""
    rows = "".join(
        f"<dt>{inline(name)}</dt><dd><code>{html.escape(value)}</code></dd>" for name, value in pairs
    )
    return f"<dl>{rows}</dl>" if rows else ""


def folded(summary: str, inner: str, *, shown: bool = False) -> str:
    """Return HTML that hides `inner`, which is HTML, until it is asked for."""
    return f"<details{' open' if shown else ''}><summary>{inline(summary)}</summary>{inner}</details>"


def source(code: str) -> str:
    """Return HTML for source code."""
    return f"<pre><code>{html.escape(code.strip())}</code></pre>"


def lines(tone: Tone, title: str, *parts: str) -> str:
    """Return the text form of a card: each part is wrapped and indented, unless it is laid out already."""
    body = [textwrap.indent(wrapped(part), "  ") for part in parts if part]
    return "\n".join([f"{SIGN[tone]} {title}" if tone != "plain" else title, *body])


def wrapped(text: str) -> str:
    """Return a text of one line wrapped; one of several lines was laid out by its author."""
    return text if "\n" in text else textwrap.fill(text, WIDTH - 2)


_STYLE = """<style>
.ir-card { border-left: 3px solid rgba(128, 128, 128, .5); padding: .3em 0 .3em .9em; max-width: 48em; }
.ir-card { margin: .2em 0; }
.ir-card.good { border-color: #2e9e5b; }
.ir-card.bad { border-color: #d64545; }
.ir-card.good .ir-sign { color: #2e9e5b; }
.ir-card.bad .ir-sign { color: #d64545; }
.ir-card p { margin: .25em 0; }
.ir-card .ir-title { font-weight: 600; }
.ir-card dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em .8em; margin: .3em 0; }
.ir-card dt { opacity: .75; font-weight: 400; }
.ir-card dd { margin: 0; }
.ir-card code { background: rgba(128, 128, 128, .15); color: inherit; padding: 0 .25em; border-radius: 3px; }
.ir-card pre { background: rgba(128, 128, 128, .1); color: inherit; padding: .6em .8em; overflow-x: auto; }
.ir-card pre code { background: none; padding: 0; }
.ir-card summary { cursor: pointer; opacity: .85; }
.ir-card details { margin: .3em 0; }
</style>"""
