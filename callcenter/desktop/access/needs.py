"""How a route says who may use it: `by: Annotated[Caller, needs(Permission.LISTEN)]` among its handler's parameters.

The one idea: this is the only way in. Each route of the application has one such parameter, or says with `public` why
it needs none; a test walks the routes, so that none can be forgotten. Who asks has been found out before, by the gate.
"""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from callcenter.desktop.access import audit
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.errors import ApiError, not_signed_in

CALLER = "callcenter.caller"  # in the ASGI scope: who asks, None where nobody has signed in

_DOES = {
    Permission.TAKE_CONTACTS: "takes no contacts",
    Permission.SEE_FLOOR: "may not see the floor",
}


class Need:
    """The dependency that lets a caller pass who holds one of these permissions; of none: whoever is signed in."""

    def __init__(self, any_of: tuple[Permission, ...]) -> None:
        self.any_of = any_of

    async def __call__(self, connection: HTTPConnection) -> Caller:
        caller: Caller | None = connection.scope[CALLER]
        if caller is None:
            raise not_signed_in()
        if not caller.may(*self.any_of):
            raise refused(caller, self.any_of)
        if isinstance(connection, Request):
            await audit.begin(connection, caller, caller.credential, address_of(connection))
        return caller


class Public:
    """The dependency of a route that anybody may use, and why."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        return None


def needs(*any_of: Permission) -> Any:
    return Depends(Need(any_of))


def public(why: str) -> Any:
    """For `dependencies=[public("...")]` at a route."""
    return Depends(Public(why))


def caller_of(connection: HTTPConnection) -> Caller | None:
    """Who asks, as the gate has found out."""
    caller: Caller | None = connection.scope[CALLER]
    return caller


def address_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"


def refused(caller: Caller, any_of: tuple[Permission, ...]) -> ApiError:
    wanted = " or ".join(any_of)
    does = next((_DOES[one] for one in any_of if one in _DOES), f"may not do that: it needs the permission {wanted}")
    if caller.token is not None:
        return ApiError(403, f"The token {caller.name} {does}.", f"Use a token with the scope {wanted}.")
    return ApiError(
        403, f"{caller.name} {does}.", f"Sign in as somebody whose role has it ({wanted}; docs/security.md)."
    )


SignedIn = Annotated[Caller, needs()]
TakesContacts = Annotated[Caller, needs(Permission.TAKE_CONTACTS)]
