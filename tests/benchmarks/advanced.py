"""advanced-alchemy's repository; while it is imported, it uses what SQLAlchemy 2.1 has deprecated."""

from __future__ import annotations

import warnings

with warnings.catch_warnings(action="ignore"):
    from advanced_alchemy.repository import SQLAlchemyAsyncRepository

__all__ = ["SQLAlchemyAsyncRepository"]
