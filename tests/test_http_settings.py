"""The settings of the HTTP server: paths, and what is wrong with them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from callcenter.admin.yaml_source import parse
from callcenter.http_settings import HttpSettings, TlsSettings, absolute, contradictions

TLS = TlsSettings(certificate_file=Path("a.pem"), key_file=Path("/etc/a.key"))


def test_relative_paths_start_at_the_folder_of_the_settings() -> None:
    made = absolute(HttpSettings(tls=TLS, session_secret_file=Path("s")), Path("/etc/callcenter"))
    assert made.tls == TlsSettings(certificate_file=Path("/etc/callcenter/a.pem"), key_file=Path("/etc/a.key"))
    assert made.session_secret_file == Path("/etc/callcenter/s")
    assert absolute(HttpSettings(), Path("/etc")) == HttpSettings()


def test_files_that_are_not_there_are_mistakes_with_their_place(tmp_path: Path) -> None:
    main = parse("http:\n  tls:\n    certificate_file: a.pem\n    key_file: a.key\n", "callcenter.yaml")
    made = absolute(HttpSettings(tls=TlsSettings(certificate_file=Path("a.pem"), key_file=Path("a.key"))), tmp_path)
    (tmp_path / "a.key").touch()
    (mistake,) = contradictions(made, main)
    assert str(mistake).startswith("callcenter.yaml:3:23: http.tls.certificate_file: there is no file ")


def test_tls_without_files_is_a_mistake() -> None:
    main = parse("http:\n  tls:\n", "callcenter.yaml")
    (mistake,) = contradictions(HttpSettings(), main)
    assert "Name certificate_file and key_file" in str(mistake)
    assert contradictions(HttpSettings(), parse("http: {}\n", "callcenter.yaml")) == []


@pytest.mark.parametrize("network", ["10.0.0.0/8", "::1/128", "192.0.2.7"])
def test_networks(network: str) -> None:
    assert HttpSettings(webhook_networks=(network,)).webhook_networks == (network,)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "example.org", ""])
def test_what_is_no_network(network: str) -> None:
    with pytest.raises(ValidationError, match=r"such as 10\.1\.0\.0/16"):
        HttpSettings(webhook_networks=(network,))
