"""The encoding of identifiers is injective: what was encoded can be decoded.

The decoder is written from the rules at the head of `xpm_config._encoding.scheme`, and shares no
code with the encoder. Configurations inside a value are digests, which it gives as such.
"""

from __future__ import annotations

import re
import struct
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_config import Config, Param, sealed_set
from xpm_config._encoding.scheme import reference
from xpm_config._identity.computation import digest
from xpm_config._identity.preimage import counted_children, preimage
from xpm_config._model.state import ConfigObject

# --- the decoder

_MEMBER = rb"[\w.<>]+\.[\w<>]+:\w+"


class Decoder:
    """Reads the encoding of the preimage of a configuration."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        assert len(found) == count, "the encoding ends too early"
        self.at += count
        return found

    def length(self) -> int:
        return int(struct.unpack("!q", self.take(8))[0])

    def sized(self) -> bytes:
        return self.take(self.length())

    def body(self) -> tuple[Any, str, dict[str, Any], list[Any]]:
        """Producer, type name, arguments and init tasks."""
        assert self.take(1) == b"\0"
        producer = None
        if self.data[self.at] == 8:
            self.take(1)
            producer = self.value(False)
        end = re.compile(rb"[\x00-\x0f]|\Z").search(self.data, self.at)
        assert end is not None
        name = self.take(end.start() - self.at).decode()
        arguments = {}
        while self.at < len(self.data) and self.data[self.at] == 3:
            separator = self.data.index(5, self.at)
            argument = self.data[self.at + 1 : separator].decode()
            self.at = separator + 1
            arguments[argument] = self.value(False)
        tasks = []
        if self.at < len(self.data):
            assert self.take(1) == b"\x0c"
            while self.at < len(self.data):
                tasks.append(self.value(False))
        return producer, name, arguments, tasks

    def value(self, inner: bool) -> Any:
        tag = self.take(1)[0]
        if tag == 0x00:
            return self.config()
        if tag == 0x01:
            return ("int", self.length())
        if tag == 0x02:
            return ("float", self.take(8))
        if tag == 0x03:
            return ("str", self.text(inner))
        if tag == 0x06:
            return None
        if tag == 0x07:
            return ("list", [self.value(True) for _ in range(self.count())])
        if tag == 0x09:
            return self.open_dictionary()
        if tag == 0x0A:
            found = re.compile(_text_pattern(_MEMBER)).match(self.data, self.at)
            assert found is not None
            return ("enum", self.take(len(found.group())).decode())
        if tag == 0x0E:
            return ("set", frozenset(map(_frozen, [self.value(True) for _ in range(self.count())])))
        assert tag == 0x0F, f"no such tag: {tag:x}"
        return self.extended()

    def count(self) -> int:
        return int(struct.unpack("!d", self.take(8))[0])

    def config(self) -> Any:
        if self.data[self.at : self.at + 5] == b"\x0b\0\0\0\0":
            self.take(1)
            return ("loop", self.length())
        found = self.take(32)
        if self.data[self.at : self.at + 1] == b"\x0d":
            self.take(1)
            return ("config", found, self.length())
        return ("config", found, 0)

    def extended(self) -> Any:
        kind = self.take(1)
        if kind == b"T":
            return ("str", self.sized().decode("utf-8", "surrogatepass"))
        if kind == b"I":
            return ("int", int.from_bytes(self.sized(), "big", signed=True))
        if kind == b"B":
            return ("bool", self.take(1) == b"\1")
        if kind == b"Y":
            return ("bytes", self.sized())
        if kind == b"U":
            return ("tuple", [self.value(True) for _ in range(self.length())])
        if kind == b"D":
            items = [(self.value(True), self.value(True)) for _ in range(self.length())]
            return ("dict", frozenset(map(_frozen, items)))
        if kind == b"P":
            return ("path", self.sized().decode("utf-8", "surrogatepass"))
        if kind == b"E":
            return ("enum", self.sized().decode("utf-8", "surrogatepass"))
        assert kind == b"C", f"no such kind: {kind!r}"
        return ("config", self.take(32), 0)

    def text(self, inner: bool) -> str:
        if inner:
            token = rb"[\x00-\x03\x05-\x07\x0e\x0f]|\x0c\x00|\n%s(?=[\x00-\x0f]|\Z)" % _member()
            end = re.compile(rb"\t*(?:%s|\Z)" % token)
        else:
            end = re.compile(rb"\x03[^\x00-\x1f]+\x05|\x0c\x00|\Z")
        found = end.search(self.data, self.at)
        assert found is not None
        return self.take(found.start() - self.at).decode()

    def open_dictionary(self) -> Any:
        """A dictionary without length: it goes on as long as there is a key."""
        items = []
        while self.at < len(self.data) and self.data[self.at] not in b"\x07\x09\x0c\x0e":
            if self.data[self.at : self.at + 2] == b"\x0fD":
                break
            if re.compile(rb"\x03[^\x00-\x1f]*\x05").match(self.data, self.at):
                break  # the next argument
            items.append((self.value(True), self.value(True)))
        return ("dict", frozenset(map(_frozen, items)))


def _text_pattern(pattern: bytes) -> bytes:
    return pattern.replace(rb"\w", rb"(?:[0-9A-Za-z_]|[\x80-\xff])").replace(
        rb"[(?:[0-9A-Za-z_]|[\x80-\xff])", rb"[0-9A-Za-z_\x80-\xff"
    )


def _member() -> bytes:
    return _text_pattern(_MEMBER)


def _frozen(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return value


# --- what is encoded


class Plain(Enum):
    A = 1
    B = 2


class Number(IntEnum):
    ONE = 1


Strange = Enum("Strange", {"with space": 1, "a:b": 2, "é\n": 3})


class Leaf(Config):
    x: Param[int]


class Loose(Config):
    a: Param[Any]
    b: Param[Any]
    c: Param[Any]


LEAVES = list(sealed_set(Leaf.C(x=1), Leaf.C(x=2)))


def canonical(value: Any) -> Any:
    """A value as the decoder gives it."""
    if value is None:
        return None
    if isinstance(value, ConfigObject):
        return ("config", digest(value), 0)
    if isinstance(value, Enum):
        cls = type(value)
        return ("enum", f"{cls.__module__}.{cls.__qualname__}:{value.name}")
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int):
        return ("int", value)
    if isinstance(value, float):
        return ("float", struct.pack("!d", value))
    if isinstance(value, str):
        return ("str", value)
    if isinstance(value, bytes):
        return ("bytes", value)
    if isinstance(value, PurePosixPath):
        return ("path", value.as_posix())
    if isinstance(value, list):
        return ("list", [canonical(item) for item in value])
    if isinstance(value, tuple):
        return ("tuple", [canonical(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return ("set", frozenset(_frozen(canonical(item)) for item in value))
    assert isinstance(value, dict)
    items = [(canonical(k), canonical(v)) for k, v in value.items()]
    return ("dict", frozenset(map(_frozen, items)))


# texts that look like parts of an encoding
texts = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="\t\n\x0c\x03\x05\x00\x01\x09\x0a\x0d\x0e\x0fab.:", max_size=12),
    st.lists(
        st.sampled_from(
            ["\n", "\t", "\x03b\x05", "a", "b", "\nm.E:A", "\x0c", "\x0c\x00", "\x00", "é", "\x06"]
        ),
        max_size=6,
    ).map("".join),
    st.text(alphabet=st.characters(), max_size=4),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    texts,
    st.binary(max_size=10),
    st.sampled_from([*Plain, *Number, *Strange]),
    st.sampled_from(LEAVES),
    st.builds(PurePosixPath, st.text(alphabet="ab/.\n\x03", max_size=6)),
)
hashables = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.tuples(inner, inner), st.frozensets(inner, max_size=3), st.tuples(inner)
    ),
    max_leaves=4,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(hashables, inner, max_size=3),
        st.sets(hashables, max_size=3),
    ),
    max_leaves=10,
)


def body(config: Any) -> bytes:
    """The bytes whose digest is the identifier."""
    info = config.__xpm__
    refs = {id(child): reference(digest(child)) for child in counted_children(info)}
    return preimage(info, refs, lambda argument: b"")


def decoded(config: Any) -> dict[str, Any]:
    decoder = Decoder(body(config))
    producer, name, arguments, tasks = decoder.body()
    assert decoder.at == len(decoder.data)
    assert (producer, tasks) == (None, [])
    assert name == config.__xpm__.xpmtype.identifier
    return arguments


@settings(max_examples=600, deadline=None)
@given(values, values, values)
def test_what_is_encoded_can_be_decoded(a: Any, b: Any, c: Any) -> None:
    assert _frozen(decoded(Loose.C(a=a, b=b, c=c))) == _frozen(
        {"a": canonical(a), "b": canonical(b), "c": canonical(c)}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a\x03b", "c"], ["a", "b\x03c"]),
        ({"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a": {}, "b": 1}, {"a": {"b": 1}}),
        (True, 1),
        ([True], [1]),
        ({"a": True}, {"a": 1}),
        ((1, 2), [1, 2]),
        (b"a", "a"),
        ("1", 1),
        (1.0, 1),
        (2**63, -(2**63)),
        (2**64, 2**72),
        ([{}], [{}, {}]),
        (["a", {}], ["a\t"]),
        (["a", Plain.A], [f"a\n{__name__}.Plain:A"]),
        ([{"a": 1}, "b"], [{"a": 1, "b": None}]),
        (PurePosixPath("a"), "a"),
        (None, "None"),
        ({1: "a"}, {True: "a"}),
        ({1, 2}, [1, 2]),
    ],
)
def test_different_values_have_different_identifiers(one: Any, other: Any) -> None:
    first, second = (Loose.C(a=value, b=None, c=None) for value in (one, other))
    assert first.__identifier__() != second.__identifier__()


@pytest.mark.parametrize(
    "text", ["a\tb", "a\nb", "\tindented\n\n", "Question:\n\tAnswer: yes\r\n", "e\x1b[1m", "\n"]
)
def test_ordinary_texts_keep_the_encoding_of_existing_workspaces(text: str) -> None:
    written = b"\x03" + text.encode()
    assert body(Loose.C(a=text, b=0, c=0)).count(b"\x03a\x05" + written) == 1
    listed = b"\x07" + struct.pack("!d", 2) + written + b"\x03z"
    assert body(Loose.C(a=[text, "z"], b=0, c=0)).count(listed) == 1
    assert b"\x0f" not in body(Loose.C(a={text: text}, b=0, c=[{text: text}, {"b": text}]))


def test_equal_dictionaries_have_one_encoding() -> None:
    mixed: dict[Any, Any] = {1: 1, "a": 2, None: 3, (1,): 4, Plain.A: 5}
    turned = dict(reversed(list(mixed.items())))
    assert body(Loose.C(a=mixed, b=0, c=0)) == body(Loose.C(a=turned, b=0, c=0))


def test_a_value_that_cannot_be_written_is_refused_with_its_place() -> None:
    config = Loose.C(a=[object()], b=0, c=0)
    with pytest.raises(
        TypeError, match=r"Loose\.a \(created at .*test_encoding\.py:\d+\): a value"
    ):
        config.__identifier__()
