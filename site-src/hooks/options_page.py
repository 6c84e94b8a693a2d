"""The page of all options, from the settings model."""

from __future__ import annotations

from collections.abc import Iterator

from infra_ref.configuration.options import Option, options
from infra_ref.sample.adapters.shop_settings import ShopSettings

URI = "reference/configuration/all-options.md"

HEAD = """# Options of the sample shop

Each can be set in a TOML file by its name, in the environment by its variable, in the secrets folder by
a file named as the variable, and as an argument. The later of these wins. `infra-ref config explain`
prints the same.

| option | variable | what it is | default |
|---|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    for one in options(ShopSettings):
        yield f"| `{one.name}` | `{one.variable}` | {one.says} *{one.kind}* | {_default(one)} |"


def _default(option: Option) -> str:
    if option.default is not None:
        return f"`{option.default}`"
    return "<br>".join(f"{name}: `{value}`" for name, value in option.profiles.items()) or "must be set"
