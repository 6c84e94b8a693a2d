"""Every codec gives back what it was given, and knows what it did not write."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from infra_ref.caching.codec_port import Codec, UndecodableError
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.caching.value_codecs.msgspec_codec import MsgspecCodec
from infra_ref.caching.value_codecs.pydantic_codec import PydanticCodec

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FINITE | TEXT,
    lambda inside: st.lists(inside) | st.dictionaries(TEXT, inside),
    max_leaves=10,
)


@dataclass(frozen=True)
class User:
    id: str
    name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class OlderUser:
    id: int


PLAIN_CODECS: list[Codec[Any]] = [JsonCodec(), PydanticCodec(Any), MsgspecCodec(Any)]
USER_CODECS: list[Codec[User]] = [PydanticCodec(User), MsgspecCodec(User)]


@pytest.mark.parametrize("codec", PLAIN_CODECS, ids=lambda codec: type(codec).__name__)
@given(value=PLAIN)
def test_plain_data_comes_back_as_it_was(codec: Codec[Any], value: Any) -> None:
    assert codec.decode(codec.encode(value)) == value


@pytest.mark.parametrize("codec", PLAIN_CODECS + USER_CODECS)
@pytest.mark.parametrize("data", [b"", b"{", b"\x80\x04.", b"nul", b"\xff", b'{"id": ', b"[" * 100_000])
def test_what_it_did_not_write_is_undecodable(codec: Codec[Any], data: bytes) -> None:
    with pytest.raises(UndecodableError):
        codec.decode(data)


@pytest.mark.parametrize("codec", USER_CODECS, ids=lambda codec: type(codec).__name__)
def test_a_type_comes_back_as_that_type(codec: Codec[User]) -> None:
    user = User("7", "Ада", ("a", "b"))
    assert codec.decode(codec.encode(user)) == user


@pytest.mark.parametrize("codec", USER_CODECS, ids=lambda codec: type(codec).__name__)
def test_another_version_of_the_type_is_undecodable(codec: Codec[User]) -> None:
    with pytest.raises(UndecodableError) as refused:
        codec.decode(PydanticCodec(OlderUser).encode(OlderUser(7)))
    assert refused.value.__cause__ is None  # it would quote the value


@pytest.mark.parametrize("value", [(1, 2), {1: "a"}, {"a": {2: "b"}}, {1, 2}, b"bytes", object(), [(1,)], 1j])
def test_json_refuses_what_it_would_give_back_changed(value: Any) -> None:
    with pytest.raises(TypeError, match="PydanticCodec"):
        JsonCodec().encode(value)


@pytest.mark.parametrize("codec", PLAIN_CODECS, ids=lambda codec: type(codec).__name__)
def test_what_has_no_end_is_refused(codec: Codec[Any]) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="list"):
        codec.encode(loop)


@pytest.mark.parametrize("codec", USER_CODECS, ids=lambda codec: type(codec).__name__)
@pytest.mark.parametrize(
    "value", [{"id": object()}, {"id": "7", "name": "Ada"}, OlderUser(7), "secret", None]
)
def test_a_value_of_another_type_is_refused_and_not_quoted(codec: Codec[Any], value: Any) -> None:
    with pytest.raises(TypeError, match="not what this cache keeps") as refused:
        codec.encode(value)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@dataclass(frozen=True)
class Named(User):
    title: str = ""


CHANGED: list[tuple[Any, Any]] = [
    *((Any, value) for value in (math.inf, (1, 2), {1: 2}, {1, 2}, b"x")),
    *((float, value) for value in (math.inf, -math.inf, math.nan)),
    (User, Named("7", "Ada", title="Countess")),
    (list[int], [1, "2"]),
]


@pytest.mark.parametrize("codec", [PydanticCodec, MsgspecCodec])
@pytest.mark.parametrize(("kind", "value"), CHANGED)
def test_what_would_come_back_changed_is_refused(codec: Any, kind: Any, value: Any) -> None:
    with pytest.raises(TypeError, match="not what this cache keeps"):
        codec(kind).encode(value)


def test_a_model_with_an_alias_comes_back() -> None:
    class Aliased(BaseModel):
        name: str = Field(alias="fullName")

    codec = PydanticCodec(Aliased)
    assert codec.decode(codec.encode(Aliased(fullName="Ada"))) == Aliased(fullName="Ada")


@pytest.mark.parametrize("codec", PLAIN_CODECS + USER_CODECS)
def test_no_codec_of_ours_unpickles(codec: Codec[Any]) -> None:
    class Boom:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("a pickle was loaded",))

    with pytest.raises(UndecodableError):
        codec.decode(pickle.dumps(Boom()))
