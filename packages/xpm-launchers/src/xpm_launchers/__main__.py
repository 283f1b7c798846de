"""`python -m xpm_launchers`: the commands of this package, without the rest of experimaestro."""

from ._cli import find_launchers, launchers

launchers.add_command(find_launchers)
launchers.help = "Run commands, see what runs, and find what can run them."

if __name__ == "__main__":
    launchers(prog_name="python -m xpm_launchers")
