"""A pytest plug-in: where INFRA_REF_CI is set, no test may skip for want of a service, a package or a tool.

A skip for a capability that an adapter lacks by nature stays a skip.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)
WANTING = ("INFRA_REF_TEST_", "could not import", "No module named", "the test bench has no `")
"""What the reason of such a skip holds; an adapter of ours says in `lacks` what it cannot be held to."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return refused(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return refused(report)


def refused(report: R) -> R:
    """Make a failure of a skip for want of something that CI has to have."""
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if os.environ.get("INFRA_REF_CI") and any(word in reason for word in WANTING):
        report.outcome = "failed"
        report.longrepr = f"CI has to run this, and it was skipped. {reason}"
    return report
