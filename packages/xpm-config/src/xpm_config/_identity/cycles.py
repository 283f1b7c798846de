"""Identifiers of configurations that hold loops or instances.

Inside a loop the encoding of a configuration depends on the path that leads to it: one
that is already on the path is written as its distance. The position of an instance
depends on the objects that were met before. So configurations are visited in the order
of the encoding, with the path at hand. A result is used again

- anywhere, if it is in no loop and holds no instance;
- in this computation, if it is in no loop (positions, once given, stay);
- in a loop, where all that it refers to is on the path, at the same distance, and nothing that it
  holds is on the path; without that, a ladder with one loop would take exponential time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._encoding.digest import sha256
from xpm_config._encoding.scheme import instance_position, loop_reference, reference

from .frames import Frame, Known
from .preimage import preimage

if TYPE_CHECKING:
    from xpm_config._model.state import ConfigObject

    from .frames import Computation, Keep


class _Visit:
    """One computation in the order of the encoding."""

    def __init__(self, computation: Computation, keep: Keep) -> None:
        self.computation = computation
        self.keep = keep
        self.path: dict[int, int] = {}
        self.frames: list[Frame] = []
        self.closed: dict[int, bytes] = {}
        self.open: dict[int, list[Known]] = {}
        self.positions: dict[bytes, dict[int, int]] = {}
        self.has_loops = False

    def run(self, root: ConfigObject) -> bytes:
        """Return the digest of the root."""
        self._enter(root, root)
        while True:
            frame = self.frames[-1]
            for child in frame.children:
                if not self._refer(frame, child):
                    self._enter(self.computation.target(child), child)
                    break
            else:
                digest = self._leave(frame)
                if not self.frames:
                    return digest

    def _enter(self, config: ConfigObject, source: ConfigObject) -> None:
        depth = len(self.frames)
        self.path[id(config)] = depth
        # what a partial leaves out, it leaves out of the root alone
        keep = self.keep if depth == 0 else None
        self.frames.append(Frame(config, source, depth, self.computation, keep))

    def _refer(self, frame: Frame, child: ConfigObject) -> bool:
        """Write the reference to a child; return False if the child must be visited first."""
        target = self.computation.target(child)
        key = id(target)
        info = target.__xpm__
        if key in self.path:
            self.has_loops = True
            frame.above[key] = self.path[key]
            frame.refs[id(child)] = loop_reference(len(self.frames) - self.path[key])
            return True
        if child.__xpm__.task is child:
            ref = self.computation.task_reference(child)
        elif key in self.closed:
            ref = reference(self.closed[key])
            frame.instances = True
        elif info.plain and info.digest is not None:
            ref = reference(info.digest)
        elif (plain := self.computation.refs.get(key)) is not None:
            ref = plain
        else:
            known = self._known(target)
            if known is None:
                return False
            self._inherit(frame, key, known)
            ref = reference(known.digest)
        frame.refs[id(child)] = ref + self._position(target, ref)
        return True

    def _position(self, config: ConfigObject, ref: bytes) -> bytes:
        if not config.__xpm__.xpmtype.is_instance:
            return b""
        self.frames[-1].instances = True
        objects = self.positions.setdefault(ref, {})
        return instance_position(objects.setdefault(id(config), len(objects)))

    def _known(self, config: ConfigObject) -> Known | None:
        depth = len(self.frames)
        for known in self.open.get(id(config), ()):
            if known.holds(depth, self.path):
                return known
        return None

    def _inherit(self, frame: Frame, key: int, child: Known) -> None:
        """Take over what a child refers to on the path."""
        frame.instances |= child.instances
        if child.distances:
            for above, distance in child.distances.items():
                frame.above[above] = frame.depth + 1 - distance
            frame.inside |= child.inside
            frame.inside.add(key)

    def _leave(self, frame: Frame) -> bytes:
        config = frame.config
        info = config.__xpm__
        root = frame.depth == 0
        digest = sha256(
            preimage(
                info,
                frame.refs,
                self.computation.default_bytes,
                self.keep if root else None,
                frame.ignored,
            )
        )
        key = id(config)
        self.frames.pop()
        del self.path[key]
        frame.above.pop(key, None)
        if root:
            return digest
        parent = self.frames[-1]
        if frame.above or frame.inside:
            # in a loop; without a reference to the path it is where the loop is entered
            known = Known(frame, digest)
            self.open.setdefault(key, []).append(known)
            self._inherit(parent, key, known)
        elif frame.instances or info.xpmtype.is_instance:
            self.closed[key] = digest
            parent.instances = True
        else:
            self.computation.refs[key] = reference(digest)
            if info.sealed and info.digest is None:
                info.digest, info.plain = digest, True
        ref = reference(digest)
        parent.refs[id(frame.source)] = ref + self._position(config, ref)
        return digest


def identify_with_cycles(
    computation: Computation,
    root: ConfigObject,
    keep: Keep = None,
) -> tuple[bytes, bool]:
    """Return the digest of a configuration that may hold loops and instances.

    Args:
        computation: what is known so far.
        root: the configuration.
        keep: says which of the root's arguments are part of a partial identifier.

    Returns:
        The digest, and whether the configuration holds a loop.
    """
    visit = _Visit(computation, keep)
    digest = visit.run(root)
    return digest, visit.has_loops
