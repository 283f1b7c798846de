"""Services: viewers and servers that go along with an experiment."""

from xpm_scheduler.services import (
    ProcessWebService,
    Service,
    ServiceListener,
    ServiceState,
    WebService,
)

__all__ = ["ProcessWebService", "Service", "ServiceListener", "ServiceState", "WebService"]
