"""Words and numbers in the visitor's language, from ``locales/<language>/<page>.toml``."""

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from explainers.support.contract import Label

LOCALES = Path(__file__).resolve().parents[1] / "locales"
LANGUAGES = {"en": "English", "pt": "Português"}
DECIMAL = {"en": ".", "pt": ","}
_PLACES = ((99.95, ",.0f"), (9.995, ",.1f"), (0.9995, ",.2f"))
_SWAP = str.maketrans(",.", ".,")


class _Numbers(string.Formatter):
    """``str.format`` whose numbers follow the language: 20,800 and −0.73, or 20.800 and −0,73.

    ``{x:size}``: to three digits, the last ones written also where they are 0, and no power of ten above
    them: 26.0, 480, 12,345.
    """

    def __init__(self, language: str) -> None:
        self.comma = DECIMAL[language] == ","

    def vformat(self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        # Fields have names alone here, and a picture has hundreds of labels.
        return "".join(
            text if name is None else text + self.format_field(kwargs[name], spec or "")
            for text, name, spec, _ in _parts(format_string)
        )

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "size":
            format_spec = next((spec for least, spec in _PLACES if abs(value) >= least), ",.3g")
        text: str = super().format_field(value, format_spec)
        if not isinstance(value, int | float):
            return text
        text = text.replace("-", "−" if re.search("[1-9]|inf", text) else "")  # nothing is below zero by 0.00
        return text.translate(_SWAP) if self.comma else text


@lru_cache(maxsize=4096)
def _parts(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(string.Formatter().parse(template))


@cache
def table(language: str, page: str) -> dict[str, Any]:
    """All the words of one page in one language."""
    return tomllib.loads((LOCALES / language / f"{page}.toml").read_text(encoding="utf-8"))


class Words:
    """The words of one page, over those that all pages share.

    Args:
        language: ``en`` or ``pt``.
        page: name of the page's file in ``locales/<language>/``.

    """

    def __init__(self, language: str, page: str) -> None:
        self.language = language
        self.name = page
        self.page = table(language, page)
        self.shared = table(language, "ui")
        self.decimal = DECIMAL[language]
        self._format = _Numbers(language)

    def fill(self, text: str, values: Mapping[str, Any]) -> str:
        """``text`` with its ``{fields}`` filled, numbers written as the language does.

        Text values are the visitor's own words: markdown in them is shown, not obeyed.
        """
        safe = {key: plain(value) if isinstance(value, str) else value for key, value in values.items()}
        return self._format.vformat(text, (), safe)

    def formula(self, template: str, values: Mapping[str, Any]) -> str:
        """A formula with ``<fields>`` filled: TeX has its own use for braces, and for the comma."""
        braced = template.replace("{", "{{").replace("}", "}}").replace("<", "{").replace(">", "}")
        return re.sub(r"(?<=\d),(?=\d)", "{,}", self._format.vformat(braced, (), values))

    def say(self, key: str, **values: Any) -> str:
        """A phrase that all pages share, by its dotted key in ``ui.toml``."""
        found: Any = self.shared
        for part in key.split("."):
            found = found[part]
        return self.fill(str(found), values)

    def label(self, label: Label) -> str:
        """The word for a label: from the page's ``[labels]``, else from the shared ones."""
        labels = self.page.get("labels", {})
        text = labels[str(label)] if str(label) in labels else self.shared["labels"][str(label)]
        if not label.values:
            return str(text)
        values = {key: self.label(v) if isinstance(v, Label) else v for key, v in label.values.items()}
        return self._format.vformat(text, (), values)


_MARKDOWN = str.maketrans({mark: "\\" + mark for mark in "\\`*_{}[]()<>#+-!|$:~"})


def plain(text: str) -> str:
    """The visitor's own words, so that markdown, HTML and formulas in them are shown as typed."""
    return text.translate(_MARKDOWN)
