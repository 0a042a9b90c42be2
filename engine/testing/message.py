"""Event messages from files: JSON with the registration's secret beside the event's members."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from engine.encoding import InvalidJSONError, strict_decoder
from engine.errors import ConfigurationError

SECRET = "secret"  # noqa: S105  # the member's name


@dataclass(frozen=True, slots=True)
class EventMessage:
    """A message as `compose` takes it, and the secret that `fill` takes, None where the file gives none."""

    data: Mapping[str, object]
    secret: str | None = field(default=None, repr=False)


def read_message(content: bytes, source: str) -> EventMessage:
    """Reads a message from UTF-8 JSON; a top-level member `secret` is taken out of it.

    Numbers with a point or an exponent become decimals and so keep their digits. Raises ConfigurationError, which names
    `source` and quotes nothing of the content.
    """
    found: object = None
    try:
        found = _decode(content.decode("utf-8-sig"))
        fault = "" if isinstance(found, dict) else "is not a JSON object"
    except json.JSONDecodeError as error:
        fault = f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        fault = f"is not UTF-8: byte {error.start}"
    except InvalidJSONError as error:
        fault = f"cannot be used: {error}"
    except RecursionError:
        fault = "is nested too deeply"
    except (ValueError, ArithmeticError):
        fault = "has a number that is too long"
    # Raised here, not in a handler: the first exception would stay attached, and it holds the text.
    if not isinstance(found, dict) or fault:
        raise ConfigurationError(f"{source} {fault}.", file=source)
    secret = found.pop(SECRET, None)
    if not isinstance(secret, str | None):
        raise ConfigurationError(f"{source}: the member `secret` is neither a string nor null.", file=source)
    return EventMessage(found, secret)


_decode: Final = strict_decoder(parse_float=Decimal)
