"""`choose`: the factory for a URL, or the problem that says what to write or install instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from infra_ref.configuration.errors import Problem
from infra_ref.configuration.settings import SecretUrl
from infra_ref.result import Err, Ok, Result

if TYPE_CHECKING:
    from infra_ref.factory.pattern_port import Factory
    from infra_ref.factory.plugin_port import Plugins


class Scheme(NamedTuple):
    """How a scheme is opened. `package` has to be importable, and `extra` of infra_ref brings it."""

    opens: Factory[Any]
    package: str = ""
    extra: str = ""


def choose(
    option: str, url: SecretUrl, schemes: Mapping[str, Scheme], find_plugins: Callable[[], Plugins]
) -> Result[Factory[Any], Problem]:
    """Return what opens the URL: one of `schemes`, or else the plug-in named for port and scheme.

    Plug-ins are looked for only then: it takes some milliseconds to read all metadata.

    `option` is the setting that holds the URL, such as cache_url. Imports nothing that is not chosen.
    """
    port = option.removesuffix("_url")
    scheme, _, rest = url.get_secret_value().partition("://")
    if scheme in schemes:
        chosen = schemes[scheme]
        if chosen.package and find_spec(chosen.package) is None:
            wanted = f"{scheme}:// needs {chosen.package}: pip install 'infra-ref[{chosen.extra}]'"
            return Err(Problem(option, wanted))
        wrong = _wrong_place(scheme, rest)
        return Err(Problem(option, wrong)) if wrong else Ok(chosen.opens)
    from difflib import get_close_matches

    plugins = find_plugins()
    if (name := f"{port}.{scheme}") in plugins.names:
        return plugins.load(name).map_err(lambda broken: Problem(option, str(broken)))
    brought = [one.partition(".")[2] for one in plugins.names if one.startswith(f"{port}.")]
    there = sorted({*schemes, *brought})
    near = get_close_matches(scheme, there, n=1)
    guess = f"did you mean {near[0]}://? There" if near else "there"
    return Err(Problem(option, f"{scheme}:// is not known; {guess} is {', '.join(there)}"))


def _wrong_place(scheme: str, rest: str) -> str | None:
    """Return what is wrong with the file of a sqlite:/// URL or the folder of a file:// URL."""
    if scheme == "file" and (place := Path(unquote(rest))).is_file():
        return f"{place} is a file: name a folder"
    if scheme == "sqlite" and rest.strip("/"):
        place = Path(rest.removeprefix("/"))
        if place.is_dir():
            return f"{place} is a folder: name a file in it, such as sqlite:///{place / 'shop.db'}"
        if not place.parent.is_dir():
            return f"there is no folder {place.parent}: create it, or name another"
    return None
