"""What can go wrong with a configuration.

    ConfigError
    ├── DefinitionError (TypeError)                a class is not declared as it must be
    ├── ArgumentTypeError (TypeError, ValueError)  a value does not have the declared type
    ├── UnknownArgumentError (AttributeError, TypeError, ValueError)
    ├── UnsetArgumentError (KeyError, ValueError)  a required argument has no value
    ├── ReadOnlyError (AttributeError)
    │   └── SealedError                            a sealed configuration is written to
    ├── OwnedPathError (AttributeError)            a generated path would have two owners
    ├── UnsubmittedTaskError (ValueError)          a task is used before it is submitted
    ├── UnhashableConfigError (TypeError)          an unsealed configuration is put in a set
    ├── CompositionError (ValueError)              `@` finds no argument, or several
    ├── ConfigValidationError (ValueError)         `__validate__` refused a configuration
    ├── EncodingError (TypeError)                  a value cannot be part of an identifier
    ├── DocumentError (ValueError)                 plain data does not describe a configuration
    └── MissingStorageError (ImportError)          nothing that stores configurations is there

The built-in classes in parentheses let callers catch what they would expect from Python.
"""

from __future__ import annotations


class ConfigError(Exception):
    """Root of all errors of this package."""


class DefinitionError(ConfigError, TypeError):
    """A configuration class is not declared as it must be.

    Attributes:
        place: where the class is defined (a file and a line), or None.
    """

    place: object = None

    def __str__(self) -> str:
        shown = super().__str__()
        return shown if self.place is None else f"{shown} (class defined at {self.place})"


class ArgumentTypeError(ConfigError, TypeError, ValueError):
    """A value does not have the type that the argument declares."""


class UnknownArgumentError(ConfigError, AttributeError, TypeError, ValueError):
    """The configuration class has no argument of this name."""


class UnsetArgumentError(ConfigError, KeyError, ValueError):
    """An argument without a default has no value."""

    def __str__(self) -> str:
        # KeyError would show the representation of the message
        return str(self.args[0]) if self.args else ""


class ReadOnlyError(ConfigError, AttributeError):
    """A constant, or a sealed configuration, is written to."""


class SealedError(ReadOnlyError):
    """A sealed configuration is written to."""


class OwnedPathError(ConfigError, AttributeError):
    """A configuration whose generated path belongs to one task is given to another."""


class UnsubmittedTaskError(ConfigError, ValueError):
    """A task is used as a value before it has been submitted."""


class UnhashableConfigError(ConfigError, TypeError):
    """A configuration that is not sealed is hashed."""


class CompositionError(ConfigError, ValueError):
    """`outer @ inner`: no argument, or several, could take the inner configuration."""


class ConfigValidationError(ConfigError, ValueError):
    """`__validate__` of a configuration refused its values."""


class EncodingError(ConfigError, TypeError):
    """A value is of a type that an identifier cannot hold."""


class DocumentError(ConfigError, ValueError):
    """Plain data (a dictionary, a JSON or YAML file) does not describe a configuration."""


class MissingStorageError(ConfigError, ImportError):
    """No package that stores configurations is installed."""
