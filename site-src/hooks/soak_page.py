"""The page of the soak, from the record that the long run wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmark_page import machine_line
from tree import ROOT

RECORD = ROOT / "site-src" / "soak.json"
URI = "soak.md"
INTRODUCTION = """\
# Soak

The sample shop on PostgreSQL and on SQLite, a client of a faulty peer, and a cache run at the same time
for {minutes} minutes while their servers are killed, stopped, hung and cut off. Afterwards every order that
the shop confirmed is in the database, each paid one was announced and no other, every place of the HTTP
client's pool takes a call, and the cache never gave a value older than the last completed change.
`make test-deep` runs it.
"""


def page(path: Path = RECORD) -> str:
    """Return the page's Markdown; without a record it says how to make one."""
    if not path.is_file():
        return "# Soak\n\nNo run was recorded yet: `make test-deep ARGS='tests/soak --write'` makes one.\n"
    record = json.loads(path.read_text(encoding="utf-8"))
    return "\n".join([INTRODUCTION.format(minutes=round(record["seconds"] / 60)), *_tables(record)]) + "\n"


def _tables(record: dict[str, Any]) -> Iterator[str]:
    yield "## What failed\n\n| fault | times |\n|---|--:|"
    yield from (f"| {fault} | {times:,} |" for fault, times in record["faults"].items())
    for name, load in record["loads"].items():
        yield f"\n## {name[0].upper()}{name[1:]}\n"
        yield f"The longest that a caller waited: {load['longest']:.1f} s.\n\n| what | times |\n|---|--:|"
        yield from (f"| {what} | {times:,} |" for what, times in load["counts"].items())
    yield "\n## What the process used\n\nMedians of the second fifth of the time and of the last."
    yield "Memory may grow by 25 MB, the others by ten.\n"
    yield "| resource | early | at the end |\n|---|--:|--:|"
    yield from (f"| {what} | {early:g} | {late:g} |" for what, (early, late) in record["resources"].items())
    broken = [one for found in record["broken"].values() for one in found]
    yield "\n## What broke\n\n" + ("\n".join(f"* {one}" for one in broken) or "Nothing.")
    yield f"\n{machine_line(record['machine'])}"
