"""At which phone an agent works, over HTTP: the phones that there are, and the choice of one.

The one idea: what stands in the way is said here in words, by name; whether it is granted is the core's to say.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from callcenter.admin.schema import did_you_mean
from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import TakesContacts
from callcenter.desktop.access.permissions import Caller
from callcenter.desktop.api.answers import Answer, State, responses
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.floor import Phone
from callcenter.desktop.live.messages import state_of
from callcenter.orders import DeviceChosen
from callcenter.overview import AgentView
from callcenter.types import AgentState, DeviceRef, DeviceStatus

_BUSY = (AgentState.RESERVED, AgentState.TALKING)


class Choice(Body):
    """A phone as `GET /devices` lists it; null: the configured one again."""

    device: Annotated[str, Field(min_length=1, max_length=128)] | None


class User(Answer):
    id: str
    name: str


class PhoneAnswer(Answer):
    device: str
    status: DeviceStatus
    used_by: User | None = Field(description="the agent who is signed in at it, null: nobody")
    own: bool = Field(description="it is the one that the staff's configuration gives to whoever asks")


class PhonesAnswer(Answer):
    devices: list[PhoneAnswer]


class ChosenAnswer(Answer):
    """`device` null: there is none, and one has to be chosen. `chosen` false: it is the configured one."""

    state: State
    device: str | None
    chosen: bool


class DevicesApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1", tags=["agents"])
        router.add_api_route("/devices", self.devices, methods=["GET"], name="phones")
        router.add_api_route(
            "/device", self.choose, methods=["POST"], name="choose_phone", responses=responses(409, 422)
        )
        return router

    async def devices(self, by: TakesContacts) -> PhonesAnswer:
        """The phones at which one can work, by name, with who is signed in at each."""
        return PhonesAnswer(devices=[_told(phone, by) for phone in self._desk.floor.phones()])

    async def choose(self, by: TakesContacts, body: Choice) -> ChosenAnswer:
        """Work at this phone until the sign-out, or until the configuration gives another one."""
        view = self._desk.agent(by.id)
        if view is None or view.state is AgentState.LOGGED_OUT:
            raise ApiError(409, "You are not signed in.", "Sign in, then choose a phone.")
        audit.tell(before={"device": view.phone or None})
        phones = {phone.device: phone for phone in self._desk.floor.phones()}
        own = next((phone for phone in phones.values() if phone.owner == by.id), None)
        wanted = own if body.device is None else phones.get(body.device)
        if wanted is None and body.device is not None:
            raise ApiError(422, f"There is no phone {body.device!r}.", did_you_mean(body.device, phones))
        device = "" if wanted is None else wanted.device
        if view.phone != device:
            self._check(by, view, wanted)
            chosen = None if body.device is None else DeviceRef(self._desk.pbx, body.device)
            await self._door.submit(DeviceChosen(by.id, chosen))
            view = self._desk.agent(by.id) or view
            if view.phone != device:
                raise ApiError(409, f"The phone {device} cannot be chosen now.", "Look at the phones again.")
        return _chosen(view)

    def _check(self, by: Caller, view: AgentView, wanted: Phone | None) -> None:
        if view.state in _BUSY:
            raise ApiError(409, "You have a contact at your phone.", "Change the phone when the call is over.")
        if any(by.id == now.by or view.phone == now.device.device for now in self._desk.floor.listening().values()):
            raise ApiError(409, "Somebody listens at your phone.", "Hang up, then change it.")
        if wanted is None:
            return
        if wanted.agent not in (None, by.id):
            raise ApiError(409, f"{wanted.name} has the phone {wanted.device}.", "Choose another one.")
        if any(wanted.device == now.device.device for now in self._desk.floor.listening().values()):
            raise ApiError(409, f"Somebody listens at the phone {wanted.device}.", "Choose another one.")


def _told(phone: Phone, by: Caller) -> PhoneAnswer:
    user = None if phone.agent is None else User(id=phone.agent, name=phone.name)
    return PhoneAnswer(device=phone.device, status=phone.status, used_by=user, own=phone.owner == by.id)


def _chosen(view: AgentView) -> ChosenAnswer:
    return ChosenAnswer(state=State(**state_of(view)), device=view.phone or None, chosen=view.phone_chosen)
