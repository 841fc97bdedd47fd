from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from callcenter.admin import yaml_source
from callcenter.retention_settings import RetentionSettings, contradictions


def mistakes(tmp_path: Path, **days: Any) -> list[str]:
    path = tmp_path / "callcenter.yaml"
    path.write_text("retention:\n" + "".join(f"  {key}: {value}\n" for key, value in days.items()))
    return [str(one) for one in contradictions(RetentionSettings.model_validate(days), yaml_source.read(path))]


def test_everything_is_kept_unless_somebody_has_written_a_number_of_days() -> None:
    assert not RetentionSettings().anything
    assert RetentionSettings(personal_days=90).anything


@pytest.mark.parametrize("days", [{"personal_days": 7}, {"contacts_days": 31}, {"statistics_days": 0}, {"at_hour": 24}])
def test_what_figures_need_may_not_go_too_soon(days: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        RetentionSettings.model_validate(days)


def test_what_should_stay_longer_may_not_go_sooner(tmp_path: Path) -> None:
    assert mistakes(tmp_path, personal_days=90, contacts_days=400, statistics_days=3650) == []
    assert mistakes(tmp_path, personal_days=90, contacts_days=90, statistics_days=90) == []
    (wrong,) = mistakes(tmp_path, personal_days=90, contacts_days=89)
    assert "callcenter.yaml:3" in wrong
    assert "retention.contacts_days: is 89" in wrong
    assert "at least retention.personal_days, 90" in wrong
    assert len(mistakes(tmp_path, contacts_days=400, statistics_days=399)) == 1
    assert "Set retention.contacts_days too" in mistakes(tmp_path, statistics_days=399)[0]
