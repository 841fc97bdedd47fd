"""Engines that are broken on purpose (see `canaries`): what supervisors order, messages, and who listens to whom."""

from collections.abc import Iterator
from typing import Any

from callcenter.orders import ChangeListening, MessageAcknowledged
from callcenter.queues.contact import Contact
from callcenter.routing import configure, devices, listening, messages, offering, orders, presence
from callcenter.routing.agent import Agent
from callcenter.routing.index import MatchingIndex
from callcenter.simulation.breaking import Canary, registrar, swap
from callcenter.state import State
from callcenter.types import AgentConfig, DeviceStatus

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


# ---- agents


@canary
def an_ordered_state_throws_a_busy_agent_out_of_its_contact() -> Iterator[None]:
    right = presence.ask

    def broken(state: State, agent: Agent, *rest: Any) -> None:
        right(state, agent, *rest)
        agent.pending = None
        state.tell_agent(agent)

    with swap((orders, "ask", broken)):
        yield


@canary
def skills_that_are_set_do_not_reach_the_matching() -> Iterator[None]:
    with swap((MatchingIndex, "agent_changed", lambda index, agent: None)):
        yield


@canary
def a_new_configuration_forgets_the_skills_that_were_set() -> Iterator[None]:
    def broken(agent: Agent, config: AgentConfig) -> AgentConfig:
        agent.skills_order = None
        return config

    with swap((configure, "configured", broken)):
        yield


# ---- devices that are chosen


@canary
def a_phone_is_chosen_that_another_agent_has() -> Iterator[None]:
    with swap((devices, "who_has", lambda *_: None)):
        yield


@canary
def a_new_configuration_gives_an_agent_the_phone_of_another() -> Iterator[None]:
    with swap((devices, "reseat", lambda *_: None)):
        yield


@canary
def a_choice_outlives_the_sign_out() -> Iterator[None]:
    with swap((devices, "sign_out", lambda *_: None)):
        yield


# ---- contacts that are given


@canary
def a_contact_is_given_to_whoever_is_free() -> Iterator[None]:
    right = offering.make_offer

    def broken(state: State, contact: Contact, agent: Agent) -> None:
        free = [one for one in state.saved.agents.values() if state.may_be_offered(one)]
        right(state, contact, free[0] if free else agent)

    with swap((orders, "make_offer", broken)):
        yield


@canary
def a_contact_is_given_though_no_offers_are_made() -> Iterator[None]:
    right = orders._why_not

    def broken(state: State, *rest: Any) -> str:
        stopped_by, state.saved.offering_stopped_by = state.saved.offering_stopped_by, None
        found = right(state, *rest)
        state.saved.offering_stopped_by = stopped_by
        return found

    with swap((orders, "_why_not", broken)):
        yield


@canary
def other_phones_ring_on_for_a_contact_that_is_given() -> Iterator[None]:
    with swap((orders, "stop_phones", lambda state, contact: None)):
        yield


# ---- messages


@canary
def one_reader_acknowledges_for_all() -> Iterator[None]:
    right = messages.acknowledge

    def broken(state: State, event: MessageAcknowledged) -> None:
        right(state, event)
        if event.message in state.saved.open_messages:
            messages._close(state, event.message)

    with swap((messages, "acknowledge", broken)):
        yield


@canary
def messages_do_not_reach_those_who_serve_a_queue() -> Iterator[None]:
    with swap((messages, "_is_for", lambda event, agent: event.everybody or agent.config.id in event.agents)):
        yield


# ---- listening


@canary
def who_listens_goes_on_when_the_talk_is_over() -> Iterator[None]:
    with swap((listening, "settle", lambda state: None)):
        yield


@canary
def another_mode_is_not_told_to_the_pbx() -> Iterator[None]:
    right = listening._ask

    def broken(state: State, event: Any) -> None:
        right(state, event)
        state.out[:] = [command for command in state.out if not isinstance(command, ChangeListening)]

    with swap((listening, "_ask", broken)):
        yield


@canary
def what_the_pbx_holds_of_listening_is_not_asked() -> Iterator[None]:
    with swap((listening, "synced", lambda state, event: None)):
        yield


@canary
def who_is_about_to_listen_is_offered_a_contact() -> Iterator[None]:
    def broken(state: State, agent: Agent) -> bool:
        device = agent.config.device
        return state.saved.pbxs.get(device.pbx, False) and state.device_status(device) is DeviceStatus.FREE

    with swap((State, "can_ring", broken)):
        yield


@canary
def listening_is_not_in_the_contacts_log() -> Iterator[None]:
    with swap((listening, "_record", lambda state, now, words: None)):
        yield


@canary
def orders_are_lost() -> Iterator[None]:
    with swap((orders, "handle_order", lambda state, event: None)):
        yield
