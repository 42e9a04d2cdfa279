"""Text that is used but never shown: passwords, tokens, connection strings."""

from __future__ import annotations

import functools
import html
import json
import logging
import re
import traceback
from typing import Any, Final, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

MASK: Final = "***"
"""What is shown in a secret's place."""

LITERAL_REFUSED: Final = (
    "a password may not stand in a file or on the command line; mend: put the whole URL into an environment variable, "
    "and write ${env:NAME} here"
)


_USER = re.compile(r"(?<=://)[^/?#\s@'\"]*:[^/\s'\"]*@(?=[^/\s@]*)")
_SECRETS_IN_URL = re.compile(r"://[^/?#\s@:]*:([^/\s]+)@")
_TOKEN = re.compile(
    r"(?i)([?&;](?:[a-z_-]*(?:password|passwd|pwd|secret|token|api_?key|access_?key|sig|signature))=)[^&;#\s'\"]+"
)


_SHORTEST: Final = 6
"""Shorter text is masked where it stands and not wherever it turns up: it is in every other word."""
_hidden: set[str] = set()
"""Text that this process was given and nobody may see."""


def hide(text: str | Secret) -> None:
    """Mask a text from now on in all that `without_passwords` is applied to."""
    shown = text.get_secret_value() if isinstance(text, Secret) else text
    if len(shown) >= _SHORTEST:
        parts = [shown, *(match for match in _SECRETS_IN_URL.findall(shown) if len(match) >= _SHORTEST)]
        _hidden.update(each for part in parts for each in (part, json.dumps(part)[1:-1], html.escape(part)))
        _mask_logs()


def without_hidden(text: str) -> str:
    """The text with ``***`` for all that was hidden, also as JSON and HTML write it."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def without_passwords(text: str) -> str:
    """The same, and ``***`` for the user and password of each URL, and for tokens in its query."""
    return _without_url_secrets(without_hidden(text))


@functools.cache
def _mask_logs() -> None:
    """From the first secret on, log records of this process are masked as they are made, tracebacks included."""
    make = logging.getLogRecordFactory()

    def masking(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        told = record.getMessage()
        if (shown := without_passwords(told)) != told:
            record.msg, record.args = shown, ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = without_passwords("".join(traceback.format_exception(record.exc_info[1])).rstrip())
        return record

    logging.setLogRecordFactory(masking)


def has_password(text: str) -> bool:
    """Whether a URL in the text has a password, or a token in its query."""
    return _without_url_secrets(text) != text


def _without_url_secrets(text: str) -> str:
    return _TOKEN.sub(rf"\1{MASK}", _USER.sub(f"{MASK}@", text))


class Secret:
    """A parameter's type for text that nobody may see.

    A pipeline file gives it as ``${env:NAME}`` and in no other way. It shows as ``***`` wherever it is printed or
    written, and enters no key: the same pipeline with another password is the same pipeline.
    """

    __slots__ = ("_text", "reference")

    def __init__(self, text: str, reference: str | None = None) -> None:
        """``reference``: how a pipeline file names it, ``${env:NAME}``."""
        self._text = text
        self.reference = reference

    def get_secret_value(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.is_instance_schema(cls),
            custom_error_type="secret",
            custom_error_message="a secret takes nothing but ${env:NAME}",
            serialization=core_schema.to_string_ser_schema(when_used="always"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"^\$\{env:[A-Za-z_][A-Za-z0-9_]*(:-)?\}$", "writeOnly": True}


class Address(Secret):
    """A parameter's type for a URL, of a server or a database, that may have a password in it.

    One without may stand in a pipeline file. One with a password is given as ``${env:NAME}``; whatever comes from
    there is secret as a whole.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return MASK if self.reference is not None else without_passwords(self._text)

    def __repr__(self) -> str:
        return f"Address({self})"

    @classmethod
    def _read(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError("expected the URL of a server or a database")
        if has_password(value):
            raise ValueError(LITERAL_REFUSED)
        return cls(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.to_string_ser_schema(when_used="always")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1}
