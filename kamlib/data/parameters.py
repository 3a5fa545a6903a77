"""A notebook's parameters: each must be what it says, whoever passed it (`-p live false` is the text "false")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kamlib import text
from kamlib.errors import Finding, KamError


def check(account_id: Any, as_of: Any, lang: Any, audience: Any, live: Any) -> None:
    """Raise one `KamError` that names every parameter which is off."""
    texts = {"as_of": as_of} | ({} if account_id is None else {"account_id": account_id})
    chosen = {"lang": (lang, text.LANGUAGES), "audience": (audience, ("internal", "customer"))}
    faults = [*_not_text(texts), *_not_allowed({**chosen, "live": (live, (True, False))})]
    if faults:
        raise KamError(*faults)


def _not_text(values: dict[str, Any]) -> Iterator[Finding]:
    for name, value in values.items():
        if not isinstance(value, str):
            yield Finding("parameter_not_text", values={"name": name, "found": repr(value)})


def _not_allowed(values: dict[str, tuple[Any, tuple[Any, ...]]]) -> Iterator[Finding]:
    for name, (value, allowed) in values.items():
        if type(value) is not type(allowed[0]) or value not in allowed:
            told = {"name": name, "found": repr(value), "allowed": ", ".join(map(str, allowed))}
            yield Finding("parameter_unknown", values=told)
