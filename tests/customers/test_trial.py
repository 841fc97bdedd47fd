from collections.abc import Sequence
from typing import Any

import pytest

from callcenter.crm.records import Raw, Said, SourceError
from callcenter.crm_settings import CrmSettings
from callcenter.customers.trial import NoNumberError, Shown, Trial, ask, lines_of
from callcenter.types import (
    AgentConfig,
    AgentId,
    Attribute,
    AttributeKind,
    Configuration,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    Tier,
)
from tests.helpers import run_async

SALES = QueueName("sales")
CONFIGURATION = Configuration(
    (Tier("gold"), Tier("standard")),
    Tier("standard"),
    SALES,
    (QueueConfig(SALES, 20_000, 0, 20_000),),
    (),
    (AgentConfig(AgentId("anna"), "Anna", DeviceRef(PbxName("main"), "PJSIP/1"), (), (SALES,)),),
    attributes=(Attribute("spend", AttributeKind.NUMBER, 0.0),),
)
CRM = CrmSettings.model_validate({"source": "sql", "tiers": {"A": "gold"}})
NUMBER = "+12025550101"
ANN = {"id": 7, "account": 1001, "name": ["Ann", None], "tier": "A", "account_manager": "anna", "numbers": [NUMBER]}


class Crm:
    def __init__(self, *records: dict[str, Any], error: Exception | None = None) -> None:
        self.records = records
        self.error = error
        self.questions: list[str] = []

    async def by_account(self, account: str) -> Sequence[Raw]:
        return await self.by_number(account)

    async def by_number(self, number: str) -> Sequence[Raw]:
        self.questions.append(number)
        if self.error is not None:
            raise self.error
        return [{name: Said(f"col_{name}", value) for name, value in record.items()} for record in self.records]

    def asked(self, number: str | None, account: str | None) -> str:
        return f"{number} {account}"

    async def close(self) -> None:
        """Nothing is open."""


async def trial_of(*records: dict[str, Any]) -> Trial:
    return await ask(Crm(*records), CRM, CONFIGURATION, "(202) 555-0101", None)


@run_async
async def test_each_field_is_shown_with_its_place_and_what_stood_there() -> None:
    crm = Crm(ANN | {"attributes.spend": "1250.50"})
    told = await ask(crm, CRM, CONFIGURATION, "(202) 555-0101", None)
    assert crm.questions == [NUMBER, NUMBER], "twice, for the time"
    (ann,) = told.customers
    assert ann.fields == (
        Shown("id", "7", "col_id", "7"),
        Shown("account", "1001", "col_account", "1001"),
        Shown("name", "Ann", "col_name", "['Ann', None]"),
        Shown("tier", "gold", "col_tier", "'A'"),
        Shown("account_manager", "anna", "col_account_manager", "'anna'"),
        Shown("numbers", NUMBER, "col_numbers", f"['{NUMBER}']"),
        Shown("attributes.spend", "1250.50", "col_attributes.spend", "'1250.50'"),
    )
    assert ann.doubts == ()
    lines = list(lines_of(told))
    assert lines[0] == f"Asked: {NUMBER} None"
    assert lines[1].startswith("1 customer, after ")
    assert lines[3:5] == [
        "  id                7             from col_id: 7",
        "  account           1001          from col_account: 1001",
    ]


@run_async
async def test_what_is_doubtful_is_said() -> None:
    told = await trial_of(
        ANN
        | {
            "name": None,
            "tier": "B",
            "account_manager": "nobody",
            "numbers": ["+12025550199"],
            "attributes.spend": "much",
        },
        ANN | {"tier": None, "numbers": []},
        ANN | {"id": None},
    )
    first, second = told.customers
    assert first.doubts == (
        "it has no name",
        "'B' is no tier of the rules (gold, standard), so standard counts; crm.tiers says which word is which tier",
        "the account manager 'nobody' is none of the agents, and is not preferred",
        "attribute `spend` is not a number, such as 1250.5; the default counts",
        "none of its numbers reads as +12025550101",
    )
    assert second.doubts == ("it has no tier, so standard counts",)
    assert told.left_out == ("a record has no col_id, by which it is told from others",)
    lines = list(lines_of(told))
    assert "2 customers, after" in lines[1]
    assert lines[2] == "Warning: left out: a record has no col_id, by which it is told from others"
    assert "  Warning: it has no name" in lines


@run_async
async def test_a_crm_that_is_slower_than_a_call_waits_is_said_and_nobody_is_nobody() -> None:
    told = await trial_of()
    assert list(lines_of(told))[1].startswith("Nobody, after ")
    slow = Trial(told.asked, 300.0, 250.0, 200, (), ())
    assert list(lines_of(slow))[2] == (
        "Warning: a call waits 200 ms (crm.lookup_deadline_ms) and is then routed without its customer. "
        "Has the CRM an index for this question?"
    )


@run_async
async def test_long_values_are_cut_and_values_of_other_kinds_are_shown_as_texts() -> None:
    told = await trial_of(ANN | {"notes": "n" * 500, "language": b"\x01"})
    shown = {field.field: field for field in told.customers[0].fields}
    assert len(shown["notes"].said) == 60
    assert (shown["language"].value, shown["language"].said) == ("01", "'01'")


@run_async
async def test_what_cannot_be_asked_or_answered_is_said() -> None:
    with pytest.raises(NoNumberError, match=r"'anonymous' cannot be read as a telephone number in US"):
        await ask(Crm(), CRM, CONFIGURATION, "anonymous", None)
    for error, words in (
        (SourceError("it is away"), "it is away"),
        (OSError("refused"), "our database cannot be asked"),
    ):
        with pytest.raises(SourceError, match=words):
            await ask(Crm(error=error), CRM, CONFIGURATION, None, "1001")
