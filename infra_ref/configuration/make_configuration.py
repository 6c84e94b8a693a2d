"""Open the settings of a program: checked at the start, reloaded while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from infra_ref.configuration.folder_watch import changes
from infra_ref.configuration.loading import load
from infra_ref.configuration.port import Configuration
from infra_ref.configuration.reloading_configuration import ReloadingConfiguration
from infra_ref.configuration.settings import Settings
from infra_ref.failures import Refused
from infra_ref.observability.port import Logger
from infra_ref.result import Err

S = TypeVar("S", bound=Settings)


@asynccontextmanager
async def make_configuration(
    model: type[S],
    *,
    logger: Logger,
    file: Path | None = None,
    secrets: Path | None = None,
    environ: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Configuration[S]]:
    """Load the settings as `load` does, and reload them whenever `file` or `secrets` change.

    Raises Refused, which holds all problems, if they are not valid at the start.
    """
    read = partial(load, model, file=file, secrets=secrets, environ=environ, arguments=arguments)
    first = await asyncio.to_thread(read)
    if isinstance(first, Err):
        raise Refused(first.error)
    for unknown in first.value.unknown:
        logger.warning("a variable is no option", problem=str(unknown))
    configuration = ReloadingConfiguration(
        first.value.settings, lambda: read().map(lambda loaded: loaded.settings), logger=logger
    )

    async def follow() -> None:
        try:
            async for _ in changes(*(path for path in (file, secrets) if path is not None)):
                await configuration.reload()
        except Exception as error:  # noqa: BLE001 - the program goes on with the settings that it has
            logger.error("settings are not followed any more", error=error)

    following = asyncio.create_task(follow())
    try:
        yield configuration
    finally:
        following.cancel()
        await asyncio.wait({following})
