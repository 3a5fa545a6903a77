"""One workshop on what one reader may see: its words, its minutes, and the head and foot of its papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamlib import __version__, text
from kamlib.method import review, workshop
from kamlib.schema import Account, Portfolio
from kamlib.show import cells, paper


@dataclass(frozen=True)
class Meeting:
    """A kind of workshop, the bundle of its reader, and its day where one is set."""

    kind: str
    bundle: Account | Portfolio
    on: date | None

    @property
    def setup(self) -> Mapping[str, Any]:
        """The settings of this kind: agenda, whether the customer is in the room, canvases."""
        setup: Mapping[str, Any] = self.bundle.settings["workshops"][self.kind]
        return setup

    @property
    def is_with_customer(self) -> bool:
        """Whether the customer is in the room."""
        return bool(self.setup["is_with_customer"])

    @property
    def account(self) -> Account | None:
        """The one account, or None where the workshop is about all."""
        return self.bundle if isinstance(self.bundle, Account) else None

    @property
    def known(self) -> Account:
        """The account of a workshop that has one."""
        if self.account is None:
            raise TypeError(f"{self.kind} is about all accounts")
        return self.account

    @property
    def who(self) -> str:
        """The account's name, or the portfolio."""
        return self.account.name if self.account else text.t("masthead.portfolio")

    @property
    def kam(self) -> str:
        """The KAM's name, else whoever stands for it."""
        return (workshop.kam(self.account) if self.account else "") or self.told("paper.somebody")

    def agenda(self) -> list[review.Item]:
        """The items with their minutes."""
        return review.agenda(self.setup["agenda"], self.bundle)

    def countdown(self) -> list[workshop.Step]:
        """The steps around the day."""
        return workshop.countdown(self.bundle, self.on)

    def words(self, part: str) -> str:
        """One sentence of this kind."""
        return text.t(f"workshop.{self.kind}.{part}")

    def told(self, key: str) -> str:
        """The sentence of `key` for this kind, else for meetings of its sort, else for all."""
        sort = "with_customer" if self.is_with_customer else "internal"
        return text.fill(text.entry(f"{key}.{self.kind}", f"{key}.{sort}", key), {"name": self.words("name")})

    def person(self, contact_id: object) -> str:
        """Name and title of a person; nothing where nobody is meant."""
        if text.is_missing(contact_id):
            return ""
        return cells.cell(contact_id, {"kind": "person"}, self.bundle)[1]

    def sheet(self, name: str, title: str, *parts: str, is_canvas: bool = False) -> str:
        """One sheet of the paper `name`."""
        day = text.t("paper.day_open") if self.on is None else text.long_day(self.on)
        minutes = text.t("paper.minutes", n=self.agenda()[-1].to_minute)
        called, as_of = text.t(f"paper.{name}"), text.day(self.bundle.as_of)
        head = paper.head(self.bundle, title, f"{called} · {self.who}", [day, minutes])
        foot = text.t("paper.foot", paper=called, name=self.who, version=__version__, day=as_of)
        return paper.sheet(head, *parts, foot=foot, is_canvas=is_canvas)


def lines_of(key: str) -> list[str]:
    """Return the list of sentences that stands under `key`."""
    lines: list[str] = text.entry(key)[text.language()]
    return lines
