"""Configuration of Sphinx: `./dev docs` builds into docs/_build/html."""

from __future__ import annotations

from pathlib import Path

project = "experimaestro"
author = "The experimaestro contributors"
copyright = author
release = (Path(__file__).parent.parent / "VERSION").read_text(encoding="utf-8").strip()
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build", "examples/*/src", "**/.*"]
source_suffix = {".md": "markdown"}
root_doc = "index"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = False  # the tables alone: the docstrings are for `help`

default_role = "code"  # docstrings are Markdown, and the tables show their first lines

html_theme = "furo"
html_title = f"experimaestro {release}"
