"""The documentation's configuration."""

import importlib.metadata

project = "Evenhand"
author = "The Evenhand authors"
copyright = "The Evenhand authors, Apache-2.0"
release = importlib.metadata.version("evenhand")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Evenhand"
html_static_path = ["static"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "none"
napoleon_use_ivar = True
nitpicky = False
