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


def _of(package: str) -> tuple[str, str | None]:
    """Return requirement and extra: of the distribution of that name, or with something after it."""
    known, name = _declared(), package.lower()
    longer = [one for one in known if one.startswith(f"{name}_")]
    return known.get(name) or (known[longer[0]] if len(longer) == 1 else (package, None))


def requirement(package: str) -> str:
    """Return what brings the import `package`, such as `redis>=7`, or its bare name if none is declared."""
    return _of(package)[0]


def install_command(package: str) -> str:
    """Return the command that makes `package` importable, by an extra of infra_ref where there is one."""
    extra = _of(package)[1]
    return f"pip install '{_OWN}[{extra}]'" if extra else f"pip install {package}"
