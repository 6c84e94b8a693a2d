"""What to install for a module to be importable, as infra_ref's own metadata declares it."""

from __future__ import annotations

import re
from functools import cache

_DECLARED = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^]]*])?(?P<versions>[^;]*)(?:;.*extra == ['\"](?P<extra>[\w-]+))?"
)
_OWN = "infra-ref"


@cache
def _declared() -> dict[str, tuple[str, str | None]]:
    from importlib import metadata

    try:
        lines = metadata.requires(_OWN) or []
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, tuple[str, str | None]] = {}
    for line in lines:
        if (one := _DECLARED.match(line)) and one["name"] != _OWN:
            import_name = one["name"].lower().replace("-", "_")
            found.setdefault(import_name, (line.partition(";")[0].strip(), one["extra"]))
    return found


def requirement(package: str) -> str:
    """Return what brings the import `package`, such as `redis>=7`, or its bare name if none is declared."""
    return _declared().get(package.lower(), (package, None))[0]


def install_command(package: str) -> str:
    """Return the command that makes `package` importable, by an extra of infra_ref where there is one."""
    extra = _declared().get(package.lower(), (package, None))[1]
    return f"pip install '{_OWN}[{extra}]'" if extra else f"pip install {package}"
