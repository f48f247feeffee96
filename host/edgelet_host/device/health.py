"""A device's own page, /healthz, over the network."""

import http.client
import json
import ssl
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from edgelet_host.runtime import names
from edgelet_host.units import count_text

# How long an address that is listed may take.
_LISTED_S = 3.0


class UnhealthyError(Exception):
    """The answer is not that of a healthy device."""


def _connection(url: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        # The certificate is for the name that clients use, and nothing secret is asked or told.
        return http.client.HTTPSConnection(parts.netloc, timeout=timeout_s, context=ssl._create_unverified_context())
    return http.client.HTTPConnection(parts.netloc, timeout=timeout_s)


def ask(url: str, timeout_s: float) -> dict[str, Any]:
    """Ask the device at this URL, without a path; what it tells: functions, clock_set.

    Raises UnhealthyError, or OSError where nobody answers: TimeoutError after timeout_s.
    """
    connection = _connection(url, timeout_s)
    try:
        connection.request("GET", names.HEALTH, headers={"Host": names.LOCALHOST})
        answer = connection.getresponse()
        text = answer.read()
    except http.client.HTTPException as e:
        raise UnhealthyError(f"{names.HEALTH} answers with what is no HTTP ({type(e).__name__})") from None
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise UnhealthyError(f"{names.HEALTH} answers {answer.status}")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "functions" not in told:
        raise UnhealthyError(f"what answers {names.HEALTH} is no edgelet device")
    return told


def describe(address: str) -> str:
    """Say whether a device answers at an address."""
    try:
        functions = len(ask(f"http://{address}", _LISTED_S)["functions"])
    except TimeoutError:
        return f"does not answer within {_LISTED_S:g} s"
    except OSError as e:
        return f"does not answer: {e.strerror}"
    except UnhealthyError as e:
        return str(e)
    return f"answers, {count_text(functions, 'function')}"
