import json
from dataclasses import replace

from callcenter.desktop.live.pops import pop_entry
from callcenter.scripts import Choice, Script, Step
from callcenter.talks import Note
from tests.desktop.fake_desk import ANNA, DANA, SALES, FakeDesk, pop_for

SCRIPT = Script("sales", "Sales", (Step("greeting", "Good day {customer.name}, {agent.name} here. {customer.spend}"),))


def test_a_pop_has_the_script_filled_in_the_link_and_the_notes_so_far() -> None:
    desk = FakeDesk()
    desk.scripts[SALES] = SCRIPT
    desk.crm_link = "https://crm.example.org/{account}?caller={number}"
    customer = replace(DANA, attributes={"spend": 12.5, "vip": True})
    pop = pop_for(ANNA, 1_000_000, customers=(customer,), notes=(Note(5, "boris", "wants a quote"),))
    shown = json.loads(pop_entry(desk, pop))
    assert shown["script"]["steps"][0]["text"] == "Good day Dana Okafor, Anna Lindqvist here. 12.5"
    assert shown["crm_link"] == "https://crm.example.org/A-1007?caller=%2B12025550147"
    assert shown["notes"] == [{"at_ms": 5, "by": "boris", "text": "wants a quote"}]
    assert shown["offer"] == "offer-1"


def test_of_several_customers_none_is_taken_for_the_caller() -> None:
    desk = FakeDesk()
    desk.scripts[SALES] = replace(SCRIPT, steps=(Step("a", "{customer.name}|", (Choice("{contact.intent}", "a"),)),))
    desk.crm_link = "https://crm.example.org/{account}"
    shown = json.loads(pop_entry(desk, pop_for(ANNA, 1_000, customers=(DANA, replace(DANA, id=8, name="Other")))))
    assert (shown["script"]["steps"][0]["text"], shown["crm_link"]) == ("|", None)
    assert shown["script"]["steps"][0]["choices"] == [{"label": "renewal", "to": "a"}]


def test_without_a_script_or_a_crm_there_is_neither() -> None:
    shown = json.loads(pop_entry(FakeDesk(), pop_for(ANNA, 1_000)))
    assert (shown["script"], shown["crm_link"]) == (None, None)
