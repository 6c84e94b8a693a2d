"""Secrets in logs: whoever reads the log, or its backup, can log in."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping

UNIT = "of 2 secrets are in the log"
SECRETS = ("swordfish", "tok-4711")

Record = Callable[[logging.Logger, str, Mapping[str, str]], None]


def bad(logger: logging.Logger, url: str, headers: Mapping[str, str]) -> None:
    """Log a call to another service."""
    logger.warning("calling %s with %s", url, headers)


def repaired(logger: logging.Logger, url: str, headers: Mapping[str, str]) -> None:
    """Log a call to another service: where to, and which headers, not what is in them."""
    scheme, _, rest = url.partition("://")
    logger.warning("calling %s://%s with %s", scheme, rest.rpartition("@")[2], sorted(headers))


async def measure(record: Record) -> int:
    """Return how many of two secrets the log holds."""
    written = io.StringIO()
    logger, handler = logging.getLogger("infra_ref.anti_patterns.secrets"), logging.StreamHandler(written)
    logger.propagate = False
    logger.addHandler(handler)
    record(logger, f"https://shop:{SECRETS[0]}@bank.test/rates", {"Authorization": f"Bearer {SECRETS[1]}"})
    logger.removeHandler(handler)
    return sum(secret in written.getvalue() for secret in SECRETS)
