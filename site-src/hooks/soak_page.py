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

**{verdict}**

The sample shop on PostgreSQL and on SQLite, a client of a faulty peer, and a cache run at the same time
for {minutes:g} minutes while their servers are killed, stopped, hung and cut off. Then it is checked that
every order that the shop confirmed is in the database, that each paid one was announced and no other, that
every place of the HTTP client's pool takes a call, that the cache gave no value older than the last completed
change, that no caller waited longer than its limit, and that nothing leaks.

`make test-deep ARGS='tests/soak --write'` runs it and writes the record of this page, also when it fails.
"""
MEMORY = """
Medians of the second fifth of the time, of the third and of the last. The bounds are constants of the test.

Memory is what the system counts for the process (resident set size) right after a garbage collection and
`malloc_trim`, by which the allocator returns what it keeps free for later. It grows until caches are full:
SQLite's, of 2 MB for each connection, and those of prepared statements, 128 for each connection to SQLite and
100 to PostgreSQL. The {half_way} MB after half way are {bytes:,} bytes for each order of that time.
"""


def page(path: Path = RECORD) -> str:
    """Return the page's Markdown; without a record it says how to make one."""
    if not path.is_file():
        return "# Soak\n\nNo run was recorded yet: `make test-deep ARGS='tests/soak --write'` makes one.\n"
    record = json.loads(path.read_text(encoding="utf-8"))
    verdict = "Failed: see what broke, below." if record["broken"] else "Nothing broke."
    introduction = INTRODUCTION.format(verdict=verdict, minutes=record["seconds"] / 60)
    return "\n".join([introduction, *_tables(record)]) + "\n"


def _tables(record: dict[str, Any]) -> Iterator[str]:
    yield "## Faults\n\n| fault | times |\n|---|--:|"
    yield from (f"| {fault} | {times:,} |" for fault, times in record["faults"].items())
    for name, load in record["loads"].items():
        yield f"\n## {name[0].upper()}{name[1:]}\n"
        yield f"The longest that a caller waited: {load['longest']:.1f} s.\n\n| what | times |\n|---|--:|"
        yield from (f"| {what} | {times:,} |" for what, times in load["counts"].items())
    yield "\n## What the process used"
    yield _of_memory(record)
    yield "| resource | early | half way | at the end | may grow, from early | from half way |"
    yield "|---|--:|--:|--:|--:|--:|"
    for what, used in record["resources"].items():
        yield f"| {' | '.join([what, *(f'{one:g}' for one in [*used, *record['bounds'][what]])])} |"
    broken = [f"* {what}: {one}" for what, found in record["broken"].items() for one in found]
    yield "\n".join(["\n## What broke\n", *(broken or ["Nothing."])])
    load = f"The machine's load was {record['machine']['load']}: above its cores, callers wait for it."
    yield f"\n{machine_line(record['machine'])} {load}"


def _of_memory(record: dict[str, Any]) -> str:
    _, half_way = record["bounds"]["memory, MB"]
    placed = sum(load["counts"].get("placed", 0) for load in record["loads"].values())
    orders = round(placed * 0.4)  # from the middle of the third fifth to the middle of the last
    return MEMORY.format(half_way=half_way, bytes=round(half_way * 1e6 / max(orders, 1)))
