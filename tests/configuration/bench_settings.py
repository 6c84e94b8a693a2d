"""The options that the contract of loaders asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra_ref.configuration.settings import SecretUrl, ServiceUrl, Settings


class BenchSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="BENCH_")
    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {"development": {"name": "dev"}}

    environment: Literal["test", "development"]
    name: str = "plain"
    port: int = Field(8000, ge=0, le=65535)
    token: SecretStr = SecretStr("none")
    url: ServiceUrl = SecretUrl("memory://")
