"""Words of Faker. Faker takes 10 to 50 microseconds for a value, so it makes some hundreds of each
kind once, and values are combined from these."""

from __future__ import annotations

from functools import cache
from typing import Any

from dbkit.errors import ConfigError

COUNT = 400  # tries per kind
LONGEST = 60  # of a word that is combined with others
OWN = {  # what Faker lacks, or has in strange forms
    "method": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "gender": ("female", "male", "other"),
    "timezone": ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo",
                 "America/Los_Angeles", "Australia/Sydney", "America/Sao_Paulo"),
    "locale": ("en", "de", "fr", "es", "it", "pt", "ja", "nl", "pl", "sv"),
    "currency_code": ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK"),
    "mail_domain": ("example.com", "example.org", "example.net"),
    "mime_type": ("text/plain", "text/html", "application/json", "application/pdf", "image/png",
                  "image/jpeg", "text/csv", "video/mp4"),
    "extension": ("txt", "pdf", "csv", "json", "png", "jpg", "html"),
}  # fmt: skip


@cache
def _faker() -> Any:
    try:
        from faker import Faker
    except ImportError:
        raise ConfigError(
            "Fake data needs the package peewee-dbkit[fake].",
            'Install it: pip install "peewee-dbkit[fake]"',
        ) from None
    return Faker("en_US")


@cache
def words(provider: str) -> tuple[str, ...]:
    """Return words of a provider of Faker, always the same. They differ in more than case."""
    faker = _faker()  # also for the words of our own: half of the features would be confusing
    if provider in OWN:
        return OWN[provider]
    faker.seed_instance(provider)
    found = (str(getattr(faker, provider)()) for _ in range(COUNT))
    by_folded = {word.casefold(): word for word in found if len(word) <= LONGEST}
    return tuple(by_folded.values())


@cache
def names(provider: str) -> tuple[str, ...]:
    """Return the words as they occur in addresses of e-mail and pages: a to z, 0 to 9."""
    plain = ("".join(filter(str.isalnum, word)).lower() for word in words(provider))
    return tuple(dict.fromkeys(word for word in plain if word.isascii() and word))
