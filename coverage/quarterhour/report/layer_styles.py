"""QGIS styles of the layers: the colours and signs of the maps, and headings as aliases.

A style is QML, the XML that QGIS keeps beside a layer; in a GeoPackage it lives in the table
``layer_styles`` and is found by itself when the layer is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from quarterhour.findings import Findings
from quarterhour.maps import style
from quarterhour.maps.plan_layers import year_colours
from quarterhour.report.columns import clean_text
from quarterhour.report.layer_headings import aliases_of, kind_names
from quarterhour.wording import label
from quarterhour.words import Language, Words

Node = ElementTree.Element
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_CLEAR = "0,0,0,0"
# The verdict of an area whose street data do not suffice, as the layers write it.
CANNOT_SAY = "cannot_say"
# Classes of people outside in a square: from, to, and how dense the colour is.
_OUTSIDE = ((0.5, 20.0, 50), (20.0, 100.0, 110), (100.0, 300.0, 170), (300.0, 1e9, 230))


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """The style of one layer as QML."""

    layer: str
    qml: str


def styles_of(findings: Findings, language: Language) -> tuple[LayerStyle, ...]:
    """Return a style for every layer."""
    renderers = {
        "areas": _areas(findings, language),
        "isochrones": _isochrones(findings, language),
        "people_grid": _people_grid(findings),
        "gaps": _single(_fill("0", style.UNCOVERED, 110, outline=_colour(style.UNCOVERED))),
        "gap_examples": _single(_line("0", style.NEW_SITE, 0.6)),
        "missing_links": _single(_line("0", style.LINK, 0.9)),
        "streets": _single(_line("0", style.STREET, 0.2)),
        "facilities": _facilities(findings, language),
        "neighbours": _single(_marker("0", "square", style.WITHHELD, 2.4)),
        "planned": _single(_marker("0", "square", style.HALO, 2.6, edge=style.INK)),
        "candidates": _candidates(language),
        "unreachable": _unreachable(),
        "closed": _single(_marker("0", "cross2", style.INK, 3.6, edge=style.INK, width_mm=0.9)),
        "sites": _sites(findings, language),
    }
    aliases = aliases_of(findings, language)
    return tuple(
        LayerStyle(name, _qml(renderer, aliases.get(name, {})))
        for name, renderer in renderers.items()
    )


def _qml(renderer: Node, aliases: Mapping[str, str]) -> str:
    root = ElementTree.Element(
        "qgis", {"version": "3.28.0", "styleCategories": "Symbology|Fields|Forms"}
    )
    root.append(renderer)
    named = ElementTree.SubElement(root, "aliases")
    for n, (field, alias) in enumerate(aliases.items()):
        values = {"field": field, "name": clean_text(alias), "index": str(n)}
        ElementTree.SubElement(named, "alias", values)
    return _DOCTYPE + ElementTree.tostring(root, encoding="unicode")


def _asked_kind(findings: Findings) -> str:
    """Return the kind that the study asks about, else the first: it is shown at the start."""
    kinds = findings.coverage.kinds
    return next((p.plan.kind for p in findings.plans if p.plan.kind in kinds), kinds[0])


def _areas(findings: Findings, language: Language) -> Node:
    """Shade areas by the share covered; those that cannot say it are hatched."""
    name = kind_names(findings)[_asked_kind(findings)]
    share, verdict = f"share{findings.coverage.minutes[-1]}_{name}", f"verdict_{name}"
    node = _renderer("RuleRenderer", {})
    root = ElementTree.SubElement(node, "rules", {"key": "{root}"})
    symbols = ElementTree.SubElement(node, "symbols")
    outline, lower = _colour(style.BORDER), 0.0
    # Borders drawn around centre points are a guess, and look like one.
    border = "dash" if findings.areas.approximate else "solid"
    for n, (upper, colour) in enumerate(style.SHARE_CLASSES):
        ElementTree.SubElement(root, "rule", {
            "key": f"{{share-{n}}}", "symbol": str(n),
            "filter": f'"{share}" >= {lower:g} AND "{share}" < {upper:g}',
            "label": f"{100 * lower:.0f}–{100 * min(upper, 1.0):.0f}%",
        })  # fmt: skip
        symbols.append(_fill(str(n), colour, 170, outline=outline, border=border))
        lower = upper
    number = str(len(symbols))
    ElementTree.SubElement(root, "rule", {
        "key": "{cannot-say}", "symbol": number,
        "filter": f'"{verdict}" = {_quoted(CANNOT_SAY)}',
        "label": Words(language)("completeness.cannot_say"),
    })  # fmt: skip
    symbols.append(
        _fill(number, style.WITHHELD, 255, outline=outline, pattern="f_diagonal", border=border)
    )
    return node


def _people_grid(findings: Findings) -> Node:
    """Shade squares by the people outside; squares where nobody is outside stay clear."""
    node = _graduated(f"outside_{kind_names(findings)[_asked_kind(findings)]}")
    for lower, upper, alpha in _OUTSIDE:
        text = f"{lower:.0f}–{upper:.0f}" if upper < _OUTSIDE[-1][1] else f"> {lower:.0f}"
        _add_range(node, lower, upper, text, _fill("", style.UNCOVERED, alpha, outline=_CLEAR))
    return node


def _graduated(column: str) -> Node:
    node = _renderer("graduatedSymbol", {"attr": column, "graduatedMethod": "GraduatedColor"})
    ElementTree.SubElement(node, "ranges")
    ElementTree.SubElement(node, "symbols")
    return node


def _add_range(node: Node, lower: float, upper: float, text: str, symbol: Node) -> None:
    ranges, symbols = node[0], node[1]
    symbol.set("name", str(len(symbols)))
    ElementTree.SubElement(ranges, "range", {
        "lower": f"{lower:.6f}", "upper": f"{upper:.6f}", "symbol": str(len(symbols)),
        "render": "true", "label": text,
    })  # fmt: skip
    symbols.append(symbol)


def _isochrones(findings: Findings, language: Language) -> Node:
    """One rule per kind, one per limit in it; one kind is drawn until others are ticked."""
    words, shapes = Words(language), findings.shapes
    node = _renderer("RuleRenderer", {})
    root = ElementTree.SubElement(node, "rules", {"key": "{root}"})
    symbols = ElementTree.SubElement(node, "symbols")
    colours = style.band_colours(len(shapes.minutes))
    states = [("existing", kind) for kind in shapes.kinds]
    states += [(f"plan{n}", p.plan.kind) for n, p in enumerate(findings.plans, start=1)]
    for at, (state, kind) in enumerate(states):
        key = "table.l_existing" if state == "existing" else "table.l_planned"
        name = words(key, {"kind": label(kind, "kind", language)})
        outer = ElementTree.SubElement(root, "rule", {
            "key": f"{{{state}-{at}}}", "label": clean_text(name),
            "filter": f'"state" = {_quoted(state)} AND "kind" = {_quoted(kind)}',
        })  # fmt: skip
        if (state, kind) != ("existing", _asked_kind(findings)):
            outer.set("checkstate", "0")
        for m, (minutes, colour) in enumerate(zip(shapes.minutes, colours, strict=True)):
            number = str(at * len(colours) + m)
            ElementTree.SubElement(outer, "rule", {
                "key": f"{{{state}-{at}-{minutes}}}", "symbol": number,
                "filter": f'"minutes" = {minutes}',
                "label": words("table.h_within", {"minutes": minutes}),
            })  # fmt: skip
            symbols.append(_fill(number, colour, 150, outline=_CLEAR))
    return node


def _facilities(findings: Findings, language: Language) -> Node:
    kinds = findings.coverage.kinds[:-1]
    signs = [style.sign_of(kind, kinds) for kind in kinds]
    symbols = [_marker(str(n), s.shape, s.colour, 3.0) for n, s in enumerate(signs)]
    return _categorised("kind", [(k, label(k, "kind", language)) for k in kinds], symbols)


def _candidates(language: Language) -> Node:
    """Draw a sign by verdict; points on streets, of which no premises are known, are apart."""
    words = Words(language)
    node = _renderer("RuleRenderer", {})
    root = ElementTree.SubElement(node, "rules", {"key": "{root}"})
    symbols = ElementTree.SubElement(node, "symbols")
    colours = (style.NEW_SITE, style.SHARE_CLASSES[0][1], style.RAIL)
    verdicts = zip(("accepted", "to_verify", "rejected"), colours, strict=True)
    rules = [
        (v, f'NOT "generated" AND "verdict" = {_quoted(v)}', words(f"siting.verdict_{v}"),
         _marker(str(n), "circle", colour, 2.0))
        for n, (v, colour) in enumerate(verdicts)
    ]  # fmt: skip
    rules.append((
        "generated", '"generated"', words("planmap.layer_generated"),
        _marker(str(len(rules)), "pentagon", style.HALO, 2.4, edge=style.GENERATED),
    ))  # fmt: skip
    for n, (key, which, text, symbol) in enumerate(rules):
        ElementTree.SubElement(root, "rule", {
            "key": f"{{{key}}}", "symbol": str(n), "filter": which, "label": clean_text(text),
        })  # fmt: skip
        symbols.append(symbol)
    return node


def _sites(findings: Findings, language: Language) -> Node:
    """Draw sites by the year in which they open, in the colours of the plates; else one star."""
    years = [p.plan.phases.years for p in findings.plans if p.plan.phases is not None]
    if not years:
        return _single(_marker("0", "star", style.NEW_SITE, 5.0))
    shown = sorted({year for of_plan in years for year in of_plan})
    values = [(str(year), str(year)) for year in shown]
    symbols = [
        _marker(str(n), "star", colour, 5.0, edge=style.INK)
        for n, colour in enumerate(year_colours(len(shown)))
    ]
    # Questions without years have sites too: the last class takes all that is left.
    symbols.append(_marker(str(len(shown)), "star", style.NEW_SITE, 5.0))
    rest = ("", Words(language)("table.v_to_supply"))
    return _categorised("year", [*values, rest], symbols, kind="double")


def _unreachable() -> Node:
    """Shade squares by the people out of everybody's reach; those with few stay clear."""
    node = _graduated("people")
    for lower, upper, alpha in _OUTSIDE:
        text = f"{lower:.0f}–{upper:.0f}" if upper < _OUTSIDE[-1][1] else f"> {lower:.0f}"
        _add_range(node, lower, upper, text, _fill("", style.OUT_OF_REACH, alpha, outline=_CLEAR))
    return node


def _categorised(
    column: str, values: Sequence[tuple[str, str]], symbols: Sequence[Node], *,
    kind: str = "string",
) -> Node:  # fmt: skip
    node = _renderer("categorizedSymbol", {"attr": column})
    categories = ElementTree.SubElement(node, "categories")
    for n, (value, text) in enumerate(values):
        ElementTree.SubElement(categories, "category", {
            "value": clean_text(value), "type": kind, "symbol": str(n),
            "label": clean_text(text), "render": "true",
        })  # fmt: skip
    ElementTree.SubElement(node, "symbols").extend(symbols)
    return node


def _single(symbol: Node) -> Node:
    node = _renderer("singleSymbol", {})
    ElementTree.SubElement(node, "symbols").append(symbol)
    return node


def _renderer(kind: str, more: Mapping[str, str]) -> Node:
    values = {"type": kind, "symbollevels": "0", "forceraster": "0", "enableorderby": "0"}
    return ElementTree.Element("renderer-v2", {**values, **more})


def _fill(
    name: str, colour: str, alpha: int, *, outline: str, pattern: str = "solid",
    border: str = "solid",
) -> Node:  # fmt: skip
    return _symbol(name, "fill", "SimpleFill", {
        "color": _colour(colour, alpha), "style": pattern, "outline_color": outline,
        "outline_style": "no" if outline == _CLEAR else border, "outline_width": "0.26",
        "outline_width_unit": "MM",
    })  # fmt: skip


def _line(name: str, colour: str, width_mm: float) -> Node:
    return _symbol(name, "line", "SimpleLine", {
        "line_color": _colour(colour), "line_style": "solid", "line_width": f"{width_mm:g}",
        "line_width_unit": "MM",
    })  # fmt: skip


def _marker(
    name: str, shape: str, colour: str, size_mm: float, *, edge: str = style.HALO,
    width_mm: float = 0.3,
) -> Node:  # fmt: skip
    return _symbol(name, "marker", "SimpleMarker", {
        "name": shape, "color": _colour(colour), "outline_color": _colour(edge),
        "outline_width": f"{width_mm:g}", "outline_width_unit": "MM", "size": f"{size_mm:g}",
        "size_unit": "MM",
    })  # fmt: skip


def _symbol(name: str, kind: str, layer: str, options: Mapping[str, str]) -> Node:
    node = ElementTree.Element(
        "symbol", {"name": name, "type": kind, "alpha": "1", "force_rhr": "0"}
    )
    inner = ElementTree.SubElement(
        node, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"}
    )
    table = ElementTree.SubElement(inner, "Option", {"type": "Map"})
    for key, value in options.items():
        values = {"name": key, "value": value, "type": "QString"}
        ElementTree.SubElement(table, "Option", values)
    # QGIS before 3.22 reads <prop> and not <Option>.
    for key, value in options.items():
        ElementTree.SubElement(inner, "prop", {"k": key, "v": value})
    return node


def _colour(code: str, alpha: int = 255) -> str:
    return ",".join([*(str(int(code[n : n + 2], 16)) for n in (1, 3, 5)), str(alpha)])


def _quoted(text: str) -> str:
    """Return a text as a QGIS expression takes it: a backslash and a quote are escaped."""
    return "'" + clean_text(text).replace("\\", "\\\\").replace("'", "''") + "'"
