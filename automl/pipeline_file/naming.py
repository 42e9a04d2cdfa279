"""What a pipeline may be called: its name becomes part of folders, of trackers' experiments and of what is printed."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 64
_MOST_BYTES: Final = 220
"""A folder's name has at most 255 bytes, and a run's begins with its time."""

_UNSEEN = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
"""Control characters, line breaks, and what turns the direction of writing: nobody sees them."""

_WITHIN = rf"[^/\\{_UNSEEN}]"
_AT_ENDS = rf"[^\s/\\{_UNSEEN}]"
PIPELINE_NAME: Final = rf"(?![.-]){_AT_ENDS}({_WITHIN}{{0,{LONGEST - 2}}}{_AT_ENDS})?"
"""A pipeline's name as a regular expression."""


def wrong_name(name: str) -> str | None:
    """Why a pipeline cannot be called so, with what is expected; None if it can."""
    if re.fullmatch(PIPELINE_NAME, name) and len(name.encode()) <= _MOST_BYTES:
        return None
    told = f" ({_MOST_BYTES} bytes)" if len(name.encode(errors="replace")) > _MOST_BYTES else ""
    return (
        f"expected at most {LONGEST} characters{told} without '/', '\\', line breaks and control characters, no '.', "
        f"'-' or blank in front, no blank at the end; mend: {derived_name(name)}"
    )


def derived_name(text: str) -> str:
    """A name that is made of a file's, or of one that cannot be: what is not allowed becomes ``_``, the end is cut."""
    plain = re.sub(rf"[\s/\\{_UNSEEN}]+", "_", text).strip("_").lstrip(".-")[:LONGEST]
    while len(plain.encode()) > _MOST_BYTES:
        plain = plain[:-1]
    return plain or "pipeline"
