"""The documentation is searched from its folder, as an office without internet opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.pages.__main__ import build

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
