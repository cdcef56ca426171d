"""Precision against recall as SVG, written by hand: one line per benchmark, the thresholds marked on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from service.domain import CheckOptions
from service.evaluation.measures import Point, at_threshold

_WIDTH: Final = 720
_SIDE: Final = 400
_LEFT: Final = 64
_TOP: Final = 56
_KEY_LEFT: Final = _LEFT + _SIDE + 32
_ROW: Final = 46
_LONGEST_NAME: Final = 28
_MOST_POINTS: Final = 400

_SERIES: Final = 6
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# Colours by Okabe and Ito, told apart with any kind of colour vision; lighter ones on dark ground.
_STYLE: Final = """
  .ground { fill: #fff; }
  text { font: 13px system-ui, sans-serif; fill: #222; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; fill: #555; }
  .grid { stroke: #ddd; stroke-width: 1; }
  .axis { stroke: #555; stroke-width: 1; fill: none; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .mark { stroke-width: 2; }
  .s0 { stroke: #0072b2; } .s1 { stroke: #b34700; } .s2 { stroke: #00795a; }
  .s3 { stroke: #a3508a; } .s4 { stroke: #7a6000; } .s5 { stroke: #444; }
  .full.s0 { fill: #0072b2; } .full.s1 { fill: #b34700; } .full.s2 { fill: #00795a; }
  .full.s3 { fill: #a3508a; } .full.s4 { fill: #7a6000; } .full.s5 { fill: #444; }
  .hollow { fill: #fff; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #14171a; }
    text { fill: #e6e6e6; }
    .small { fill: #a8b0b8; }
    .grid { stroke: #30363c; }
    .axis { stroke: #a8b0b8; }
    .s0 { stroke: #56b4e9; } .s1 { stroke: #ff9c52; } .s2 { stroke: #35d0a5; }
    .s3 { stroke: #e3a0cc; } .s4 { stroke: #f0e442; } .s5 { stroke: #ccc; }
    .full.s0 { fill: #56b4e9; } .full.s1 { fill: #ff9c52; } .full.s2 { fill: #35d0a5; }
    .full.s3 { fill: #e3a0cc; } .full.s4 { fill: #f0e442; } .full.s5 { fill: #ccc; }
    .hollow { fill: #14171a; }
  }
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A benchmark's name, in any script, and its points, highest threshold first."""

    name: str
    points: Sequence[Point]


def precision_recall_svg(curves: Sequence[Curve]) -> str:
    """The drawing as a document of its own, for light and for dark ground.

    A full circle marks the threshold for a match, a hollow one that for a suggestion. From the seventh curve on,
    colours repeat.
    """
    height = max(_TOP + _SIDE + 64, _TOP + 96 + _ROW * len(curves))
    options = CheckOptions()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title description" direction="ltr">',
        '<title id="title">Precision against recall</title>',
        f'<desc id="description">{_described(curves, options)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="{_LEFT}" y="28">Precision against recall</text>',
        *_frame(),
    ]
    for number, curve in enumerate(curves):
        lines.extend(_curve(curve, f"s{number % _SERIES}", options, labelled=len(curves) == 1))
    lines.extend(_key(curves, options))
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def _described(curves: Sequence[Curve], options: CheckOptions) -> str:
    said = []
    for curve in curves:
        for threshold in (options.match_threshold, options.suggest_threshold):
            if point := at_threshold(curve.points, threshold):
                said.append(f"{_name(curve)} at {threshold:g}: {_figures(point)}.")
    return " ".join(said)


def _frame() -> Iterator[str]:
    for tenth in range(0, 11, 2):
        share = tenth / 10
        x, y = _x(share), _y(share)
        yield f'<path class="grid" d="M{x} {_y(0)}V{_y(1)}M{_x(0)} {y}H{_x(1)}"/>'
        yield f'<text class="small" x="{x}" y="{_y(0) + 18}" text-anchor="middle">{share:g}</text>'
        yield f'<text class="small" x="{_x(0) - 8}" y="{y + 4}" text-anchor="end">{share:g}</text>'
    yield f'<path class="axis" d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}"/>'
    yield f'<text x="{_x(0.5)}" y="{_y(0) + 40}" text-anchor="middle">recall</text>'
    middle = _y(0.5)
    yield f'<text x="20" y="{middle}" text-anchor="middle" transform="rotate(-90 20 {middle})">precision</text>'


def _curve(curve: Curve, series: str, options: CheckOptions, *, labelled: bool) -> Iterator[str]:
    shown = _thinned(curve.points)
    if shown:
        path = "L".join(f"{_x(point.recall)} {_y(point.precision)}" for point in shown)
        yield f'<path class="line {series}" d="M{path}"/>'
    for threshold, kind in ((options.suggest_threshold, "hollow"), (options.match_threshold, "full")):
        if point := at_threshold(curve.points, threshold):
            yield (
                f'<circle class="mark {kind} {series}" cx="{_x(point.recall)}" cy="{_y(point.precision)}" r="5">'
                f"<title>{_name(curve)}, threshold {threshold:g}: {_figures(point)}</title></circle>"
            )
            if labelled:
                x, y = _x(point.recall) + 9, _y(point.precision) - 7
                yield f'<text class="small" x="{x:g}" y="{y:g}">{threshold:g}</text>'


def _key(curves: Sequence[Curve], options: CheckOptions) -> Iterator[str]:
    x, y = _KEY_LEFT, _TOP + 8
    for kind, threshold, meaning in (
        ("full", options.match_threshold, "match"),
        ("hollow", options.suggest_threshold, "suggestion"),
    ):
        yield f'<circle class="mark {kind} s5" cx="{x + 8}" cy="{y - 4}" r="5"/>'
        yield f'<text x="{x + 24}" y="{y}">score {threshold:g}, a {meaning}</text>'
        y += 22
    y += 16
    for number, curve in enumerate(curves):
        yield f'<path class="line s{number % _SERIES}" d="M{x} {y - 4}h16"/>'
        # Isolated, so that a name written from right to left does not pull the figures beside it along.
        yield f'<text x="{x + 24}" y="{y}" style="unicode-bidi: isolate">{_name(curve)}</text>'
        point = at_threshold(curve.points, options.match_threshold)
        figures = _figures(point) if point else "no score reaches the threshold"
        yield f'<text class="small" x="{x + 24}" y="{y + 18}">{figures}</text>'
        y += _ROW


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most some hundred points, the first and the last among them."""
    step = -(-len(points) // _MOST_POINTS) or 1
    return [*points[:-1:step], *points[-1:]]


def _figures(point: Point) -> str:
    return f"precision {point.precision:.3f}, recall {point.recall:.3f}"


def _name(curve: Curve) -> str:
    name = _UNPRINTABLE.sub("?", curve.name)
    return escape(name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…")


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _SIDE, 1)
