"""An organisation's accent colour, made readable: WCAG 2.2 contrast on our light and dark surfaces.

| use                                  | contrast with                | at least | rule                     |
|--------------------------------------|------------------------------|----------|--------------------------|
| text and links (`accent_text`)       | the surface                  | 4.5 : 1  | 1.4.3 Contrast (Minimum) |
| a button's area (`accent_fill`)      | the surface                  | 3 : 1    | 1.4.11 Non-text Contrast |
| the words on that button             | the button's area            | 4.5 : 1  | 1.4.3 Contrast (Minimum) |

A colour that is good enough stays as it is; another keeps its hue and only gets darker (on light) or lighter (on
dark). Colours are `#rrggbb`, without regard to case.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from typing import NamedTuple

#: The lightest of our light surfaces, and the lightest of the dark ones: the hardest for pale and for deep colours.
LIGHT_SURFACE = "#ffffff"
DARK_SURFACE = "#262a31"
TEXT_CONTRAST = 4.5
AREA_CONTRAST = 3.0
_INKS = ("#ffffff", "#000000")


class Shades(NamedTuple):
    """One colour for light surfaces and one for dark surfaces."""

    light: str
    dark: str


class Fill(NamedTuple):
    """A button's area and the ink of its words."""

    background: str
    ink: str


class Fills(NamedTuple):
    """A button on light surfaces and on dark surfaces."""

    light: Fill
    dark: Fill


def readable_on_white(colour: str) -> str:
    """The accent for text on white: the same hue, dark enough (4.5 : 1)."""
    return _towards(colour, LIGHT_SURFACE, TEXT_CONTRAST)


def accent_text(colour: str) -> Shades:
    """The accent for text and links, on light and on dark surfaces (4.5 : 1)."""
    return Shades(readable_on_white(colour), _towards(colour, DARK_SURFACE, TEXT_CONTRAST))


def accent_fill(colour: str) -> Fills:
    """The accent for buttons: seen against the surface (3 : 1), with words readable on it (4.5 : 1)."""
    return Fills(*(_fill(_towards(colour, surface, AREA_CONTRAST)) for surface in (LIGHT_SURFACE, DARK_SURFACE)))


def ratio(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, “contrast ratio”)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _fill(background: str) -> Fill:
    # White where it is readable, else black, which then always is: the two thresholds overlap.
    ink = next(ink for ink in _INKS if ratio(ink, background) >= TEXT_CONTRAST)
    return Fill(background, ink)


def _towards(colour: str, surface: str, least: float) -> str:
    """The first of ever darker (or lighter) shades of `colour` whose contrast with `surface` suffices."""
    darker = _luminance(surface) > 0.5
    return next(shade for shade in _shades(colour.lower(), darker=darker) if ratio(shade, surface) >= least)


def _shades(colour: str, *, darker: bool) -> Iterator[str]:
    """The colour, then 100 steps of its lightness down to black or up to white."""
    yield colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = 0.0 if darker else 1.0
    for step in range(1, 101):
        red, green, blue = colorsys.hls_to_rgb(hue, lightness + (end - lightness) * step / 100, saturation)
        yield f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, “relative luminance”)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
