"""Random expressions that are right, and random facts, for laws that hold for all of them."""

from hypothesis import strategies as st

from callcenter.routing.language.facts import Facts
from callcenter.types import Attribute, AttributeKind, Customer, Tier
from tests.routing.language.examples import ATTRIBUTES, NOON_MS, QUEUES, TIERS, Board, configuration, facts

TEXTS = ("", "gold", "+49301234567", "+4930", "8003", "Billing", "2026-12-24", "ß", "İ")
BIG = 10**15

_texts = st.sampled_from(
    [f"contact.{name}" for name in ("dialled", "caller", "intent", "spoken")]
    + ["customer.name", "customer.city", "lower(contact.intent)"]
)
_quoted = st.sampled_from([f"'{text}'" for text in TEXTS if text == text.lower()])
_order = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_sign = st.sampled_from(["==", "!="])
_in = st.sampled_from(["in", "not in"])
_dates = st.sampled_from(["now.date", "customer.since", "'2026-12-24'", "'1999-01-01'"])
_number_fields = st.sampled_from(
    ["now.hour", "now.minute", "customer.spend_12m", "queue.german-support.waiting", "queue.sales.longest_wait_s"]
    + [f"agents.{queue}.{figure}" for queue in QUEUES for figure in ("ready", "signed_in")]
)


def _list_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3).map(lambda them: f"({', '.join(them)},)")


_written_numbers = st.one_of(st.integers(0, 30), st.sampled_from([BIG, 0.5])).map(str)
_numbers = st.recursive(
    st.one_of(_number_fields, _dates.map("days_since({})".format), _written_numbers),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner), st.builds("-{}".format, inner)
    ),
    max_leaves=30,
)
_atoms = st.one_of(
    st.sampled_from(["True", "False", "customer.known", "customer.shared", "customer.insured", "queue.sales.open"]),
    st.sampled_from(["open('office')", "holiday('xmas')", "conditions.office", "conditions.valued_now"]),
    st.builds("{} {} {}".format, _texts, _sign, st.one_of(_texts, _quoted)),
    st.builds("{} {} {}".format, _texts, _in, st.one_of(_list_of(_quoted), st.just("lists.vip_numbers"))),
    st.builds("customer.tier {} '{}'".format, _sign, st.sampled_from(TIERS)),
    st.builds("customer.tier {} lists.good-tiers".format, _in),
    st.builds("contact.caller {} lists.nobody".format, _in),
    st.builds("now.weekday {} ('sat', 'thu')".format, _in),
    st.builds("starts_with({}, {})".format, _texts, _quoted),
    st.builds("{} {} {}".format, st.sampled_from(["now.date", "customer.since"]), _order, _dates),
    st.builds("{} {} {} {} {}".format, _numbers, _order, _numbers, _order, _numbers),
    st.builds("{} {} {}".format, _numbers, _in, _list_of(_written_numbers)),
    st.builds("customer.known {} customer.insured".format, _sign),
)

_expressions = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("(({}) == ({}))".format, inner, inner),
    ),
    max_leaves=12,
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return draw(_expressions)


_by_kind = {
    AttributeKind.TEXT: st.sampled_from(TEXTS),
    AttributeKind.NUMBER: st.one_of(st.integers(), st.floats(), st.just(10**400)),
    AttributeKind.FLAG: st.booleans(),
    AttributeKind.DATE: st.sampled_from(["", "1999-01-01", "2026-12-24"]),
}
_of_any_kind = st.one_of(*_by_kind.values(), st.text(max_size=5))


def _attribute(attribute: Attribute) -> st.SearchStrategy[str | float | bool]:
    return st.one_of(_by_kind[attribute.kind], _of_any_kind)


_customers = st.builds(
    Customer,
    id=st.just(1),
    account=st.sampled_from(TEXTS),
    name=st.sampled_from(TEXTS),
    tier=st.sampled_from(TIERS).map(Tier),
    language=st.sampled_from([None, "de"]),
    attributes=st.fixed_dictionaries({}, optional={one.name: _attribute(one) for one in ATTRIBUTES}),
)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    """Facts of the configuration of the examples. All is possible that make_facts takes."""
    number = st.one_of(st.integers(0, 10), st.integers())
    board = Board(draw(number), draw(st.floats()), draw(number), draw(number))
    return facts(
        configuration(),
        *draw(st.lists(_customers, max_size=2)),
        tier=draw(st.sampled_from(TIERS)),
        now_ms=draw(st.one_of(st.integers(NOON_MS - 10**9, NOON_MS + 10**9), st.integers(-(10**18), 10**18))),
        board=draw(st.sampled_from([None, board])),
        dialled=draw(st.sampled_from(TEXTS)),
        caller=draw(st.sampled_from(TEXTS)),
        intent=draw(st.sampled_from(TEXTS)),
        language=draw(st.sampled_from(["", "de", "gold"])),
    )
