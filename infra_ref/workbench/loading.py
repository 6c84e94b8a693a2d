"""Import what `module:name` means, and say in one sentence why it cannot be."""

from __future__ import annotations

import difflib
import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.requirements import install_command


def load(target: str) -> Any:
    """Return the object at `module:name`; the name may have dots. The current folder can be imported from.

    Raises Refused when there is no such thing, or when importing it fails.
    """
    module_name, colon, name = target.partition(":")
    if not (module_name and colon and name):
        raise Refused(
            f"{target} is not module:name: write it like infra_ref.caching.memory_cache:MemoryCache."
        )
    found: Any = load_module(module_name)
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [one for one in dir(found) if one[0] != "_"], n=3)
            hint = f"did you mean {', '.join(near)}?" if near else "look at its spelling."
            raise Refused(f"{module_name} has no {name}: {hint}")
        found = getattr(found, part)
    return found


def load_module(name: str) -> ModuleType:
    """Import a module, from the current folder too. Raises Refused when that fails."""
    if "" not in sys.path and (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise Refused(
                f"There is no module {missing} to import: run it from the folder that holds "
                f"{missing.partition('.')[0]}, or install it."
            ) from error
        top = missing.partition(".")[0]
        raise Refused(f"Importing {name} needs {top}, which is missing: {install_command(top)}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the module raises at import is reported in a sentence
        raise Refused(f"Importing {name} {raised(error)}.") from error


def raised(error: BaseException) -> str:
    """Return what an error did, and what to do about it, to follow the name of what was under way."""
    if isinstance(error, SystemExit):
        return f"ended the program ({in_one_line(error)}): take that out first"
    return f"raised {in_one_line(error)}: put that right first"


def in_one_line(error: BaseException) -> str:
    """Return the error on one line, with the place where it came up."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    if isinstance(error, SyntaxError):
        return text
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "<frozen" not in frame.filename]
    return f"{text} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else text
