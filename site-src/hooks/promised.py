"""An extension of griffe: ports lead to rules and adapters; an adapter's method says what its port says."""

from __future__ import annotations

from html import escape
from typing import Any

import griffe
from rules import Promise, adapter_page, docstring, kept, promises
from the_map import aliases


class Promised(griffe.Extension):
    """Adds to docstrings what stands elsewhere: names of the text, rules, adapters, ports."""

    def on_class(self, *, cls: griffe.Class, **more: Any) -> None:
        above, below = "", ""
        if cls.path in aliases():
            text, methods = aliases()[cls.path]
            others = f", with {', '.join(f'`{method}`' for method in methods)}" if methods else ""
            above = f"`{text}` in the text{others}.\n{{ .alias }}\n\n"
        if promise := promises().get(cls.path):
            below = _held(promise)
        elif ports := kept().get(cls.path):
            named = ", ".join(_link(f"{promises()[one].page}#{one}", one.rpartition(".")[2]) for one in ports)
            below = f'<p class="leads">Keeps {named}; raises what is said there.</p>'
        if above or below:
            _say(cls, above, below)

    def on_function(self, *, func: griffe.Function, **more: Any) -> None:
        owner = func.parent.path if func.parent else ""
        if promise := promises().get(owner):
            rules = [one for one in promise.rules if func.name in one.uses]
            links = " ".join(_link(f"../contract/#{one.number}", one.number, one.says) for one in rules)
            if rules:
                _say(func, "", f'<p class="leads">Rules that use it: {links}</p>')
        elif not func.docstring:
            for port in kept().get(owner, ()):
                if (said := docstring(port, func.name)) is not None:
                    name = f"{port.rpartition('.')[2]}.{func.name}"
                    where = _link(f"{promises()[port].page}#{port}.{func.name}", name)
                    _say(func, said, f'<p class="leads">From {where}</p>')
                    return


def _held(promise: Promise) -> str:
    lines = []
    if promise.contracts:
        named = ", ".join(_link(f"../contract/#{one.lower()}", one) for one in promise.contracts)
        lines.append(f"Held to {named}: {len(promise.rules)} rules.")
    if promise.adapters:
        keepers = ", ".join(_link(adapter_page(module), name) for name, module in promise.adapters)
        lines.append(f"Kept by {keepers}.")
    return "".join(f'<p class="leads">{line}</p>' for line in lines)


def _link(to: str, name: str, title: str = "") -> str:
    more = f' title="{escape(title)}"' if title else ""
    return f'<a href="{to}"{more}>{escape(name)}</a>'


def _say(of: griffe.Object, above: str, below: str) -> None:
    said = of.docstring.value if of.docstring else ""
    of.docstring = griffe.Docstring("\n\n".join(filter(None, [above + said, below])), parent=of)
