"""What a screen pop shows beside what the core says of the contact: the CRM's page, and the script, filled in."""

from collections.abc import Mapping

from callcenter.commands import ScreenPop
from callcenter.desktop.desk import Desk
from callcenter.desktop.live.streams import text
from callcenter.links import crm_link
from callcenter.scripts import filled


def pop_entry(desk: Desk, pop: ScreenPop) -> str:
    """The pop as an entry, encoded."""
    customer = pop.customers[0] if len(pop.customers) == 1 else None
    template = desk.crm_link
    link = None if template is None else crm_link(template, customer, pop.caller, pop.contact)
    script = desk.script(pop.queue)
    shown = None if script is None else filled(script, _values(desk, pop))
    return f'{text(pop)[:-1]},"crm_link":{text(link)},"script":{text(shown)}}}'


def _values(desk: Desk, pop: ScreenPop) -> Mapping[str, str | None]:
    """What the texts of a script may name."""
    agent = desk.agent(pop.agent)
    values: dict[str, str | None] = {
        "contact.caller": pop.caller,
        "contact.dialled": pop.dialled,
        "contact.intent": pop.intent,
        "contact.queue": pop.queue,
        "agent.name": None if agent is None else agent.name,
    }
    if len(pop.customers) == 1:
        customer = pop.customers[0]
        values |= {f"customer.{name}": _words(value) for name, value in customer.attributes.items()}
        values |= {
            "customer.name": customer.name,
            "customer.account": customer.account,
            "customer.tier": customer.tier,
            "customer.language": customer.language,
        }
    return values


def _words(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
