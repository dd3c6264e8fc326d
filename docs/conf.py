"""Settings of Sphinx: ``make docs`` builds the site, and a warning is an error.

The source folder is the root of the repository, so that links work here as they do on GitHub.
"""

import ivr_agi

project = "ivr-agi"
author = "The ivr-agi authors"
project_copyright = author
version = release = ivr_agi.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["*.md", "dialplans/*.md", "docs/**.md"]
exclude_patterns = [".*", "build", "dist", "tests", "ivr_agi", "benchmarks"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"ivr-agi {release}"
html_copy_source = False
templates_path = ["_templates"]
html_additional_pages = {"index": "redirect.html"}  # the site's first page is docs/index.html
