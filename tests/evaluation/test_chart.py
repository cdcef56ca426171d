"""The drawing: a well-formed document whose marks stand where the figures are."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from service.evaluation.chart import Curve, precision_recall_svg
from service.evaluation.measures import Point, precision_recall

SVG = "{http://www.w3.org/2000/svg}"
POINTS = [Point(0.9, 1.0, 0.25), Point(0.8, 0.5, 0.5), Point(0.4, 0.25, 1.0)]


def drawn(*curves: Curve) -> ElementTree.Element:
    return ElementTree.fromstring(precision_recall_svg(curves))


def marks(root: ElementTree.Element) -> list[tuple[str, float, float]]:
    return [
        (str(title.text), float(circle.attrib["cx"]), float(circle.attrib["cy"]))
        for circle in root.iter(f"{SVG}circle")
        if (title := circle.find(f"{SVG}title")) is not None
    ]


def test_thresholds_are_marked_where_they_are() -> None:
    suggestion, match = marks(drawn(Curve("set", POINTS)))
    assert suggestion == ("set, threshold 0.4: precision 0.250, recall 1.000", 464.0, 356.0)
    assert match == ("set, threshold 0.8: precision 0.500, recall 0.500", 264.0, 256.0)


def test_a_curve_is_drawn_through_its_points() -> None:
    (path,) = [path for path in drawn(Curve("set", POINTS)).iter(f"{SVG}path") if path.get("d", "").count("L") == 2]
    assert path.attrib["d"] == "M164.0 56.0L264.0 256.0L464.0 356.0"


def test_several_curves_have_colours_of_their_own() -> None:
    root = drawn(*(Curve(f"set {number}", POINTS) for number in range(8)))
    assert len(marks(root)) == 16
    lines = [path.attrib["class"] for path in root.iter(f"{SVG}path") if "L" in path.get("d", "")]
    assert len(set(lines)) == 6
    lowest = max(float(text.attrib["y"]) for text in root.iter(f"{SVG}text"))
    assert lowest < float(root.attrib["height"])


def test_names_of_any_kind_are_text() -> None:
    name = '<b>"سرخط" & \0\ufffe\ud800'
    svg = precision_recall_svg([Curve(name, POINTS)])
    root = ElementTree.fromstring(svg)
    assert '<b>"سرخط" & ???' in [text.text for text in root.iter(f"{SVG}text")]
    isolated = [text for text in root.iter(f"{SVG}text") if "isolate" in text.get("style", "")]
    assert len(isolated) == 1
    assert root.attrib["direction"] == "ltr"


def test_light_and_dark() -> None:
    style = drawn(Curve("set", POINTS)).findtext(f"{SVG}style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    for name in (".ground", "text", ".grid", ".axis", *(f".s{number} " for number in range(6))):
        assert name in light
        assert name in dark


def test_nothing_to_draw_is_still_a_drawing() -> None:
    assert marks(drawn()) == []
    assert marks(drawn(Curve("empty", []))) == []
    low = drawn(Curve("low", [Point(0.1, 0.5, 0.5)]))
    assert marks(low) == []
    assert "no score reaches the threshold" in [text.text for text in low.iter(f"{SVG}text")]


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    points = precision_recall([(number / 5000, number % 3 == 0) for number in range(5000)], positives=1667)
    svg = precision_recall_svg([Curve("long", points)])
    (line,) = re.findall(r'class="line s0" d="M([^"]*L[^"]*)"', svg)
    coordinates = line.split("L")
    assert 300 < len(coordinates) <= 401
    assert coordinates[-1].split()[0] == "464.0"
