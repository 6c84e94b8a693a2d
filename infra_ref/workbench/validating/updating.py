"""Run a notebook anew, and write down what it shows: `infra-ref validate --update`."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from infra_ref.workbench.atomic_write import write_atomically
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.validating.cells import first_difference, shown
from infra_ref.workbench.validating.findings import Finding

KEPT = ("kernelspec", "language_info")
"""The metadata that is written; of the language only its name, since the rest differs by machine."""


def updated(path: Path, *, seconds: float) -> list[Finding]:
    """Run all cells in a fresh kernel, write the outputs, and return what each changed cell shows now.

    A cell gets that many seconds. Raises Refused, and writes nothing, when the file
    is no notebook, or when a cell raises that is not tagged `raises-exception`.
    """
    try:
        old = json.loads(path.read_text("utf-8"))
        new = _run(path, seconds)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is no notebook of version 4: {error}") from error
    new["metadata"] = {name: one for name, one in new["metadata"].items() if name in KEPT}
    new["metadata"]["language_info"] = {"name": "python"}
    changed = list(_changes(_code(old), _code(new)))
    write_atomically(path, json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return changed


def _run(path: Path, seconds: float) -> dict[str, Any]:
    try:
        import nbformat
        import zmq
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
        from traitlets.config import Config
    except ModuleNotFoundError as error:
        raise Refused(f"--update runs notebooks with nbclient: pip install nbclient ({error})") from error

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook["metadata"].pop("widgets", None)
    client = NotebookClient(
        notebook,
        timeout=seconds,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        config=Config({"KernelManager": {"transport_encryption": "auto"}} if zmq.has("curve") else {}),
    )
    checking = {**os.environ, "INFRA_REF_CI": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        asyncio.run(client.async_execute(env=checking))
    except CellExecutionError as error:
        raise Refused(f"{path}: a cell raised, nothing was written:\n{error}") from error
    except CellTimeoutError as error:
        raise Refused(f"{path}: a cell took over {seconds:g} s, nothing was written:\n{error}") from error
    except DeadKernelError as error:
        raise Refused(f"{path}: the kernel died, nothing was written.") from error
    written: dict[str, Any] = json.loads(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    return written


def _code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Finding]:
    found = []
    for number, (before, after) in enumerate(zip(old, new, strict=True), start=1):
        was, now = (shown([_with_text(one) for one in cell["outputs"]]) for cell in (before, after))
        if was != now:
            found.append(Finding(number, "shows something else now", *first_difference(was, now)))
    return found


def _with_text(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output whose texts are whole; a notebook's file may hold them as lines."""
    whole = {
        name: "".join(one) if isinstance(one, list) else one for name, one in output.get("data", {}).items()
    }
    return {**output, "data": whole, "text": "".join(output.get("text", ""))}
