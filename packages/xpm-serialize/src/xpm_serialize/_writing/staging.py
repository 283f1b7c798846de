"""Folders that are built beside their place, and removed if that is interrupted."""

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
    """Make a folder to build in, in a folder that exists: one saver at a time.

    Yields:
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
    """Make a folder to build in, on the file system of a folder that does not exist yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name[:200]}{_PREFIX}"
    for left in target.parent.glob(f"{_literal(prefix)}*"):
        with _held(left, wait=False) as held:
            if held:
                # The process that made it has ended.
                shutil.rmtree(left, ignore_errors=True)
    while True:
        stage = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        with _held(stage, wait=True):
            if not stage.exists():
                continue  # another saver has removed it as left, before it was held
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
