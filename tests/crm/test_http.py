import asyncio
import ipaddress
import logging
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callcenter.crm.http import MAX_ANSWER, HttpSource
from callcenter.crm.records import MAX_SHARING, Record, SourceError, record_of
from callcenter.crm_settings import CrmSettings
from tests.crm.crm_server import ANN, BEN, CLEO, Answer, CrmServer, crm_server, found
from tests.helpers import run_async

NUMBER = "+12025550101"
ANNS_RECORD = Record(
    "c7e0-ann",
    "1001",
    "Ann O'Hara",
    "platinum",
    "en",
    numbers=(NUMBER,),
    attributes={"spend": "1250.5", "since": "2024-02-29T10:00:00Z"},
)


@pytest.fixture
def server() -> Iterator[CrmServer]:
    with crm_server() as running:
        yield running


def settings_of(url: str, **changes: Any) -> CrmSettings:
    http: dict[str, Any] = {
        "by_number": url + "/customers?phone={number}",
        "by_account": url + "/customers/{account}",
        "headers": {"Authorization": "Bearer hush", "X-Tenant": "acme"},
        "records": "items",
        "fields": {
            "id": "id",
            "account": "number",
            "name": "contact.[first, last]",
            "language": "contact.language",
            "tier": "segment.code",
            "numbers": "phones[].value",
        },
        "attributes": {"spend": "totals.last_year", "since": "since"},
    }
    return CrmSettings.model_validate({"source": "http", "http": http | changes, "tiers": {"A": "platinum"}})


@asynccontextmanager
async def opened(settings: CrmSettings, **options: Any) -> AsyncIterator[HttpSource]:
    source = HttpSource(settings, **options)
    try:
        yield source
    finally:
        await source.close()


async def by_number(source: HttpSource, settings: CrmSettings, number: str = NUMBER) -> list[Record]:
    return [record_of(raw, settings.tiers, "US") for raw in await source.by_number(number)]


@run_async
async def test_paths_lead_to_the_record_and_the_question_carries_headers_and_encoded_values(server: CrmServer) -> None:
    settings = settings_of(server.url)
    server.answer = lambda _: found(ANN)
    async with opened(settings) as source:
        assert await by_number(source, settings) == [ANNS_RECORD]
        (raw,) = await source.by_account("A/../7 ?&#ü")
        assert record_of(raw, settings.tiers, "US") == ANNS_RECORD
        assert raw["tier"] == ("segment.code", "A")
    (by_number_asked, headers), (by_account_asked, _) = server.requests
    assert by_number_asked == "/customers?phone=%2B12025550101"
    assert by_account_asked == "/customers/A%2F..%2F7%20%3F%26%23%C3%BC"
    assert headers["Authorization"] == "Bearer hush"
    assert headers["X-Tenant"] == "acme"
    assert headers["Accept"] == "application/json"


@run_async
async def test_what_is_missing_in_a_record_is_left_out(server: CrmServer) -> None:
    settings = settings_of(server.url)
    server.answer = lambda _: found(BEN)
    async with opened(settings) as source:
        assert await by_number(source, settings) == [Record("8", "1002", "Ben", "")]


@run_async
async def test_one_record_alone_and_the_id_for_an_account(server: CrmServer) -> None:
    settings = settings_of(server.url, records="@", fields={"id": "id", "name": "contact.last"}, attributes={})
    server.answer = lambda _: Answer(body=b'{"id": 8, "contact": {"last": "Ben"}}')
    async with opened(settings) as source:
        assert await by_number(source, settings) == [Record("8", "8", "Ben", "")]


@run_async
async def test_nobody_is_known_by_404_an_empty_answer_and_an_empty_list(server: CrmServer) -> None:
    settings = settings_of(server.url)
    answers = [Answer(404, b"<h1>Not found</h1>"), Answer(410), Answer(204), found(), Answer(body=b"{}"), found({})]
    async with opened(settings) as source:
        for answer in answers:
            server.answer = lambda _, answer=answer: answer  # type: ignore[misc]
            assert await source.by_number(NUMBER) == [], answer


@run_async
async def test_who_has_another_number_was_found_by_some_other_text(server: CrmServer) -> None:
    """Many an API searches in texts."""
    settings = settings_of(server.url)
    server.answer = lambda _: found(ANN, CLEO, BEN)
    async with opened(settings) as source:
        assert [one.account for one in await by_number(source, settings)] == ["1001", "1002"]
        assert [one.account for one in await by_number(source, settings, "+12025550199")] == ["1003", "1002"]


@run_async
async def test_a_question_that_the_settings_have_no_address_for_is_not_asked(server: CrmServer) -> None:
    async with opened(settings_of(server.url, by_account=None)) as source:
        assert await source.by_account("1001") == []
        assert source.asked(None, "1001") == "GET nothing: crm.http has no address for this"
    async with opened(settings_of(server.url, by_number=server.url + "/{national_digits}")) as source:
        assert await source.by_number("+442079460018") == [], "it has no national number of ours"
        await source.by_number(NUMBER)
        assert source.asked(NUMBER, None) == f"GET {server.url}/2025550101"
        assert await source.by_account("..") == []
    assert [path for path, _ in server.requests] == ["/2025550101"]


@run_async
async def test_only_so_many_customers_of_a_switchboard_are_taken(server: CrmServer) -> None:
    settings = settings_of(server.url)
    server.answer = lambda _: found(*({**BEN, "id": n} for n in range(3 * MAX_SHARING)))
    async with opened(settings) as source:
        assert len(await source.by_number(NUMBER)) == MAX_SHARING


# ---- what keeps us from an answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(500, b"oops"), "answered 500 Internal Server Error"),
        (Answer(429), "answered 429"),
        (Answer(401), "answered 401 Unauthorized: look at crm.http.secret_headers"),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/"}), "answered 302"),
        (Answer(body=b"<html>"), "did not answer in JSON"),
        (Answer(body=b"\xff\xfe\x00"), "did not answer in JSON"),
        (Answer(body=b"[" * 200_000), "did not answer in JSON"),
        (Answer(body=b'{"items": [1]}'), "is no record and no list of records"),
        (Answer(body=b'{"items": "Ann"}'), "is no record and no list of records"),
        (Answer(body=b'{"items": [' + b" " * MAX_ANSWER + b"]}"), f"more than {MAX_ANSWER} bytes"),
        (Answer(body=b'{"items"', cut=True), "cannot be asked"),
    ],
)
@run_async
async def test_any_other_answer_is_a_failure_in_words_without_secrets(answer: Answer, words: str) -> None:
    with crm_server() as server:
        server.answer = lambda _: answer
        async with opened(settings_of(server.url)) as source:
            with pytest.raises(SourceError) as raised:
                await source.by_number(NUMBER)
            assert words in str(raised.value)
            assert server.url.removeprefix("http://") in str(raised.value)
            assert "hush" not in str(raised.value)
            assert "2025550101" not in str(raised.value)
            server.answer = lambda _: found(ANN)
            assert len(await source.by_number(NUMBER)) == 1, "the next one is answered"
        assert len(server.requests) == 2, "no redirection was followed"


@run_async
async def test_a_path_that_cannot_be_followed_in_the_answer_is_said(server: CrmServer) -> None:
    fields = {"id": "id", "name": "join(' ', contact)"}
    server.answer = lambda _: found(ANN)
    async with opened(settings_of(server.url, fields=fields)) as source:
        with pytest.raises(SourceError, match=r"a path of crm\.http does not fit the answer"):
            await source.by_number(NUMBER)


@run_async
async def test_a_server_that_is_slow_or_down_is_not_waited_for(server: CrmServer) -> None:
    never = threading.Event()
    server.answer = lambda _: Answer(wait=never)
    async with opened(settings_of(server.url, timeout_s=0.1)) as source:
        with pytest.raises(SourceError, match="has not answered"):
            await source.by_number(NUMBER)
        never.set()
        server.answer = lambda _: found(ANN)
        assert len(await source.by_number(NUMBER)) == 1
    server.close()
    async with opened(settings_of(server.url)) as source:
        with pytest.raises(SourceError, match="cannot be asked"):
            await source.by_number(NUMBER)


@run_async
async def test_questions_are_bounded_in_number(server: CrmServer) -> None:
    gate = threading.Event()
    server.answer = lambda _: Answer(wait=gate, body=b'{"items": []}')
    async with opened(settings_of(server.url), concurrency=3) as source:
        asking = [asyncio.create_task(source.by_number(NUMBER)) for _ in range(10)]
        await asyncio.to_thread(_wait_for, server, 3)
        gate.set()
        assert await asyncio.gather(*asking) == [[]] * 10
    assert server.most_at_once == 3


def _wait_for(server: CrmServer, at_once: int) -> None:
    for _ in range(2_000):
        if server.at_once == at_once:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{server.at_once} are asked at once")


@run_async
async def test_neither_numbers_nor_secrets_are_in_the_log_however_much_it_tells(
    server: CrmServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(settings_of(server.url)) as source:
        await source.by_number(NUMBER)
    assert "hush" not in caplog.text
    assert "2025550101" not in caplog.text


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of the server on loopback that nobody but itself has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "crm-ca.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


@run_async
async def test_a_server_is_trusted_by_the_authority_that_the_settings_name_and_by_no_other(tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert_file, key_file)
    with crm_server(context) as server:
        server.answer = lambda _: found(ANN)
        async with opened(settings_of(server.url, ca_file=str(cert_file))) as source:
            assert len(await source.by_number(NUMBER)) == 1
        async with opened(settings_of(server.url)) as source:
            with pytest.raises(SourceError, match=r"cannot be asked: .*certificate"):
                await source.by_number(NUMBER)
        assert len(server.requests) == 1


def test_an_authority_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(SourceError, match=r"crm\.http\.ca_file .*ca\.pem cannot be used"):
        HttpSource(settings_of("https://crm.example.org", ca_file=str(file)))
