"""What a run measured, as JSON, as tables and as SVG plots."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

COLUMNS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("p50, ms", "p50_ms", lambda value: f"{value:,.2f}"),
    ("p99, ms", "p99_ms", lambda value: f"{value:,.1f}"),
    ("queries/s", "per_second", lambda value: f"{value:,.1f}"),
    ("P@1", "p_at_1", lambda value: f"{value:.3f}"),
    ("recall@50", "recall_at_50", lambda value: f"{value:.3f}"),
    ("build, s", "build_s", lambda value: f"{value:,.1f}"),
    ("memory, MiB", "memory_mib", lambda value: f"{value:,.0f}"),
    ("disk, MiB", "disk_mib", lambda value: f"{value:,.0f}"),
    ("queries", "queries", str),
)


def write(found: dict[str, Any], folder: Path) -> None:
    """``bench.json``, ``README.md``, and the plots where peers were measured. No text of the data is in any of them."""
    (folder / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    rows = [row for row in found.get("peers", []) if "p50_ms" in row]
    pictures = plots(rows, folder) if rows else []
    (folder / "README.md").write_text("\n".join(page(found, pictures)) + "\n")


def page(found: dict[str, Any], pictures: Iterable[str]) -> list[str]:
    """The tables, with what they were taken on. ``notes``: what somebody has to say of a run, in sentences."""
    there = found["environment"]
    load = ", ".join(f"{value:.1f}" for value in (there["load_at_start"][0], there["load_at_end"][0]))
    lines = [
        "# Figures of one run",
        "",
        f"Written by `make bench`. {there['taken_at']}, revision {there['revision']}, {there['processor']}, "
        f"{there['cores']} cores, {there['memory_gib']} GiB, {there['system']}, Python {there['python']}; load average "
        f"at its start and end {load}. Packages: "
        + ", ".join(f"{name} {number}" for name, number in there["packages"].items())
        + ".",
        "",
        "Ratios between rows of one run travel to other machines; milliseconds do not. The last column tells how many "
        "queries a row rests on.",
    ]
    if found.get("options", {}).get("kept"):
        lines += ["", "Our databases were loaded by earlier runs, whose build times stand here (`--keep`)."]
    lines += [line for note in found.get("notes", []) for line in ("", note)]
    for size in dict.fromkeys(row["size"] for row in found.get("peers", [])):
        rows = [row for row in found["peers"] if row["size"] == size]
        real = f", {rows[0]['real']:,} of them real" if rows[0]["real"] < size else ""
        lines += ["", f"## {size:,} phrasings{real}", ""]
        lines += table(
            ["", *(name for name, _, _ in COLUMNS)],
            [
                [row["peer"], *(cell(row[key]) for _, key, cell in COLUMNS)]
                if "p50_ms" in row
                else [row["peer"], row["skipped"].splitlines()[-1], *("" for _ in COLUMNS[1:])]
                for row in rows
            ],
        )
        lines += ratios(rows)
    lines += [f"\n![{name}]({name})" for name in pictures]
    if growth := growth_of(found.get("peers", [])):
        lines += ["", "## Cost as the corpus grows: p50 beside that at the smallest size", "", *growth]
    for part in ("checks", "imports", "matching"):
        if part in found:
            lines += ["", f"## `bench/{part}.py`", "", *flat_table(found[part])]
    return lines


def ratios(rows: list[dict[str, Any]]) -> list[str]:
    """Ours beside each of the others."""
    by_name = {row["peer"]: row for row in rows if "p50_ms" in row}
    ours = by_name.get("ours")
    if ours is None:
        return []
    told = [
        f"{name} {times(row['p50_ms'] / ours['p50_ms'])}"
        for name, row in by_name.items()
        if not name.startswith("ours")
    ]
    return ["", "p50 in units of ours: " + "; ".join(told) + "."]


def times(ratio: float) -> str:
    """Two digits that mean something."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def growth_of(rows: list[dict[str, Any]]) -> list[str]:
    """p50 of every peer at every size, over its own at the smallest."""
    measured = [row for row in rows if "p50_ms" in row]
    sizes = sorted({row["size"] for row in measured})
    if len(sizes) < 2:
        return []
    by_peer: dict[str, dict[int, float]] = {}
    for row in measured:
        by_peer.setdefault(row["peer"], {})[row["size"]] = row["p50_ms"]
    body = [
        [peer, *(f"{each[size] / each[sizes[0]]:.2f}" if size in each else "" for size in sizes)]
        for peer, each in by_peer.items()
        if sizes[0] in each
    ]
    return table(["", *(f"{size:,}" for size in sizes)], body)


def flat_table(figures: dict[str, Any]) -> list[str]:
    """Any nested figures, a row each, under their path."""
    if "skipped" in figures:
        return [f"Not measured: {figures['skipped']}"]
    rows: list[list[str]] = []

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                walk(f"{path}, {name}" if path else str(name), each)
        elif isinstance(value, list):
            for number, each in enumerate(value):
                walk(f"{path} {number}", each)
        else:
            rows.append([path, f"{value:,.2f}" if isinstance(value, float) else str(value)])

    walk("", figures)
    return table(["", "figure"], rows)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [headings, ["---", *("--:" for _ in headings[1:])], *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def plots(rows: list[dict[str, Any]], folder: Path) -> list[str]:
    """Time against size, and quality against time at the largest size."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "factcheck", "svg.fonttype": "none", "font.size": 10})
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(row["peer"] for row in rows))
    colours = {name: f"C{number}" for number, name in enumerate(names)}
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name in names:
        some = sorted((row["size"], row["p50_ms"]) for row in rows if row["peer"] == name)
        wide = 2.5 if name == "ours" else 1.2
        axes.plot(*zip(*some, strict=True), marker="o", label=name, color=colours[name], linewidth=wide)
    axes.set(xscale="log", yscale="log", xlabel="phrasings", ylabel="p50 of a query, ms")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(folder / "time-by-size.svg", metadata={"Date": None})
    plt.close(figure)

    largest = max(row["size"] for row in rows)
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for row in rows:
        if row["size"] == largest:
            axes.scatter(row["p50_ms"], row["p_at_1"], color=colours[row["peer"]], s=60)
            axes.annotate(
                row["peer"], (row["p50_ms"], row["p_at_1"]), textcoords="offset points", xytext=(7, 4), fontsize=8
            )
    axes.set(xscale="log", xlabel="p50 of a query, ms", ylabel="P@1", title=f"{largest:,} phrasings")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(folder / "quality-by-time.svg", metadata={"Date": None})
    plt.close(figure)
    return ["time-by-size.svg", "quality-by-time.svg"]
