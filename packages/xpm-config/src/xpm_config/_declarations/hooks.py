"""Hooks of configuration classes: what is done to each job that holds a configuration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.checks import is_config_class
from xpm_config._model.traversal import children, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config._model.state import ConfigObject, ConfigState

    Hooks = tuple["SubmitHook", ...]

T = TypeVar("T")

# Counts the classes that were decorated: while it is 0 nothing is looked for, and what was
# remembered before it changed may lack a hook.
_decorated = 0


class SubmitHook(ABC):
    """Changes a job, such as its environment, before it is handed to its launcher.

    A hook decorates a configuration class, and holds for its sub-classes too.

    >>> from xpm_config import Config, SubmitHook
    >>> class Threads(SubmitHook):
    ...     def __init__(self, number):
    ...         self.number = number
    ...     def spec(self):
    ...         return (self.number,)
    ...     def process(self, job, launcher):
    ...         job.environ["OMP_NUM_THREADS"] = str(self.number)
    >>> @Threads(4)
    ... class Solver(Config):
    ...     pass
    >>> [hook.spec() for hook in Solver.__xpmtype__.submit_hooks]
    [(4,)]
    """

    @abstractmethod
    def spec(self) -> Any:
        """Return what tells hooks of one class apart (hashable): of equal ones a job has one."""

    @abstractmethod
    def process(self, job: Any, launcher: Any) -> None:
        """Change a job that holds a configuration of the class.

        Args:
            job: the job, before it is started.
            launcher: the launcher that will start it.
        """

    def __call__(self, cls: type[T]) -> type[T]:
        """Decorate a configuration class.

        Raises:
            TypeError: it is not one.
        """
        global _decorated
        decorated: object = cls
        if not isinstance(decorated, type) or not is_config_class(decorated):
            raise TypeError(
                f"{type(self).__qualname__}(...) decorates configuration classes, got {cls!r}"
            )
        hooks = (*vars(cls).get("__xpm_hooks__", ()), self)
        decorated.__xpm_hooks__ = hooks
        _decorated += 1
        return cls


_NONE: Hooks = ()


def _distinct(hooks: Iterable[SubmitHook]) -> Hooks:
    found: dict[Any, SubmitHook] = {}
    for hook in hooks:
        found.setdefault((type(hook), hook.spec()), hook)
    return tuple(found.values())


def class_hooks(cls: type) -> Hooks:
    """Return the hooks of a class, those of its bases first; of equal ones the first."""
    if not _decorated:
        return _NONE
    # the decorator that is nearest to the class has run first
    return _distinct(h for c in reversed(cls.__mro__) for h in vars(c).get("__xpm_hooks__", ()))


def submit_hooks(config: Any, *others: Any) -> list[SubmitHook]:
    """Return the hooks of all configurations that a task holds, its own last.

    Args:
        config: a configuration.
        others: further configurations, such as init tasks.

    Returns:
        Each hook once (by its class and `spec()`). What sealed configurations have is
        remembered: a task that uses the one before costs its own part.
    """
    if not _decorated:
        return []
    return list(_distinct(h for root in (*others, config) for h in _collect(root)))


def _known(info: ConfigState) -> Hooks | None:
    known = info.known_hooks
    return known[1] if known is not None and known[0] == _decorated else None


def _init_tasks_and_children(info: ConfigState) -> list[ConfigObject]:
    return [*info.init_tasks, *children(info)]


def _merge(info: ConfigState, found: list[Hooks | None]) -> Hooks:
    parts = {hooks or _NONE: None for hooks in (*found, info.xpmtype.submit_hooks)}
    parts.pop(_NONE, None)
    if len(parts) < 2:
        return next(iter(parts), _NONE)
    return _distinct(hook for hooks in parts for hook in hooks)


def _remember(info: ConfigState, hooks: Hooks) -> None:
    info.known_hooks = (_decorated, hooks)


def _collect(root: ConfigObject) -> Hooks:
    """Return the hooks of a configuration and of what it holds, each visited once."""
    return fold(root, _known, _init_tasks_and_children, _merge, _remember)
