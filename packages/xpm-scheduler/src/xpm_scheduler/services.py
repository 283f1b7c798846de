"""Services: viewers and servers that go along with an experiment."""

from __future__ import annotations

from ._services.process import ProcessWebService
from ._services.service import Service, ServiceListener, ServiceState
from ._services.web import WebService

__all__ = ["ProcessWebService", "Service", "ServiceListener", "ServiceState", "WebService"]
