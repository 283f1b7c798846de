"""Types of JSON values, and of the records in documents.

They describe what is read before it is checked: `Source` holds records that have been checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

#: What JSON can hold
Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
JsonObject = dict[str, Json]

if TYPE_CHECKING:
    from typing import TypedDict

    # What a record may have: only its presence is known.
    _Options = TypedDict(
        "_Options",
        {
            "at": Json,
            "file": Json,
            "identifier": Json,
            "init-tasks": Json,
            "job": Json,
            "meta": Json,
            "stop-tags": Json,
            "stub": Json,
            "tags": Json,
            "task": Json,
            "typename": Json,
        },
        total=False,
    )

    class Record(_Options):
        """One object in a document.

        Attributes:
            id: the number that references to it hold.
            module: the module of its class.
            type: the qualified name of its class.
            fields: the JSON forms of its arguments; absent if `job` says where they are.
        """

        id: int
        module: str
        type: str
        fields: JsonObject

else:
    Record = dict  # as it is made for type checkers, it would cost each job start-up time
