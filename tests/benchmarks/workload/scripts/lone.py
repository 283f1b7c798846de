"""A script outside any package: `python lone.py N FILE` writes the state of a tree of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from experimaestro import Config, Param, SerializationContext, field, state_dict


class Lone(Config):
    """A node of a binary tree."""

    x: Param[int]
    left: Param[Lone | None] = field(default=None)
    right: Param[Lone | None] = field(default=None)


def tree(n: int) -> Lone | None:
    """A balanced tree of so many nodes, all different."""
    if n <= 0:
        return None
    left = (n - 1) // 2
    return Lone.C(x=n, left=tree(left), right=tree(n - 1 - left))


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(
        json.dumps(state_dict(SerializationContext(), tree(int(sys.argv[1]))))
    )
