"""`Settings`, the base of a settings model, and the types of options that hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Secret, model_validator
from pydantic_settings import SettingsConfigDict

NESTED = "__"
"""Between the names of nested options in a variable: `SHOP_POOL__SIZE`."""


class Settings(BaseModel):
    """A frozen model of settings. It reads no file and no environment itself; `load` does.

    `profiles` has further defaults for each value of the option `environment`.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_nested_delimiter=NESTED,
        hide_input_in_errors=True,  # else the error on one option prints the secrets of all others
        validate_default=True,
    )
    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _with_profile(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**cls.profiles.get(str(given.get("environment")), {}), **given}


class SecretUrl(Secret[str]):
    """A URL whose login, query and fragment are shown as stars; `get_secret_value()` gives it whole.

    >>> SecretUrl("redis://:swordfish@cache.test:6379/0?token=abc")
    SecretUrl('redis://***@cache.test:6379/0?***')
    """

    def _display(self) -> str:
        scheme, _, rest = self._secret_value.partition("://")
        place, query, _ = rest.partition("?")
        host, fragment, _ = place.rpartition("@")[2].partition("#")  # in this order: a password may have a #
        return f"{scheme}://{'***@' if '@' in place else ''}{host}{fragment and '#***'}{query and '?***'}"


def check_url(url: SecretUrl) -> SecretUrl:
    """Return `url`; raises ValueError, without the URL, for one that has no scheme or an impossible port."""
    text = url.get_secret_value()
    if "://" not in text:
        raise ValueError("write a URL with its scheme, such as memory:// or redis://host:6379/0")
    try:
        urlsplit(text).port  # noqa: B018 - raises for a port out of range
    except ValueError:
        raise ValueError(
            "the port of a URL is a number from 0 to 65535; write / ? # of a password as %2F %3F %23"
        ) from None
    return url


ServiceUrl = Annotated[SecretUrl, AfterValidator(check_url)]
"""An option that is the URL of a service; its scheme chooses the adapter."""
