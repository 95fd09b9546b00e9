"""Whatever accent colour an organisation picks, it can be read."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import contrast
from tenants.contrast import DARK_SURFACE, LIGHT_SURFACE

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)],
)
def test_the_ratio_is_wcags(one: str, other: str, expected: float) -> None:
    assert round(contrast.ratio(one, other), 2) == round(contrast.ratio(other, one), 2) == expected


@given(COLOURS)
def test_text_is_readable_on_both_surfaces(colour: str) -> None:
    shades = contrast.accent_text(colour)
    assert contrast.ratio(shades.light, LIGHT_SURFACE) >= 4.5
    assert contrast.ratio(shades.dark, DARK_SURFACE) >= 4.5
    assert shades.light == contrast.readable_on_white(colour)


@given(COLOURS)
def test_buttons_are_seen_and_their_words_read(colour: str) -> None:
    fills = contrast.accent_fill(colour)
    for fill, surface in zip(fills, (LIGHT_SURFACE, DARK_SURFACE), strict=True):
        assert contrast.ratio(fill.background, surface) >= 3
        assert contrast.ratio(fill.ink, fill.background) >= 4.5


@pytest.mark.parametrize("colour", ["#2456d6", "#0B7A4B", "#c1121f"])
def test_a_readable_colour_stays_as_it_is(colour: str) -> None:
    assert contrast.readable_on_white(colour) == contrast.accent_fill(colour).light.background == colour.lower()


def test_a_pale_colour_keeps_its_hue() -> None:
    def hue(colour: str) -> float:
        return colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)))[0]

    assert contrast.readable_on_white("#ffee00") != "#ffee00"
    assert abs(hue(contrast.readable_on_white("#ffee00")) - hue("#ffee00")) < 0.01
