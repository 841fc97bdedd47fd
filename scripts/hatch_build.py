"""What hatchling runs when the package is built: the pages are built into it, with Node, unless they are there.

A wheel made from the source distribution finds them built already and needs no Node. An editable installation gets them
from `scripts/setup`.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _web(root: str) -> ModuleType:
    """scripts/web.py, which is no part of the package and not on the path here."""
    path = Path(root) / "scripts" / "web.py"
    spec = importlib.util.spec_from_file_location("callcenter_web", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class PagesHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What this build needs besides hatchling; asked before `initialize`."""
        web = _web(self.root)
        return [] if web.is_built(Path(self.root)) else [web.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            _web(self.root).build(Path(self.root))
