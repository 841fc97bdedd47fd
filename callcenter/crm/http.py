"""Customers in a CRM with an HTTP API that answers in JSON.

One idea: a question is one GET, and the answer is what the admin's paths find in it. 404 is an answer, too: nobody is
known by that. Anything else that is no JSON with such records in it is a failure, told in words without secrets, and
without the caller's number.

Bounds: `timeout_s` for the whole of an answer, MAX_ANSWER bytes of it, `concurrency` questions at once. Redirections
are not followed: the headers may hold secrets.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import jmespath
from jmespath.exceptions import JMESPathError

from callcenter.crm.records import ATTRIBUTE, MAX_SHARING, Raw, Said, SourceError, numbers_in
from callcenter.crm.spelling import spellings
from callcenter.crm_settings import CrmSettings
from callcenter.links import filled

MAX_ANSWER = 1 << 20
_NOBODY = (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND, httpx.codes.GONE)

# They would tell each call's number at `info`, and the headers' secrets at `debug`.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpSource:
    """`close` it when done. Opening makes no connection."""

    def __init__(self, settings: CrmSettings, *, concurrency: int = 8) -> None:
        """`settings` are complete and without mistakes, their source is `http`.

        Raises SourceError if the authority's certificate cannot be read.
        """
        assert settings.http is not None
        self._http = settings.http
        self._region = settings.default_region
        fields = {name: path for name, path in self._http.fields if path is not None}
        fields.setdefault("account", self._http.fields.id)
        fields |= {ATTRIBUTE + name: path for name, path in self._http.attributes.items()}
        self._fields = {name: (path, jmespath.compile(path)) for name, path in fields.items()}
        self._records = jmespath.compile(self._http.records)
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "callcenter", **self._http.headers},
            verify=self._trusted(),
            timeout=httpx.Timeout(self._http.timeout_s, connect=self._http.connect_timeout_s),
            limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
            follow_redirects=False,
            trust_env=False,
        )

    def _trusted(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._http.ca_file)
        except OSError as error:
            raise SourceError(f"crm.http.ca_file {self._http.ca_file} cannot be used: {error}") from error

    async def by_account(self, account: str) -> Sequence[Raw]:
        return await self._ask(self._url(None, account))

    async def by_number(self, number: str) -> Sequence[Raw]:
        """Where the records say their numbers, those of other numbers are left out: many an API searches in texts."""
        found = await self._ask(self._url(number, None))
        return [raw for raw in found if "numbers" not in raw or number in (numbers_in(raw, self._region) or (number,))]

    def asked(self, number: str | None, account: str | None) -> str:
        return f"GET {self._url(number, account) or 'nothing: crm.http has no address for this'}"

    async def close(self) -> None:
        await self._client.aclose()

    def _url(self, number: str | None, account: str | None) -> str | None:
        template = self._http.by_account if account is not None else self._http.by_number
        if template is None:
            return None
        values: dict[str, str | None] = {"account": account, "number": number}
        if number is not None:
            for form in ("digits", "national", "national_digits"):
                values[form] = next(iter(spellings(number, (form,), self._region)), None)
        return filled(template, values)

    async def _ask(self, url: str | None) -> list[Raw]:
        if url is None:
            return []
        place = f"the CRM at {urlsplit(url).netloc}"
        try:
            async with asyncio.timeout(self._http.timeout_s):
                answer = await self._answer(url, place)
        except TimeoutError as error:
            raise SourceError(f"{place} has not answered for {self._http.timeout_s:g} s") from error
        except httpx.TimeoutException as error:
            raise SourceError(f"{place} has not answered in time ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SourceError(f"{place} cannot be asked: {str(error) or type(error).__name__}") from error
        return [] if answer is None else self._raws(answer, place)

    async def _answer(self, url: str, place: str) -> bytes | None:
        async with self._client.stream("GET", url) as response:
            if response.status_code in _NOBODY:
                return None
            if not response.is_success:
                refused = response.status_code in (401, 403)
                remedy = ": look at crm.http.secret_headers" if refused else ""
                raise SourceError(f"{place} answered {response.status_code} {response.reason_phrase}{remedy}")
            answer = bytearray()
            async for part in response.aiter_bytes():
                answer += part
                if len(answer) > MAX_ANSWER:
                    raise SourceError(f"{place} answered with more than {MAX_ANSWER} bytes")
            return bytes(answer)

    def _raws(self, answer: bytes, place: str) -> list[Raw]:
        try:
            found = self._records.search(json.loads(answer))
            if found is None:
                return []
            records = found if isinstance(found, list) else [found]
            if not all(isinstance(record, dict) for record in records):
                raise SourceError(f"{place}: what crm.http.records finds is no record and no list of records")
            return [self._raw(record) for record in records[:MAX_SHARING] if record]
        except JMESPathError as error:
            words = str(error).strip().split("\n", maxsplit=1)[0]
            raise SourceError(f"{place}: a path of crm.http does not fit the answer: {words}") from error
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{place} did not answer in JSON ({type(error).__name__})") from error

    def _raw(self, record: Mapping[str, Any]) -> Raw:
        return {name: Said(path, compiled.search(record)) for name, (path, compiled) in self._fields.items()}
