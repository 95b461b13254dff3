"""The singular and the plural of English nouns, as tables are named.

Only `init` needs them, for names that the developer will own and may edit. A library would be one
more dependency of every installation, and it guesses where a table keeps its name (`datum`,
`medium`). This file leaves an uncertain word as it is.
"""

from __future__ import annotations

import re

# singular and plural
SAME = {
    "data", "metadata", "media", "news", "series", "species", "sheep", "fish", "info",
    "information", "equipment", "feedback", "software", "hardware", "staff", "content",
    "inventory", "history", "money", "goods", "analytics", "statistics", "logistics",
    "economics", "physics", "mathematics", "politics", "headquarters", "means", "sms", "gps",
    "dns", "aws", "ios", "tls", "https", "css", "cms", "pos", "rss", "os", "chaos",
}  # fmt: skip
# singular -> plural
IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet",
    "tooth": "teeth", "mouse": "mice", "goose": "geese", "criterion": "criteria",
    "phenomenon": "phenomena", "vertex": "vertices", "matrix": "matrices", "index": "indexes",
    "appendix": "appendices", "analysis": "analyses", "crisis": "crises", "thesis": "theses",
    "hypothesis": "hypotheses", "diagnosis": "diagnoses", "synopsis": "synopses", "axis": "axes",
    "quiz": "quizzes", "knife": "knives", "wife": "wives", "life": "lives", "leaf": "leaves",
    "shelf": "shelves", "half": "halves", "wolf": "wolves", "thief": "thieves", "calf": "calves",
    "potato": "potatoes", "tomato": "tomatoes", "hero": "heroes", "echo": "echoes",
    "veto": "vetoes", "cargo": "cargoes", "movie": "movies", "cookie": "cookies",
    "calorie": "calories",
    "selfie": "selfies", "tie": "ties", "cache": "caches", "ache": "aches", "niche": "niches",
    "lens": "lenses", "gas": "gases", "bus": "buses", "alias": "aliases", "bias": "biases",
    "atlas": "atlases", "canvas": "canvases", "iris": "irises", "excuse": "excuses",
    "fuse": "fuses", "menu": "menus", "cpu": "cpus", "gpu": "gpus", "sku": "skus", "api": "apis",
    "kpi": "kpis", "wiki": "wikis", "emoji": "emojis", "taxi": "taxis",
}  # fmt: skip
IRREGULAR_PLURALS = {plural: singular for singular, plural in IRREGULAR.items()}
IRREGULAR_PLURALS |= {"indices": "index", "persons": "person"}
WORD = re.compile(r"[a-z]{3,}")
# (the ending of a plural, the ending of its singular)
PLURAL_ENDINGS = (
    (re.compile(r"(?<=[bcdfghjklmnpqrstvwxz])ies$"), "y"),
    (re.compile(r"(?<=ss|sh|ch|zz)es$|(?<=x)es$|(?<=[^aeo]us)es$"), ""),
    (re.compile(r"(?<![isu])s$"), ""),
)
SINGULAR_ENDINGS = (
    (re.compile(r"(?<=[bcdfghjklmnpqrstvwxz])y$"), "ies"),
    (re.compile(r"(?<=[sxz])$|(?<=sh|ch)$"), "es"),
    (re.compile(r"$"), "s"),
)


def singular(noun: str) -> str:
    """Return the singular of a noun in lower case; the noun itself if that is not certain."""
    if noun in SAME or noun in IRREGULAR or not WORD.fullmatch(noun):
        return noun
    return IRREGULAR_PLURALS.get(noun) or _ended(noun, PLURAL_ENDINGS)


def plural(noun: str) -> str | None:
    """Return the plural of a noun in lower case, which may be a plural already; None if the noun is
    not a word."""
    if not WORD.fullmatch(noun):
        return None
    if noun in SAME or singular(noun) != noun:
        return noun
    return IRREGULAR.get(noun) or _ended(noun, SINGULAR_ENDINGS)


def _ended(noun: str, endings: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for ending, other in endings:
        changed, count = ending.subn(other, noun, count=1)
        if count:
            return changed
    return noun
