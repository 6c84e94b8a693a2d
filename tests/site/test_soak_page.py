"""The page of the soak tells a run that failed as plainly as one that did not."""

from __future__ import annotations

import json
from pathlib import Path

import soak_page

RECORD = {
    "seconds": 1200,
    "machine": {
        "date": "2026-11-27",
        "processor": "x",
        "cores": 2,
        "load": 1.5,
        "system": "Linux",
        "python": "CPython 3.11.7",
        "versions": {},
    },
    "faults": {"Valkey killed": 8},
    "loads": {"orders on SQLite": {"longest": 1.2, "counts": {"placed": 50_000}}},
    "resources": {"memory, MB": [100.0, 101.0, 104.5], "files": [36, 36, 36]},
    "bounds": {"memory, MB": [10, 3], "files": [10, 10]},
    "broken": {},
}


def page(tmp_path: Path, **changed: object) -> str:
    record = tmp_path / "soak.json"
    record.write_text(json.dumps({**RECORD, **changed}))
    return soak_page.page(record)


def test_a_run_that_failed_says_so_first_and_what_broke_last(tmp_path: Path) -> None:
    broken = {"leaks": ["memory, MB: early 100.0, half way 101.0, at the end 104.5"]}
    lines = page(tmp_path, broken=broken).splitlines()
    assert lines[2] == "**Failed: see what broke, below.**"
    assert "* leaks: memory, MB: early 100.0, half way 101.0, at the end 104.5" in lines
    assert page(tmp_path).splitlines()[2] == "**Nothing broke.**"


def test_each_resource_stands_beside_its_bounds(tmp_path: Path) -> None:
    written = page(tmp_path)
    assert "| memory, MB | 100 | 101 | 104.5 | 10 | 3 |" in written
    assert "The 3 MB after half way are 150 bytes for each order of that time." in written
