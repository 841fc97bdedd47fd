"""HTTPS in the daemon itself."""

import logging
import ssl
from pathlib import Path

import httpx
import pytest

from callcenter.desktop.address import bind
from callcenter.desktop.app import create_app
from callcenter.desktop.server import Server
from callcenter.desktop.tls import CertificateError, Tls, renew, tls_of, trusting_only
from callcenter.http_settings import HttpSettings, TlsSettings
from callcenter.metrics import Metrics
from lab.tls import write_certificate
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import sign_in
from tests.helpers import run_async


def files(folder: Path, name: str = "a") -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    write_certificate(certificate, key)
    return certificate, key


@run_async
async def test_pages_and_api_are_served_with_secure_cookies_and_a_renewed_certificate_counts_at_once(
    tmp_path: Path,
) -> None:
    certificate, key = files(tmp_path)
    tls = Tls(certificate, key)
    desk = FakeDesk()
    server = Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, bind("127.0.0.1", 0), tls)
    await server.start()
    try:
        assert server.url.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(base_url=server.url, verify=trusting_only(certificate)) as open_before:
            answer = await sign_in(open_before, ANNA)
            cookie = answer.headers["set-cookie"].lower()
            assert "secure" in cookie
            assert "httponly" in cookie
            assert "samesite=strict" in cookie
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            before = trusting_only(certificate)
            write_certificate(certificate, key)
            renew(tls)
            assert (await open_before.get("/api/v1/me")).status_code == 200, "open connections go on"
            async with httpx.AsyncClient(base_url=server.url, verify=before) as stale:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await stale.get("/health/live")
            async with httpx.AsyncClient(base_url=server.url, verify=trusting_only(certificate)) as anew:
                assert (await anew.get("/health/live")).status_code == 200
        async with httpx.AsyncClient(base_url=server.url.replace("https", "http")) as plain:
            with pytest.raises(httpx.RemoteProtocolError):
                await plain.get("/health/live")
    finally:
        await server.stop()


def test_files_that_do_not_fit_are_told_with_the_remedy_and_change_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = files(tmp_path)
    _, other_key = files(tmp_path, "b")
    with pytest.raises(CertificateError, match=r"http.tls.*KEY_VALUES_MISMATCH.*its own key in PEM"):
        Tls(certificate, other_key)
    with pytest.raises(CertificateError, match="No such file"):
        Tls(tmp_path / "none.pem", key)
    tls = Tls(certificate, key)
    key.write_text("no key")
    with caplog.at_level(logging.ERROR):
        renew(tls)
    assert "the certificate in use stays" in caplog.text
    renew(None)


def test_nothing_older_than_tls_1_2(tmp_path: Path) -> None:
    assert Tls(*files(tmp_path)).context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_settings_ask_for_it_or_not(tmp_path: Path) -> None:
    certificate, key = files(tmp_path)
    assert tls_of(HttpSettings()) is None
    assert tls_of(HttpSettings(tls=TlsSettings(certificate_file=certificate, key_file=key)))
