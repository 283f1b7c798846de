"""The events in the logs of runs and jobs: their kinds and keys, for writers and readers.

An event is a JSON object, a line each. Readers pass over kinds and keys that they do not know.
"""

from __future__ import annotations

from typing import Any, Final

#: The key that names the kind of an event.
KIND: Final = "event_type"

# --- Kinds, in the log of a run

#: A job was submitted, or has another state.
RUN_JOB_STATE: Final = "ExperimentJobStateEvent"
#: The run has ended.
RUN_COMPLETED: Final = "RunCompletedEvent"
#: The tags of the run have changed.
RUN_TAGS: Final = "RunTagsEvent"
SERVICE_ADDED: Final = "ServiceAddedEvent"
SERVICE_STATE: Final = "ServiceStateChangedEvent"
ACTION_ADDED: Final = "ActionAddedEvent"

# --- Kinds, in the log of a job

JOB_STATE: Final = "JobStateChangedEvent"
JOB_PROGRESS: Final = "JobProgressEvent"

# --- Keys

TIMESTAMP: Final = "timestamp"
EXPERIMENT_ID: Final = "experiment_id"
RUN_ID: Final = "run_id"
JOB_ID: Final = "job_id"
TASK_ID: Final = "task_id"
SERVICE_ID: Final = "service_id"
ACTION_ID: Final = "action_id"
#: The state of a job, in the log of a run; `SUBMITTED` in its first event.
SCHEDULER_STATE: Final = "scheduler_state"
SUBMITTED: Final = "submitted"
FAILURE_REASON: Final = "failure_reason"
#: Whether a job was done before the run.
FOUND_DONE: Final = "found_done"
#: The locator of what has failed, for a job that could not start because of it.
CAUSE: Final = "blame"
MESSAGE: Final = "message"
RETRY_COUNT: Final = "retry_count"
DEPENDS_ON: Final = "depends_on"
TAGS: Final = "tags"
SUBMITTED_TIME: Final = "submitted_time"
STARTED_TIME: Final = "started_time"
ENDED_TIME: Final = "ended_time"
EXIT_CODE: Final = "exit_code"
#: The state of a job, in its own log, or of a service.
STATE: Final = "state"
STATUS: Final = "status"
ENDED_AT: Final = "ended_at"
RUN_TAG_LIST: Final = "run_tags"
DESCRIPTION: Final = "description"
SERVICE_CLASS: Final = "service_class"
ACTION_CLASS: Final = "action_class"
STATE_DICT: Final = "state_dict"
URL: Final = "url"
ERROR: Final = "error"
LEVEL: Final = "level"
PROGRESS: Final = "progress"
DESC: Final = "desc"

#: What events say of a service, or of an action, beside what names it and its class.
DETAILS: Final = (DESCRIPTION, STATE_DICT, STATE, URL, ERROR)

Event = dict[str, Any]
