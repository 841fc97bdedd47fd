"""The schema in docs is the one that the models give, and what it says of the sample is true."""

import json
import re
from pathlib import Path

import pytest
import yaml

from scripts.draw_schema import TARGET, drawing, main

ROOT = Path(__file__).parent.parent.parent


def test_the_schema_in_docs_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_a_schema_that_differs_or_is_missing_fails_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "docs" / "rules.schema.json"
    assert main(["--check"], target) == 1
    assert "run `python -m scripts.draw_schema`" in capsys.readouterr().out
    assert main([], target) == 0
    assert main(["--check"], target) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("skills", "talents"), encoding="utf-8")
    assert main(["--check"], target) == 1


def test_each_file_of_a_folder_may_have_some_of_the_sections() -> None:
    schema = json.loads(drawing())
    assert "required" not in schema
    assert schema["$defs"]["RuleEntry"]["required"] == ["name", "route"]
    assert schema["$defs"]["HoursEntry"]["properties"].keys() == {"timezone", "holidays", "week", "except"}


def test_a_name_that_may_not_be_is_marked_and_a_number_as_a_text_is_not() -> None:
    schema = json.loads(drawing())
    (names,) = schema["properties"]["queues"]["patternProperties"]
    assert re.search(names, "vip-line")
    assert not re.search(names, "VIP line")
    assert not schema["properties"]["queues"]["additionalProperties"]
    dialled = schema["$defs"]["FactsEntry"]["properties"]["dialled"]["anyOf"]
    assert "number" in dialled[0]["type"]
    assert (dialled[1]["type"], dialled[1]["minItems"]) == ("array", 1)


def test_the_files_of_the_sample_name_the_schema_and_use_its_sections() -> None:
    known = json.loads(drawing())["properties"].keys()
    files = sorted((ROOT / "rules").glob("*.yaml"))
    assert files
    for path in files:
        if path.name == "cases.yaml" or path.name.startswith("traffic"):
            continue
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve() == TARGET
        assert yaml.safe_load(path.read_text(encoding="utf-8")).keys() <= known
