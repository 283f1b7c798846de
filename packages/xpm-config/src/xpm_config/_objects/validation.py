"""Validation: all that is required is set, and `__validate__` agrees."""

from __future__ import annotations

from typing import Any

from xpm_config._identity.preimage import unset
from xpm_config._model.traversal import held
from xpm_config.exceptions import ConfigError, ConfigValidationError


def check_complete(info: Any) -> None:
    """Refuses a configuration whose required arguments are not all set.

    Raises:
        UnsetArgumentError: it names them and the place where the configuration was created.
    """
    values = info.values
    missing = [a.name for a in info.xpmtype.required if a.name not in values]
    if missing:
        raise unset(info, missing)


def validate(root: Any) -> None:
    """Validates what a configuration holds, then the configuration itself.

    Raises:
        UnsetArgumentError: an argument without a default has no value.
        ConfigValidationError: a `__validate__` raised an error.
    """
    for config in bottom_up(root, lambda info: info.sealed and info.validated):
        info = config.__xpm__
        check_complete(info)
        try:
            config.__validate__()
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigValidationError(f"{info.shown}: {error}") from error
        info.validated = True


def bottom_up(root: Any, skip: Any) -> list[Any]:
    """The configurations that one holds, each once and after what it holds itself.

    Args:
        root: the configuration; it comes last.
        skip: says which configurations are left out, with all below, given what they know.
    """
    ordered: list[Any] = []
    entered: set[int] = set()
    left: set[int] = set()
    stack = [root]
    while stack:
        config = stack[-1]
        key = id(config)
        if key in left:
            stack.pop()
            continue
        info = config.__xpm__
        if key not in entered:
            entered.add(key)
            if skip(info):
                left.add(key)
                stack.pop()
                continue
            below = held(info)
            below.extend(info.init_tasks)
            below = [c for c in below if id(c) not in entered]
            if below:
                stack.extend(reversed(below))
                continue
        left.add(key)
        ordered.append(config)
        stack.pop()
    return ordered
