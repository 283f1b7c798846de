"""Services: viewers and servers that go along with an experiment."""

from __future__ import annotations

from ._process_service import ProcessWebService
from ._service import Service, ServiceListener, ServiceState
from ._web_service import WebService

__all__ = ["ProcessWebService", "Service", "ServiceListener", "ServiceState", "WebService"]
