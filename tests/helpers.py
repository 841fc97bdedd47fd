"""Small things that many tests need."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from html.parser import HTMLParser
from typing import Any, ParamSpec

from twisted.internet.defer import Deferred

P = ParamSpec("P")


def run_async(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, Deferred[None]]:
    """Let pytest-twisted run an asyncio coroutine test: the reactor is the asyncio one, so both share a loop."""

    @functools.wraps(test)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Deferred[None]:
        return Deferred.fromFuture(asyncio.ensure_future(test(*args, **kwargs)))

    return wrapper


def unclosed(page: str) -> list[str]:
    """The elements of an HTML page that nothing closes. AssertionError where one is closed that is not open."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

    reader = Reader()
    reader.feed(page)
    return reader.open
