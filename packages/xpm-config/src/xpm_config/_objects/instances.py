"""Value objects made from configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._model.traversal import postorder
from xpm_config.exceptions import UnsetArgumentError

from .copying import map_configs
from .sealing import places_in, segments
from .validation import check_complete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config._model.generation import ConfigWalkContext
    from xpm_config._model.state import ConfigObject

    from .sealing import Place

_MUTABLE = (list, dict, set)


class ObjectStore:
    """The value objects made so far: a configuration gives one, however often it is met."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, Any]] = {}

    def get(self, config: object) -> Any:
        """Return the value object of a configuration, or None."""
        found = self._made.get(id(config))
        return None if found is None else found[1]

    def add(self, config: object, instance: object) -> None:
        """Remember the value object of a configuration."""
        # the configuration is held: its id must not be given to another
        self._made[id(config)] = (config, instance)

    def __contains__(self, config: object) -> bool:
        return id(config) in self._made

    def __len__(self) -> int:
        return len(self._made)

    def __iter__(self) -> Iterator[Any]:
        return (instance for _, instance in self._made.values())


def instance(
    root: ConfigObject,
    context: ConfigWalkContext | None,
    objects: ObjectStore | None,
    keep: bool,
) -> Any:
    """Return the value object of a configuration.

    Args:
        root: the configuration.
        context: where generated paths lie, for a configuration that is not sealed.
        objects: value objects made before; those made now are added.
        keep: whether value objects remember their configuration.

    Raises:
        UnsetArgumentError: an argument without a default has no value.
    """
    store = ObjectStore() if objects is None else objects
    if root in store:
        return store.get(root)
    order = postorder(root, lambda info: info.pyobject in store)
    places = _places(root, order)
    for config in order:
        check_complete(config.__xpm__)
        store.add(config, _bare(config, keep))
    for config in order:
        values = _values(config, context, places, store)
        made = store.get(config)
        # readable in __init__, then set for good: classes such as torch.nn.Module watch it
        vars(made).update(values)
        made.__init__()
        for name, value in values.items():
            setattr(made, name, value)
    for config in order:
        store.get(config).__post_init__()
    return store.get(root)


def _places(root: ConfigObject, order: list[ConfigObject]) -> dict[int, Place | None]:
    """Return where each configuration lies in the root, if some need a path."""
    for config in order:
        info = config.__xpm__
        if any(argument.name not in info.values for argument in info.xpmtype.generated):
            return places_in(root)
    return {}


def _bare(config: ConfigObject, keep: bool) -> Any:
    cls: Any = config.__xpm__.xpmtype.value_type
    made = cls.__new__(cls)
    if keep:
        vars(made)["__config__"] = config
    return made


def _values(
    config: ConfigObject,
    context: ConfigWalkContext | None,
    places: dict[int, Place | None],
    store: ObjectStore,
) -> dict[str, Any]:
    info = config.__xpm__
    values = {}
    for name, argument in info.xpmtype.arguments.items():
        if name in info.values:
            value = info.values[name]
            if argument.type.holds_configs:
                values[name] = map_configs(value, store.get)
            else:
                # configurations and value objects do not share what can be changed
                values[name] = value.copy() if type(value) in _MUTABLE else value
        elif argument.generator is not None:
            if context is None:
                raise UnsetArgumentError(
                    f"{info.shown}: '{name}' is a generated "
                    "path; give instance() a context, such as DirectoryContext(path)"
                )
            context.segments = segments(places[id(config)])
            values[name] = argument.validate(argument.generator(context, config), "generated")
    return values
