"""Telling webhooks: each its own events, in order, however slow or broken another one is.

One idea: what is to be told lies in SQL, where the contact log's writer puts it, so calls never wait for a receiver and
nothing is forgotten. Each webhook has a task of its own that tries one event until it is taken; after ATTEMPTS the
event is put aside as a dead letter, to be seen and sent again over the API, and the next one is tried.

A request goes to an address that was looked at before: a webhook is no way into the network behind the daemon.
"""

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from callcenter.notices import TEST, notice
from callcenter.records import RecordNotice
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.webhooks import KeptEvent, KeptWebhook, Webhooks

log = logging.getLogger(__name__)

ATTEMPTS = 8
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 120.0
ANSWER_LIMIT_S = 10.0
LOOK_EVERY_S = 0.5
REREAD_EVERY_S = 5.0
TIDY_EVERY_S = 30.0
BATCH = 50
MAX_ERROR = 300  # characters

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotTakenError(Exception):
    """An event was sent and not taken, or could not be sent; the text says why."""

    def __init__(self, why: str) -> None:
        super().__init__(why[:MAX_ERROR])


class AddressRefusedError(Exception):
    """A webhook's address may not be used; the text says why."""


@dataclass(slots=True)
class Standing:
    """How it goes with one webhook since the start."""

    delivered: int = 0
    failed: int = 0  # attempts
    dead: int = 0
    error: str | None = None  # of the last attempt, None where that was taken


class Deliveries:
    """`run` it beside. `allowed` are networks that are not public and may be told all the same."""

    def __init__(
        self,
        kept: Webhooks,
        allowed: Sequence[Network],
        now_ms: Callable[[], int],
        observe: Callable[[str], None] = lambda _: None,
        pauses_s: tuple[float, float] = (FIRST_PAUSE_S, LONGEST_PAUSE_S),
    ) -> None:
        """`observe` is told of each attempt: delivered, failed or dead."""
        self._kept = kept
        self._allowed = allowed
        self._now_ms = now_ms
        self._observe = observe
        self._pauses_s = pauses_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._webhooks: dict[str, KeptWebhook] = {}  # by id, as they are now
        self._changed = asyncio.Event()
        self.standing: dict[str, Standing] = {}
        self.some = True  # whether there is any webhook; taken to be so until the database has been asked

    async def run(self) -> None:
        """For ever. A database that is away is tried again."""
        try:
            tidied_s = 0.0
            while True:
                with contextlib.suppress(DatabaseUnavailableError):
                    self._follow(await self._kept.all())
                    now_s = asyncio.get_running_loop().time()
                    if now_s - tidied_s > TIDY_EVERY_S:
                        tidied_s = now_s
                        if lost := await self._kept.tidy():
                            log.error("%d events for webhooks were given up: too many waited", lost)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REREAD_EVERY_S):
                        await self._changed.wait()
                self._changed.clear()
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def look(self) -> None:
        """A webhook has come, gone, or is another one now."""
        self._changed.set()

    async def check(self, url: str) -> None:
        """Raises AddressRefusedError where this URL may not be told."""
        await self._target(url)

    async def test(self, webhook_id: str, by: str) -> bool:
        """Tell it of an event of kind `test`, once and uncounted. False where there is none. Raises NotTakenError."""
        webhook = await self._find(webhook_id)
        if webhook is None:
            return False
        await self._post(webhook, notice(TEST, self._now_ms(), {"webhook": webhook_id, "by": by}))
        return True

    async def send_again(self, webhook_id: str, number: int) -> bool:
        """Tell it of a dead letter, once; taken, the letter is removed. False where there is no such letter.

        Raises NotTakenError; then the letter stays, with that attempt. Two at once may both send it: the receiver knows
        its id, and an answer of 2xx counts also where the letter is gone meanwhile.
        """
        webhook = await self._find(webhook_id)
        letter = await self._kept.dead_letter(webhook_id, number)
        if webhook is None or letter is None:
            return False
        try:
            await self._attempt(webhook, RecordNotice(letter.event_id, letter.kind, letter.at_ms, letter.body))
        except NotTakenError as problem:
            await self._kept.note_attempt(webhook_id, number, str(problem))
            raise
        await self._kept.remove_letter(webhook_id, number)
        return True

    async def _find(self, webhook_id: str) -> KeptWebhook | None:
        return next((one for one in await self._kept.all() if one.id == webhook_id), None)

    def _follow(self, webhooks: Sequence[KeptWebhook]) -> None:
        self.some = bool(webhooks)
        self._webhooks = {webhook.id: webhook for webhook in webhooks}
        self.standing = {known: self.standing.get(known, Standing()) for known in self._webhooks}
        for webhook_id in [known for known in self._tasks if known not in self._webhooks]:
            self._tasks.pop(webhook_id).cancel()
        for webhook in webhooks:
            task = self._tasks.get(webhook.id)
            if task is None or task.done():
                self._tasks[webhook.id] = asyncio.create_task(self._tell(webhook.id, webhook.delivered))

    async def _tell(self, webhook_id: str, at: int) -> None:
        """Of what comes after event `at`. Each time the webhook is looked at as it is then."""
        while True:
            try:
                events = await self._kept.next(at, BATCH)
                last_told = at
                for event in events:
                    if event.kind in self._webhooks[webhook_id].events:
                        await self._tell_of(webhook_id, event)
                        last_told = event.number
                    at = event.number
                if at > last_told:
                    await self._kept.delivered(webhook_id, at)
            except DatabaseUnavailableError:
                events = ()
            if len(events) < BATCH:
                await asyncio.sleep(LOOK_EVERY_S)

    async def _tell_of(self, webhook_id: str, event: KeptEvent) -> None:
        """Until it is taken or given up, and that is kept."""
        pause_s, error = self._pauses_s[0], ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._attempt(self._webhooks[webhook_id], event)
            except NotTakenError as problem:
                error = str(problem)
                if attempt < ATTEMPTS:
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, self._pauses_s[1])
                continue
            await self._until_kept(lambda: self._kept.delivered(webhook_id, event.number))
            return
        self._standing(webhook_id).dead += 1
        self._observe("dead")
        log.warning("webhook %s has not taken event %s in %d attempts: %s", webhook_id, event.id, ATTEMPTS, error)
        await self._until_kept(lambda: self._kept.give_up(webhook_id, event, ATTEMPTS, error, self._now_ms()))

    async def _until_kept(self, work: Callable[[], Awaitable[None]]) -> None:
        """Without this an event would be told again while the database is away."""
        while True:
            try:
                return await work()
            except DatabaseUnavailableError:
                await asyncio.sleep(LOOK_EVERY_S)

    def _standing(self, webhook_id: str) -> Standing:
        return self.standing.setdefault(webhook_id, Standing())

    async def _attempt(self, webhook: KeptWebhook, event: KeptEvent | RecordNotice) -> None:
        """Tell it once, and count that. Raises NotTakenError."""
        try:
            await self._post(webhook, event)
        except NotTakenError as problem:
            standing = self._standing(webhook.id)
            standing.failed += 1
            standing.error = str(problem)
            self._observe("failed")
            raise
        standing = self._standing(webhook.id)
        standing.delivered += 1
        standing.error = None
        self._observe("delivered")

    async def _post(self, webhook: KeptWebhook, event: KeptEvent | RecordNotice) -> None:
        """Raises NotTakenError."""
        body = event.body.encode()
        at_s = self._now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "callcenter-webhook",
            "Callcenter-Event": event.kind,
            "Callcenter-Delivery": event.id,
            "Callcenter-Signature": f"t={at_s},v1={signature(webhook.secret, at_s, body)}",
        }
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                address, host = await self._target(webhook.url)
                await _send(webhook.url, address, {"Host": host, **headers}, body)
        except TimeoutError:
            raise NotTakenError(f"it did not answer within {ANSWER_LIMIT_S:g} s") from None
        except AddressRefusedError as refused:
            raise NotTakenError(str(refused)) from None

    async def _target(self, url: str) -> tuple[str, str]:
        """The address to ask and the name to ask it by. Each address of the name must be one that may be asked."""
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.password:
            raise AddressRefusedError("it should be https://HOST/PATH, without a password")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            async with asyncio.timeout(ANSWER_LIMIT_S):
                found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, ValueError, TimeoutError) as error:
            raise AddressRefusedError(f"{parts.hostname} cannot be found: {error}") from None
        addresses = [str(entry[4][0]) for entry in found]
        for text in addresses:
            self._check_address(parts.hostname, text, parts.scheme)
        return addresses[0], parts.netloc

    def _check_address(self, host: str, text: str, scheme: str) -> None:
        address = ipaddress.ip_address(text.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        allowed = any(address.version == network.version and address in network for network in self._allowed)
        if not allowed and (not address.is_global or address.is_multicast):
            raise AddressRefusedError(
                f"{host} is {address}, which is not public; http.webhook_networks names those that may be told"
            )
        if scheme == "http" and not (allowed and address.is_loopback):
            raise AddressRefusedError(
                "without TLS only this machine itself is told, where http.webhook_networks has it"
            )


async def _send(url: str, address: str, headers: Mapping[str, str], body: bytes) -> None:
    """POST to `url`, at this address of its host. Raises NotTakenError."""
    import httpx  # noqa: PLC0415 - it takes long to load, and few daemons have a webhook

    named = httpx.URL(url)
    options: dict[str, Any] = {"headers": dict(headers), "extensions": {"sni_hostname": named.host}}
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=ANSWER_LIMIT_S) as client,
            client.stream("POST", named.copy_with(host=address), content=body, **options) as answer,
        ):
            if not answer.is_success:
                raise NotTakenError(f"it answered with {answer.status_code}")
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise NotTakenError(f"{type(error).__name__}: {error}") from None


def signature(secret: str, at_s: int, body: bytes) -> str:
    """HMAC-SHA256 of `TIMESTAMP.BODY`, in hexadecimal digits."""
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
