"""HTML from Python: text is escaped unless it is markup already."""

from base64 import b64encode
from html import escape
from typing import Any

VOID = ("img", "meta", "br")
HALF_IN = 5.0
"""Figures narrower than this stand side by side on paper."""
MEDIA = {"svg": "image/svg+xml", "png": "image/png"}


class Html(str):
    """Markup; must not be escaped again."""


def element(tag: str, /, *content: Any, **attributes: Any) -> Html:
    """<tag attributes>content</tag>. `class_` is `class`; what is None is left out, attributes and content."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    start = f"<{tag}{given}>"
    return Html(start if tag in VOID else f"{start}{joined(content)}</{tag}>")


def joined(content: Any) -> Html:
    """The pieces one after another, plain text escaped."""
    pieces = (piece if isinstance(piece, Html) else escape(str(piece)) for piece in content if piece is not None)
    return Html("".join(pieces))


def picture(data: bytes, form: str, alt: str, caption: str, *, width_in: float | None = None) -> Html:
    """A figure with its caption; the file is part of the page. `width_in` is its width on paper."""
    source = f"data:{MEDIA[form]};base64,{b64encode(data).decode('ascii')}"
    style = None if width_in is None else f"width:{width_in:.2f}in"
    image = element("img", src=source, alt=alt)
    kind = "half" if width_in is not None and width_in < HALF_IN else "full"
    return element("figure", image, element("figcaption", caption), class_=kind, style=style)


def paragraphs(texts: Any, **attributes: Any) -> Html:
    """One paragraph for each text."""
    return joined(element("p", text, **attributes) for text in texts)


def bullets(texts: Any) -> Html | None:
    """A list; None where there is nothing to list."""
    items = [element("li", text) for text in texts]
    return element("ul", *items) if items else None
