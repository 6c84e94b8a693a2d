"""`JinjaTemplates`: subject, text and HTML of a mail from three templates, by Jinja2."""

from __future__ import annotations

from typing import Any, TypedDict

from jinja2 import BaseLoader, Environment, StrictUndefined


class Content(TypedDict):
    """What a template makes of an `Email`: `Email(**content, sender=..., to=...)`."""

    subject: str
    text: str
    html: str


class JinjaTemplates:
    """Renders a mail of three templates: `welcome.subject`, `welcome.txt` and `welcome.html`.

    `loader` finds them; a FileSystemLoader reads a folder. In HTML every value is escaped. A value that
    is missing raises UndefinedError, a template TemplateNotFound. A subject with a line break is
    refused by `Email`.
    """

    def __init__(self, loader: BaseLoader) -> None:
        self._environment = Environment(
            loader=loader,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def render(self, name: str, /, **values: Any) -> Content:
        """Return the content of one mail."""
        subject, text, html = (
            self._environment.get_template(f"{name}.{kind}").render(values)
            for kind in ("subject", "txt", "html")
        )
        return {"subject": subject.removesuffix("\n"), "text": text, "html": html}
