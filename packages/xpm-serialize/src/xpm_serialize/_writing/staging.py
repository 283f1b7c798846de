"""Where a folder is built before it takes its place, and what is left if that is cut short."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from xpm_os import locks

_PREFIX = ".saving-"


@contextlib.contextmanager
def stage_in(target: Path) -> Iterator[tuple[Path, list[Path]]]:
    """A folder to build in, in a folder that exists: one saver at a time.

    Returns:
        The folder, and those that interrupted savers have left.
    """
    with _held(target, wait=True) as held:
        left = [path for path in target.glob(f"{_PREFIX}*") if path.is_dir()] if held else []
        stage = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target))
        try:
            yield stage, left
        finally:
            shutil.rmtree(stage, ignore_errors=True)


@contextlib.contextmanager
def stage_beside(target: Path) -> Iterator[Path]:
    """A folder to build in, on the file system of a folder that is not there yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name[:200]}{_PREFIX}"
    for left in target.parent.glob(f"{_literal(prefix)}*"):
        with _held(left, wait=False) as held:
            if held:
                # Whoever made it is gone.
                shutil.rmtree(left, ignore_errors=True)
    while True:
        stage = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        with _held(stage, wait=True):
            if not stage.exists():
                continue  # taken for one that was left, before it was held
            try:
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
            return


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


@contextlib.contextmanager
def _held(folder: Path, wait: bool) -> Iterator[bool]:
    """Hold a folder: until it is released, or its process ends.

    Yields:
        Whether it is held: not where there are no such locks, then savers do not wait.
    """
    if not locks.AVAILABLE:
        yield False
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        yield _lock(descriptor, wait)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, wait: bool) -> bool:
    try:
        return locks.lock(descriptor, blocking=wait)
    except OSError:
        return False  # a file system that has no such locks
