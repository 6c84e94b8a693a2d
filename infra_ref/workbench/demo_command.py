"""`infra-ref demo`: the sample shop as a web service, on the infrastructure of an environment."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.requirements import install_command


def demo(
    env: Annotated[str | None, typer.Option(help="test, development or production.")] = None,
    file: Annotated[Path | None, typer.Option(help="A TOML file of settings, followed.")] = None,
    secrets: Annotated[
        Path | None, typer.Option(help="A folder with a file for each secret, named as its variable.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Where to listen: this machine alone.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 is any free one.")] = None,
) -> None:
    """Serve the sample shop over HTTP. Its settings are those of `infra-ref config`; / lists the routes.

    At SIGTERM requests under way are finished, and everything is closed.
    """
    given = {"environment": env, "host": host, "port": port}
    arguments = {name: value for name, value in given.items() if value is not None}
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_serve(file, secrets, arguments))
    except ModuleNotFoundError as missing:
        raise Refused(f"{missing}: {install_command('starlette')}") from None


async def _serve(file: Path | None, secrets: Path | None, arguments: dict[str, Any]) -> None:
    import uvicorn

    from infra_ref import failures
    from infra_ref.configuration.make_configuration import make_configuration
    from infra_ref.factory.build import build
    from infra_ref.factory.opening import opening
    from infra_ref.observability.stdlib_logger import StdlibLogger
    from infra_ref.sample.adapters.shop_settings import ShopSettings
    from infra_ref.workbench.demo.service import make_service

    logger = StdlibLogger(logging.getLogger("shop"))
    reading = make_configuration(ShopSettings, logger=logger, file=file, secrets=secrets, arguments=arguments)
    try:
        async with reading as configuration:
            settings = configuration.current
            logging.getLogger().setLevel(settings.log_level)
            configuration.subscribe(lambda _, after: logging.getLogger().setLevel(after.log_level))
            server = uvicorn.Server(
                uvicorn.Config(
                    lambda: service,
                    factory=True,
                    host=settings.host,
                    port=settings.port,
                    timeout_graceful_shutdown=round(settings.shutdown_seconds) or 1,
                    log_config=None,
                )
            )
            with server.capture_signals():  # else the one that ends the server leaves the rest open
                async with build(settings) as infrastructure:
                    with opening("events_url", settings.events_url):
                        service = await make_service(infrastructure, logger)
                    logger.info("open", repository=settings.repository_url, cache=settings.cache_url)
                    await server.serve()
                logger.info("closed")
    except failures.Refused as refused:
        raise Refused(f"{refused}{_reason(refused)}") from None
    except SystemExit:  # uvicorn has logged why
        raise Refused("the service could not start: what is above says why.") from None


def _reason(refused: Exception) -> str:
    """Return the error behind the refusal, without secrets; "" where there is none."""
    from infra_ref.observability.decisions.redaction import redact_text

    first = refused
    while isinstance(first.__cause__, Exception):
        first = first.__cause__
    silent = "it did not answer in time" if isinstance(first, TimeoutError) else "it gives no reason"
    said = redact_text(str(first)) or silent
    return "" if first is refused else f" ({type(first).__name__}: {said})"
