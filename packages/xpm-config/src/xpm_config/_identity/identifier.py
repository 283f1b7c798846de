"""The identifier of a configuration."""

from __future__ import annotations


class Identifier:
    """What decides whether two configurations are the same.

    Attributes:
        main: the SHA-256 digest, 32 bytes.
        has_loops: whether the configuration holds itself.
    """

    __slots__ = ("has_loops", "main")

    def __init__(self, main: bytes, has_loops: bool = False) -> None:
        self.main = main
        self.has_loops = has_loops

    @property
    def all(self) -> bytes:
        """The bytes that identify it (`main`)."""
        return self.main

    def hex(self) -> str:
        """Return 64 lower-case hexadecimal digits."""
        return self.main.hex()

    def state_dict(self) -> str:
        """Return the identifier as JSON can hold it."""
        return self.main.hex()

    @staticmethod
    def from_state_dict(data: str | dict[str, str]) -> Identifier:
        """Return the identifier that `state_dict` gave.

        Args:
            data: hexadecimal digits, or a dictionary with these under "main".
        """
        text = data if isinstance(data, str) else data["main"]
        return Identifier(bytes.fromhex(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identifier) and self.main == other.main

    def __hash__(self) -> int:
        return hash(self.main)

    def __str__(self) -> str:
        return self.main.hex()

    def __repr__(self) -> str:
        return f"Identifier({self.main.hex()})"
