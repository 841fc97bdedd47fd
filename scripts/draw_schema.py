"""Draw docs/rules.schema.json from the models of the rules, so that an editor completes and marks what an admin writes.

`python -m scripts.draw_schema` writes it; with `--check` it changes nothing and fails where the two differ. An editor
sees each file for itself and reads values as YAML does, so the schema asks for no section, and lets numbers and flags
stand where the models want a text: they take it as it was written.
"""

import json
import sys
from pathlib import Path
from typing import Any

from callcenter.admin.model import RoutingFile

TARGET = Path(__file__).resolve().parent.parent / "docs" / "rules.schema.json"
_AS_WRITTEN = ["string", "number", "boolean"]


def drawing() -> str:
    """The whole file."""
    drawn = RoutingFile.model_json_schema(by_alias=True)
    definitions = {name: _for_editors(part) for name, part in sorted(drawn.pop("$defs").items())}
    root = _for_editors(drawn)
    root.pop("required")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of callcenter",
        **root,
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _for_editors(part: Any) -> Any:
    """The same without what editors do not show, and as lenient as the models are with what stands in YAML."""
    if isinstance(part, list):
        return [_for_editors(item) for item in part]
    if not isinstance(part, dict):
        return part
    made: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            made[key] = {name: _for_editors(field) for name, field in value.items()}
        elif key not in ("title", "default") or not isinstance(value, str | dict | list):
            made[key] = _for_editors(value)
    if made.get("type") == "string" and "enum" not in made:
        made["type"] = _AS_WRITTEN
    if made.get("type") == "object":
        if "patternProperties" in made:
            made["additionalProperties"] = False
        if not made.get("required"):
            made["type"] = ["object", "null"]  # all of it may be left out
    return made


def main(arguments: list[str], target: Path = TARGET) -> int:
    page = drawing()
    if "--check" not in arguments:
        target.parent.mkdir(exist_ok=True)
        target.write_text(page, encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return 0
    print(f"{target.name} differs from the models: run `python -m scripts.draw_schema` and keep what it writes")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
