"""How Sphinx builds the site; `make docs` gives it the assembled pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

from sibangkit_geo import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Sibangkit Geo"
author = "Sibangkit Geo"
copyright = author  # noqa: A001 - Sphinx knows it by this name
version = release = __version__
language = "id"
locale_dirs = ["locale"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["conf.py", "dihasilkan"]

html_theme = "furo"
html_title = f"Sibangkit Geo {version}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["situs.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
# the words around what was found would be fetched, which a browser refuses to pages of a folder
html_show_search_summary = False
html_theme_options = {
    "light_css_variables": {
        "font-stack": "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
        "color-brand-primary": "#1f5f5b",
        "color-brand-content": "#1f5f5b",
    },
    "dark_css_variables": {"color-brand-primary": "#7cc4bd", "color-brand-content": "#7cc4bd"},
}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# the notebooks are run by `make docs`, and left as they are where only the pages are looked at
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
numpydoc_class_members_toctree = False


def setup(app: Sphinx) -> None:
    """Draw formulas by the browser itself: the usual scripts for them come from elsewhere."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(tex2mathml(node.astext(), as_block=True))
    raise nodes.SkipNode
