"""Scripts that run a call."""

from xpm_launchers import PythonScriptBuilder, ScriptBuilder

__all__ = ["PythonScriptBuilder", "ScriptBuilder"]
