"""HTTPS in the daemon itself: a certificate that can be renewed without a restart.

The one idea: new files are read into the context that is in use, so connections that are open go on as they are, and
the next one sees the new certificate. Files that are wrong change nothing.
"""

import logging
import ssl
from pathlib import Path

from callcenter.http_settings import HttpSettings

log = logging.getLogger(__name__)


class CertificateError(Exception):
    """The certificate or its key cannot be used; the text says which, and how to mend it."""


class Tls:
    def __init__(self, certificate_file: Path, key_file: Path) -> None:
        """Raises CertificateError."""
        self._files = certificate_file, key_file
        self.context = _context(*self._files)

    def reload(self) -> None:
        """Read the files again. Raises CertificateError, and then has changed nothing."""
        _context(*self._files)  # in a context of its own first: a half-read pair would refuse everybody
        self.context.load_cert_chain(*self._files)


def trusting_only(certificate_file: Path) -> ssl.SSLContext:
    """For a client on the same machine: exactly the daemon's own certificate counts, whatever name it has."""
    context = ssl.create_default_context(cafile=str(certificate_file))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _context(certificate_file: Path, key_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    where = f"{certificate_file} and {key_file} (http.tls in config/callcenter.yaml)"
    try:
        context.load_cert_chain(certificate_file, key_file, password=_no_password)
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        raise CertificateError(
            f"{where} cannot be used: {reason}; name a certificate and its own key in PEM"
        ) from error
    except OSError as error:
        raise CertificateError(f"{where} cannot be read: {error.strerror}") from error
    return context


def _no_password() -> str:
    """Instead of a question at the terminal, which no daemon has."""
    raise CertificateError("the key of http.tls has a password; store it without one, readable by the daemon only")


def tls_of(http: HttpSettings) -> Tls | None:
    """What the settings ask for. Raises CertificateError."""
    return None if http.tls is None else Tls(http.tls.certificate_file, http.tls.key_file)


def renew(tls: Tls | None) -> None:
    """At a reload. A certificate that cannot be used is told in the log, and the one in use stays."""
    try:
        if tls is not None:
            tls.reload()
    except CertificateError as error:
        log.error("the certificate in use stays: %s", error)
