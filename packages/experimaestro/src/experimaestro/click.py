"""Options of command lines from the parameters of configurations."""

from xpm_config.click import arguments, forwardoption

__all__ = ["arguments", "forwardoption"]
