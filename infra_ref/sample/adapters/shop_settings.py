"""The options of the sample shop, and what its three environments choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from infra_ref.configuration.settings import ServiceUrl, Settings


class ShopSettings(Settings):
    """The sample shop. Each option is the variable of its name, in capitals, with `SHOP_` before it."""

    model_config = SettingsConfigDict(env_prefix="SHOP_")
    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "test": dict.fromkeys(
            ("repository_url", "cache_url", "events_url", "mail_url", "files_url"), "memory://"
        ),
        "development": {
            "repository_url": "sqlite:///shop.db",
            "cache_url": "fakeredis://",
            "events_url": "fakeredis://",
            "mail_url": "memory://",
            "files_url": "memory://",
        },
        # Production has no default: a variable that is missing must not mean data in memory.
        "production": {},
    }

    environment: Literal["test", "development", "production"] = Field(
        description="Which defaults apply. There is none, so that nobody gets the wrong one unnoticed."
    )
    repository_url: ServiceUrl = Field(description="Where users and orders are stored.")
    cache_url: ServiceUrl = Field(description="Where answers are cached.")
    events_url: ServiceUrl = Field(description="What carries events to those who react to them.")
    mail_url: ServiceUrl = Field(description="The server that mail is handed to.")
    files_url: ServiceUrl = Field(description="Where files are kept: a folder or a bucket.")
    name: str = Field(
        "shop",
        pattern="^[a-z][a-z0-9_-]*$",
        description="Sets this shop apart from others on the same servers: it begins their keys and streams.",
    )
    host: str = Field("127.0.0.1", description="The address that the service listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Its port; 0 is any free one.")
    shutdown_seconds: float = Field(
        10.0, gt=0, le=300, description="How long requests under way may take to finish at shutdown."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The lowest level that is logged. Applies at once when changed."
    )
