"""Draws the icon: ceria along [110], coloured by depth. What `python packaging/icon.py` writes is in resources/icons.

Cerium (large) and oxygen (small) stand as in the crystal; the depth falls to the upper left corner.
"""

from pathlib import Path

from PIL import Image
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from segdepth_app.gui import theme

EDGE = 256
STEP_X, STEP_Y = 30.0, 42.4  # a/4 and a/(2√2): a ratio of 1 to √2
OUT = Path(__file__).parent.parent / "resources" / "icons"
SIZES = (16, 24, 32, 48, 64, 128, 256)


def svg() -> str:
    """The picture, 256 × 256."""
    circles = []
    for j in range(6):
        for i in range(9):
            place = (i + 2 * j) % 4
            x, y = 8 + i * STEP_X, 22 + j * STEP_Y
            if place == 2 or not (8 < x < EDGE - 8 and 8 < y < EDGE - 8):
                continue
            depth = min(10, round((i + 1.4 * j) * 0.8))
            if depth < 1:
                continue
            red, green, blue = theme.CLASS_COLOURS[depth]
            radius = 13.5 if place == 0 else 7.5
            circles.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="rgb({red},{green},{blue})"/>')
    background = f'<rect width="{EDGE}" height="{EDGE}" rx="52" fill="rgb(24,27,33)"/>'
    clip = f'<clipPath id="c"><rect width="{EDGE}" height="{EDGE}" rx="52"/></clipPath>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {EDGE} {EDGE}" width="{EDGE}" height="{EDGE}">'
        f'<defs>{clip}</defs><g clip-path="url(#c)">{background}{"".join(circles)}</g></svg>\n'
    )


def main() -> None:
    """Writes segdepth.svg, .png (256) and .ico (all sizes)."""
    OUT.mkdir(parents=True, exist_ok=True)
    text = svg()
    (OUT / "segdepth.svg").write_text(text, encoding="utf-8")
    image = QImage(EDGE, EDGE, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(text.encode())).render(painter)
    painter.end()
    image.save(str(OUT / "segdepth.png"))
    Image.open(OUT / "segdepth.png").save(OUT / "segdepth.ico", sizes=[(size, size) for size in SIZES])


if __name__ == "__main__":
    main()
