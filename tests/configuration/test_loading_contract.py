"""`load` keeps every rule of its contract, for a model with the options that the contract asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra_ref.configuration.contracts.load_settings_contract import LoadSettingsContract
from infra_ref.configuration.loading import load
from infra_ref.configuration.settings import SecretUrl, ServiceUrl, Settings


class BenchSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="BENCH_")
    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {"development": {"name": "dev"}}

    environment: Literal["test", "development"]
    name: str = "plain"
    port: int = Field(8000, ge=0, le=65535)
    token: SecretStr = SecretStr("none")
    url: ServiceUrl = SecretUrl("memory://")


class TestLoad(LoadSettingsContract):
    def make(self) -> Any:
        return partial(load, BenchSettings)
