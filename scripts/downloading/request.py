"""Asks a server for a file, and says in plain words why it does not come."""

import http.client
import urllib.error
import urllib.parse
import urllib.request

MIRROR = "name a mirror with --url URL"


class Failure(Exception):
    """What went wrong; `hint` says what to do, `code` is the exit code."""

    def __init__(self, message, hint, code=3):
        super().__init__(message)
        self.hint, self.code = hint, code


def check_address(url):
    """Refuses what urllib cannot fetch, without repeating a password."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"https", "http", "file"} or "@" in parts.netloc:
        raise Failure("--url takes the address of an archive, without a login", "write https://HOST/PATH or file:///PATH", code=2)


def ask(url, headers):
    """Returns the server's answer; None if it cannot serve the range that the headers want."""
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "assay", **headers}), timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise Failure(f"the server answers {error.code} {error.reason} ({url})", f"try again later, or {MIRROR}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or reason
        hint = f"check the network and its proxy (https_proxy), or {MIRROR}; what has arrived is kept"
        raise Failure(f"cannot reach the server: {why} ({url})", hint) from error
