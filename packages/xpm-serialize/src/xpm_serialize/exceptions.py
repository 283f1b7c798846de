"""What can go wrong when configurations are written and read.

::

    SerializationError
    ├── NotSerializableError        (TypeError) a value has no form in JSON
    ├── PathConflictError           (ValueError) two data paths would share one place
    ├── DefinitionNotFoundError     (FileNotFoundError) there is no definition to read
    ├── ClassNotFoundError          (ImportError) an object's class cannot be found
    └── DefinitionFileError         (ValueError) a definition is not what it should be
        ├── VersionError            it is of a version that is not known
        ├── UnsafePathError         it names a path out of its folder
        └── DependencyGoneError     it refers to a job folder that does not exist

Messages name the file and the object at fault.
"""

from __future__ import annotations

__all__ = [
    "ClassNotFoundError",
    "DefinitionError",
    "DefinitionFileError",
    "DefinitionNotFoundError",
    "DependencyGoneError",
    "NotSerializableError",
    "PathConflictError",
    "SerializationError",
    "UnsafePathError",
    "VersionError",
]


class SerializationError(Exception):
    """Root of the errors of this package."""


class NotSerializableError(SerializationError, TypeError):
    """A value cannot be written; the message names the configuration and the argument."""


class PathConflictError(SerializationError, ValueError):
    """Two data paths would be copied to the same place."""


class DefinitionNotFoundError(SerializationError, FileNotFoundError):
    """The folder holds no definition."""


class ClassNotFoundError(SerializationError, ImportError):
    """The class of an object cannot be found, or may not be loaded."""


class DefinitionFileError(SerializationError, ValueError):
    """A definition is not what it should be: incomplete, of a wrong form, or inconsistent."""


#: The former name, which `xpm_config` uses for classes that are not declared as they must be
DefinitionError = DefinitionFileError


class VersionError(DefinitionFileError):
    """A definition was written in a version that this release does not know."""


class UnsafePathError(DefinitionFileError):
    """A definition names a path that leads out of its folder."""


class DependencyGoneError(DefinitionFileError):
    """A definition refers to the folder of a job that does not exist any more."""
