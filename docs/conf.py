"""The site made of the manual: python -m sphinx -W -b html docs docs/site."""

from spreadsim import __version__

project = "spreadsim"
author = "The spreadsim authors"
copyright = "2026, The spreadsim authors"
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["site"]
root_doc = "index"
language = "en_GB"
nitpicky = True

myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "spreadsim"
html_show_sphinx = False
html_copy_source = False
html_show_search_summary = False  # it would fetch pages, which a browser refuses of files
html_show_sourcelink = False
html_theme_options = {"sidebar_hide_name": False}
pygments_style = "friendly"
pygments_dark_style = "monokai"
