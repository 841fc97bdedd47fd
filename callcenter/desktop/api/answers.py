"""What several routes answer with, as OpenAPI tells it.

The one idea: an answer is a model, so that the schema of the API is drawn from what is really answered. Times are
milliseconds of UTC since the Unix epoch.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from callcenter.types import AgentState


class Answer(BaseModel):
    """A JSON object. Later versions of this one may have further keys."""

    model_config = ConfigDict(frozen=True)


class Refusal(Answer):
    """Whatever is refused, in two sentences. Some refusals have further keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        json_schema_extra={"examples": [{"error": "There is no contact c-1.", "remedy": "It may have ended."}]},
    )
    error: str = Field(description="what was wrong")
    remedy: str = Field(description="what would be right")


class State(Answer):
    """An agent's state. `pending` is what it changes to when the contact is done."""

    state: AgentState
    reason: str | None = None
    since_ms: int
    deadline_ms: int | None = None
    contact: str | None = None
    pending: str | None = None


class StateAnswer(Answer):
    state: State


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route besides those that each one has (see `openapi`)."""
    return {status: {"model": Refusal} for status in statuses}


def add_orders(router: APIRouter, orders: Mapping[str, tuple[str, Callable[..., Any]]]) -> None:
    """Routes for what somebody orders about something that may not be there, or may stand otherwise by now: the name
    and the handler by the path."""
    for path, (name, handler) in orders.items():
        router.add_api_route(path, handler, methods=["POST"], name=name, responses=responses(404, 409))


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra` of a route that reads its body itself."""
    content = {"application/json": {"schema": model.model_json_schema(ref_template="#/components/schemas/{model}")}}
    return {"requestBody": {"required": True, "content": content}}
