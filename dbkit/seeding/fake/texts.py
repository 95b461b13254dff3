"""Which texts fit a column, by the words of its name."""

from __future__ import annotations

import re
from collections.abc import Callable

from .fake_kinds import (
    FakeKind,
    addresses,
    codes,
    hexadecimal,
    mapped,
    number_texts,
    phrases,
    some_of,
    uuids,
)
from .words import names, words

Maker = Callable[
    [int | None], FakeKind | None
]  # the longest text -> the kind, if it is short enough
PEOPLE = ("user", "customer", "employee", "person", "people", "author", "member", "contact",
          "student", "teacher", "patient", "owner", "player", "guest")  # fmt: skip
COMPANIES = ("tenant", "company", "organization", "organisation", "supplier", "vendor", "client",
             "account", "publisher", "shop", "store")  # fmt: skip


def _mix(template: str, *pools: Callable[[], tuple[str, ...]], number: str = " {}") -> Maker:
    return lambda longest: phrases(template, [pool() for pool in pools], number, longest)


def _words(provider: str) -> Callable[[], tuple[str, ...]]:
    return lambda: words(provider)


def _names(provider: str) -> Callable[[], tuple[str, ...]]:
    return lambda: names(provider)


def _fixed(make: Callable[[], FakeKind], length: int) -> Maker:
    return lambda longest: make() if longest is None or longest >= length else None


def _hexadecimal(longest: int | None) -> FakeKind | None:
    length = 64 if longest is None or longest >= 64 else longest
    return hexadecimal(length) if length >= 8 else None


def _closed(provider: str) -> Maker:
    """The words alone, without numbers: a currency with a number is none."""

    def make(longest: int | None) -> FakeKind | None:
        fitting = [word for word in words(provider) if longest is None or len(word) <= longest]
        return some_of(fitting, skew=2) if fitting else None

    return make


def _version() -> FakeKind:
    digits = number_texts(3)
    return mapped(digits, lambda text: f"{text[0]}.{text[1]}.{text[2]}")


def _latin() -> tuple[str, ...]:
    return tuple(word for word in words("word") if len(word) > 2)


PERSON = _mix("{} {}{}", _words("first_name"), _words("last_name"))
COMPANY = _mix("{}{}", _words("company"))
PHRASE = _mix("{}{}", _words("catch_phrase"))
SENTENCE = _mix("{} {}{}", _words("sentence"), _words("sentence"), number=" ({})")
WORDS = _mix("{} {}{}", _latin, _latin)
WORD = _mix("{}{}", _latin, number="-{}")
PARAGRAPH = _mix("{} {} {} {}{}", *[_words("sentence")] * 4, number=" ({})")


def _email(longest: int | None) -> FakeKind | None:
    pools = [names("first_name"), names("last_name")]
    return phrases("{}.{}{}@example.com", pools, "{}", longest)


# the first expression that is found in the name of the column decides
BY_NAME: list[tuple[str, Maker]] = [
    (r"e_?mail", _email),
    (r"isbn|barcode|gtin|(^|_)ean", _fixed(lambda: number_texts(10, "978"), 13)),
    (r"phone|mobile|fax|(^|_)tel($|_)", _fixed(lambda: number_texts(7, "+1202"), 12)),
    (r"user_?agent", _mix("{}{}", _words("user_agent"))),
    (r"mime|content_?type|media_?type", _closed("mime_type")),
    (r"slug|permalink|handle", _mix("{}-{}{}", _names("word"), _names("word"), number="-{}")),
    (r"user_?name|login|nick", _mix("{}.{}{}", _names("first_name"), _names("last_name"),
                                    number="{}")),
    (r"domain|host", _mix("{}-{}{}.example.com", _names("word"), _names("word"), number="-{}")),
    (r"url|website|web_?page|homepage|(^|_)link|href|(^|_)uri",
     _mix("https://www.example.com/{}/{}{}", _names("word"), _names("word"), number="-{}")),
    (r"uuid|guid", _fixed(lambda: mapped(uuids(), str), 36)),
    (r"hash|digest|checksum|sha\d|md5|token|secret|passw|signature|api_?key|etag", _hexadecimal),
    (r"first_?name|given_?name|fore_?name", _mix("{}{}", _words("first_name"))),
    (r"last_?name|sur_?name|family_?name", _mix("{}{}", _words("last_name"))),
    (r"full_?name|display_?name|(contact|customer|person)_?name", PERSON),
    (r"^(author|reader|editor|manager|owner|assignee|recipient|sender|contact)$", PERSON),
    (r"company|organi[sz]ation|employer|vendor|supplier|brand", COMPANY),
    (r"job|profession|occupation|position", _mix("{}{}", _words("job"))),
    (r"(file_?)?path|file_?name|(^|_)file$",
     _mix("/{}/{}{}", _names("word"), _names("word"), number="-{}")),
    (r"city|town", _mix("{}{}", _words("city"))),
    (r"country_?code|nationality", _closed("country_code")),
    (r"country", _mix("{}{}", _words("country"))),
    (r"^state$|region|province", _mix("{}{}", _words("state"))),
    (r"zip|postal|post_?code", _closed("postcode")),
    (r"street|address", _mix("{}{}", _words("street_address"))),
    (r"currency", _closed("currency_code")),
    (r"time_?zone|(^|_)tz$", _closed("timezone")),
    (r"locale|lang", _closed("locale")),
    (r"gender|(^|_)sex$", _closed("gender")),
    (r"colou?r", _closed("color_name")),
    (r"method|(^|_)verb", _closed("method")),
    (r"extension", _closed("extension")),
    (r"(^|_)ip(_|$)|ip_?addr", _fixed(addresses, 15)),
    (r"version", _fixed(_version, 5)),
    (r"title|headline|subject|caption|(^|_)label", PHRASE),
    (r"content|body|article|html|markdown", PARAGRAPH),
    (r"descr|summary|comment|note|bio|about|message|reason|detail|text|remark|error", SENTENCE),
    (r"(^|_)(key|code|type|kind|tag|category|group|status)$",
     _mix("{}_{}{}", _names("word"), _names("word"), number="_{}")),
    (r"reference|number|(^|_)(ref|id|sku|serial|no)$",
     _fixed(lambda: mapped(hexadecimal(12), str.upper), 12)),
]  # fmt: skip
COMPILED = [(re.compile(pattern), maker) for pattern, maker in BY_NAME]
NAME = re.compile(r"(^|_)name$|^name")


def plain_name(name: str) -> str:
    """Return a column name in words: ownerEmail as owner_email."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def text_kind(column: str, table: str, longest: int | None, unlimited: bool) -> FakeKind:
    """Return the kind of texts that fits a column of a table. `unlimited` says that the type is
    for long texts."""
    name = plain_name(column)
    maker = next((maker for pattern, maker in COMPILED if pattern.search(name)), None)
    if maker is None and NAME.search(name):
        maker = _by_table(plain_name(table))
    makers = [maker, SENTENCE if unlimited and maker is None else WORDS, WORDS, WORD]
    for make in filter(None, makers):
        kind = make(longest)
        if kind is not None and kind.size:
            return kind
    return codes(min(longest or 8, 12))


def _by_table(table: str) -> Maker:
    if any(word in table for word in PEOPLE):
        return PERSON
    return COMPANY if any(word in table for word in COMPANIES) else PHRASE
