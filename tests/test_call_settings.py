from typing import Any

import pytest
from pydantic import ValidationError

from callcenter.call_settings import CallSettings, NumberRefusedError, Outbound


def outbound(**settings: Any) -> Outbound:
    return Outbound(CallSettings.model_validate({"outbound": settings}), "DE")


def test_nothing_may_be_called_unless_it_is_written_down() -> None:
    with pytest.raises(NumberRefusedError, match="may not be called"):
        outbound().number("+4930123456")


@pytest.mark.parametrize("spelled", ["+49 30 123456", "030 123456", "(030) 123-456", "0049 30 123456"])
def test_a_number_is_called_in_e164_however_it_is_written(spelled: str) -> None:
    assert outbound(allow=["+49"]).number(spelled) == "+4930123456"


@pytest.mark.parametrize("text", ["+49900123456", "+12125550123", "hello", "", "1;2", "SIP/evil", "+49\r\nAction: x"])
def test_what_is_not_allowed_is_refused_in_words(text: str) -> None:
    with pytest.raises(NumberRefusedError) as refused:
        outbound(allow=["+49"], refuse=["+49900"]).number(text)
    assert str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["1017", "10 17"])
def test_the_pbxs_own_numbers_are_allowed_by_pattern(text: str) -> None:
    assert outbound(extensions=["1XXX"]).number(text) == "1017"


@pytest.mark.parametrize("text", ["2017", "101", "10177", "1abc"])
def test_what_fits_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(NumberRefusedError):
        outbound(extensions=["1XXX"]).number(text)


@pytest.mark.parametrize("wrong", [{"allow": ["49"]}, {"allow": ["+0"]}, {"extensions": ["1[0-9]"]}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="It should be"):
        CallSettings.model_validate({"outbound": wrong})
