"""`opening`: what cannot be opened says which setting it is about."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from infra_ref.configuration.settings import SecretUrl
from infra_ref.factory.errors import NotOpened
from infra_ref.failures import Refused


@contextmanager
def opening(option: str, url: SecretUrl) -> Generator[None]:
    """Raise Refused with `NotOpened`, caused by whatever is raised in the block."""
    try:
        yield
    except Exception as error:
        raise Refused(NotOpened(option, str(url), cause=error)) from error
