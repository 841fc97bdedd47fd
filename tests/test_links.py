import pytest

from callcenter.links import TemplateError, crm_link, fields_of, filled
from callcenter.types import ContactId, Customer, Tier

C1 = ContactId("main:1700000000.1")
ANN = Customer(1 << 41, "K/1001", "Ann", Tier("gold"), key="uuid of ann")
OWN = Customer(7, "1002", "Ben", Tier("gold"))


def test_a_link_with_all_fields_each_encoded() -> None:
    template = "https://crm.example.org/c/{account}?id={id}&from={number}#{contact}"
    assert crm_link(template, ANN, "+12025550101", C1) == (
        "https://crm.example.org/c/K%2F1001?id=uuid%20of%20ann&from=%2B12025550101#main%3A1700000000.1"
    )


def test_a_customer_of_our_own_table_has_the_rows_id() -> None:
    assert crm_link("https://crm.example.org/{id}", OWN, None, C1) == "https://crm.example.org/7"


def test_an_unknown_caller_has_a_link_where_the_number_is_enough() -> None:
    assert crm_link("https://crm.example.org/?q={number}", None, "+12025550101", C1) == (
        "https://crm.example.org/?q=%2B12025550101"
    )
    assert crm_link("https://crm.example.org/{account}", None, "+12025550101", C1) is None
    assert crm_link("https://crm.example.org/?q={number}", ANN, None, C1) is None
    assert crm_link("https://crm.example.org/", None, None, C1) == "https://crm.example.org/"


@pytest.mark.parametrize("account", ["", " ", ".", "..", " .. "])
def test_a_value_that_would_climb_or_is_none_gives_no_link(account: str) -> None:
    assert filled("https://crm.example.org/customers/{account}/edit", {"account": account}) is None


@pytest.mark.parametrize(
    "account", ["../admin", "a/b", "?x=1", "#", "%2e%2e", "javascript:alert(1)", "a\nb", "\ud800", "{id}"]
)
def test_a_value_stays_a_value(account: str) -> None:
    link = filled("https://crm.example.org/customers/{account}", {"account": account})
    assert link is not None
    rest = link.removeprefix("https://crm.example.org/customers/")
    assert not set("/?#:{}\n") & set(rest)


def test_fields_are_found_in_their_order() -> None:
    assert fields_of("https://crm.example.org/{id}/{account}", ("account", "id")) == ("id", "account")
    assert fields_of("http://10.0.0.1:8443/x", ("account",)) == ()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("ftp://crm.example.org/{id}", "start with https:// or http:// and a host"),
        ("javascript:alert({id})", "start with https://"),
        ("//crm.example.org/{id}", "start with https://"),
        ("https:///{id}", "start with https:// or http:// and a host"),
        ("https://{id}.example.org/", "no field may stand there"),
        ("https://crm.example.org:{id}/", "It should be an address with fields in braces, such as {account} {id}"),
        ("https://user:pass@crm.example.org/{id}", "no user and no password"),
        ("https://crm.example.org/{name}", "no other fields than {account} {id}"),
        ("https://crm.example.org/{id.key}", "no other fields"),
        ("https://crm.example.org/{id!r}", "no other fields"),
        ("https://crm.example.org/{id:>9}", "no other fields"),
        ("https://crm.example.org/{}", "no other fields"),
        ("https://crm.example.org/{id", "fields in braces"),
        ("https://crm.example.org/ {id}", "without spaces"),
        ("https://crm.example.org/\n{id}", "without spaces"),
        ("https://crm.example.org/" + "x" * 2_000, "at most 2000 characters"),
        ("https://[::1/{id}", "fields in braces"),
    ],
)
def test_what_is_no_template_is_refused_in_words(template: str, words: str) -> None:
    with pytest.raises(TemplateError) as raised:
        fields_of(template, ("account", "id"))
    assert words in str(raised.value)
