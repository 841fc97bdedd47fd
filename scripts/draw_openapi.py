"""Draw docs/api/openapi.json from the routes of the application, for whoever writes a program against the API.

`python -m scripts.draw_openapi` writes it; with `--check` it changes nothing and fails where the two differ. The
schema is that of the application as the daemon makes it, behind a desk that nobody asks anything of.
"""

import json
import sys
from pathlib import Path
from typing import Any, cast

from callcenter.desktop.access.store import SessionLimits
from callcenter.desktop.app import create_app
from callcenter.desktop.desk import Desk
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.openapi import schema_of
from callcenter.metrics import Metrics
from callcenter.overview import Overview

TARGET = Path(__file__).resolve().parent.parent / "docs" / "api" / "openapi.json"


class _Nobody:
    """As much of a desk as it takes to make the application."""

    agents: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it
    session_secret = b"0" * 32
    session_limits = SessionLimits()
    tokens = None

    @property
    def access(self) -> "_Nobody":
        return self

    def __getattr__(self, name: str) -> Any:
        return None

    def overview(self) -> Overview:
        return Overview(0, (), (), (), ())


def drawing() -> str:
    """The whole file."""
    desk = cast(Desk, _Nobody())
    app = create_app(desk, Hub(desk), Metrics(desk.overview))
    app.state.passwords.close()
    return json.dumps(schema_of(app), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str], target: Path = TARGET) -> int:
    page = drawing()
    if "--check" not in arguments:
        target.parent.mkdir(exist_ok=True, parents=True)
        target.write_text(page, encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return 0
    print(f"{target.name} differs from the routes: run `python -m scripts.draw_openapi` and keep what it writes")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
