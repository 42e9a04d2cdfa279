"""Text that is used but never shown: passwords, tokens, connection strings."""

from __future__ import annotations

import functools
import html
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Self
from urllib.parse import unquote, unquote_plus

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
_SECRETS_IN_URL = re.compile(r"://[^/?#\s@:\[]*:(?!\d*(?:[/?#]|$))([^\s]*)@")
"""A password may hold a slash; what begins with digits and one is a port with a path."""
_TOKEN = re.compile(
    r"(?i)([?&;](?:[a-z_-]*(?:pass|password|passwd|passphrase|pwd|secret|token|credential|api_?key|access_?key|sig"
    r"|signature))=)([^&;#\s'\"]+)"
)

_ANYWHERE: Final = 6
"""A secret of so many letters is masked wherever its letters stand, a shorter one as a word of its own: it is in every
other word."""
_WORD: Final = 4
"""One that is shorter still is masked in quotes and behind ``=`` or ``:`` alone."""

_hidden: set[str] = set()
"""Text that this process was given and nobody may see."""
_words: set[str] = set()
"""The same, too short to be looked for inside words: masked in all that is said, not in the syntax of files."""
_shy: set[str] = set()
"""Text of the environment that may be an ordinary word, such as ``median``: masked in errors and tracebacks only."""


def hide(text: str | Secret, *, telling: bool = True) -> None:
    """Mask a text from now on in all that `without_passwords` is applied to, and the passwords in it by themselves.

    Args:
        text: what nobody may see.
        telling: False for text that may be an ordinary word.
    """
    shown = text.get_secret_value() if isinstance(text, Secret) else text
    _mask_logs()
    if not telling:
        _shy.update(_forms(shown))
        return
    secrets = [*_SECRETS_IN_URL.findall(shown), *(match[1] for match in _TOKEN.findall(shown))]
    for part in [shown, *secrets, *map(unquote, secrets), *map(unquote_plus, secrets)]:
        (_hidden if len(part) >= _ANYWHERE else _words).update(_forms(part))


def hidden_texts() -> dict[str, list[str]]:
    """All that is hidden here, for `hide_also` in a process that works for this one."""
    return {"hidden": sorted(_hidden), "words": sorted(_words), "shy": sorted(_shy)}


def hide_also(texts: Mapping[str, Iterable[str]]) -> None:
    """Hide what another process hides."""
    for known, name in ((_hidden, "hidden"), (_words, "words"), (_shy, "shy")):
        known.update(texts.get(name, ()))
    if any(texts.values()):
        _mask_logs()


def is_hidden(text: str) -> bool:
    """Whether a text is, as a whole, one that came from the environment."""
    return text in _hidden or text in _words or text in _shy


def without_hidden_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with ``***`` for each that came from the environment as it is."""
    return {name: MASK if isinstance(value, str) and is_hidden(value) else value for name, value in values.items()}


def without_hidden_texts(value: Any) -> Any:
    """A plain value with ``***`` for what came from the environment, as a whole or as a part, in all its texts."""
    if isinstance(value, str):
        return MASK if is_hidden(value) else without_hidden(value)
    if isinstance(value, Mapping):
        return {name: without_hidden_texts(item) for name, item in value.items()}
    return [without_hidden_texts(item) for item in value] if isinstance(value, list | tuple) else value


def shown_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe as it is written down: what came from the environment is masked. A key is made of the recipe itself."""
    return {part: without_hidden_texts(said) if part in ("params", "data") else said for part, said in recipe.items()}


def without_hidden(text: str) -> str:
    """The text with ``***`` for all that was hidden, also as JSON and HTML write it. It may be a file's text."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _without_url_secrets(text) if "://" in text else text


def without_secrets(text: str) -> str:
    """The same, of what is said and read by nobody but people: short secrets are masked as well."""
    return _without_words(without_hidden(text), _words)


def without_passwords(text: str) -> str:
    """The same, of an error or a traceback: whatever came from the environment, and what any URL holds."""
    return _without_url_secrets(_without_words(without_hidden(text), _words | _shy))


def _forms(text: str) -> Iterator[str]:
    return (each for each in (text, json.dumps(text)[1:-1], html.escape(text)) if each.strip())


def _without_words(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if word in text:
            alone = rf"(?<!\w){re.escape(word)}(?!\w)"
            quoted = rf"(?<=['\"=:]){re.escape(word)}(?=['\"@&,;)\s]|$)"
            text = re.sub(alone if len(word) >= _WORD else quoted, MASK, text)
    return text


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
    """Whether a URL in the text has a password, or a token in its query, also where the query is percent-encoded."""
    return any(_SECRETS_IN_URL.search(each) or _TOKEN.search(each) for each in (text, unquote(text)))


def without_its_password(url: str) -> str:
    """A URL that `has_password`, as it may be shown: no user, password or token; ``***`` where that is unsure."""
    shown = _TOKEN.sub(rf"\1{MASK}", _SECRETS_IN_URL.sub(f"://{MASK}@", url))
    return MASK if _TOKEN.search(unquote(shown).replace(MASK, "")) else shown


def _without_url_secrets(text: str) -> str:
    """Users and passwords of URLs, and tokens in their queries, masked whoever wrote them."""
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
