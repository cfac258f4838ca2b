"""Words of the scorecard: names of indicators, figures, targets, sources, and what is missing.

Results hold keys; here they become texts of one language, for tables and sentences alike.
"""

import math
from dataclasses import dataclass

from quarterhour.cover.scorecard.figures import Missing
from quarterhour.cover.scorecard.results import Indicator
from quarterhour.findings import Findings
from quarterhour.report.columns import clean_text
from quarterhour.templates import TEMPLATES
from quarterhour.wording import MISSING, label, percent
from quarterhour.words import Language, Words

_OPS = {">=": "≥", ">": ">", "=": "="}
# Who holds a figure, where it is not the civil affairs bureau.
_HOLDERS = {
    "households": "statistics", "registered_elders": "police", "elder_care_land_m2": "planning",
    "residential_land": "planning", "townships": "planning", "compounds": "housing",
    "new_compounds": "housing",
    "db50_543": "city_civil", "layout_guide": "city_civil", "community_rate_15": "city_civil",
}  # fmt: skip
_BY_SOURCE = {
    "residents": "statistics", "areas": "planning", "streets": "planning", "target": "study",
    "nobody": "study",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScorecardWords:
    """The scorecard of some findings, in one language."""

    findings: Findings
    language: Language

    @property
    def words(self) -> Words:
        """The catalogue."""
        return Words(self.language)

    def kind(self, kind: str) -> str:
        """Return the name of a kind of facility."""
        return clean_text(label(kind, "kind", self.language))

    def kinds(self, kinds: tuple[str, ...]) -> str:
        """Return the names of kinds in a row."""
        return self.words("scorecard.join").join(self.kind(k) for k in kinds)

    @property
    def group(self) -> str:
        """The group that shares of people are told of."""
        return label(self.findings.scorecard.group, "group", self.language)

    def name(self, one: Indicator) -> str:
        """Return the name of an indicator: the document's, else that of its measure."""
        goal = f"scorecard.g_{one.key}"
        return _begun(self.words(goal)) if self.words.has(goal) else self.measure(one.measure)

    def measure(self, key: str) -> str:
        """Return the name of a measure."""
        if self.words.has(f"scorecard.m_{key}"):
            return _begun(self.words(f"scorecard.m_{key}"))
        for start in ("policy_walk", "policy_radius", "walk"):
            if key.startswith(f"{start}_"):
                values = {"kind": self.kind(key.removeprefix(f"{start}_")),
                          "minutes": self.findings.scorecard.minutes}  # fmt: skip
                return _begun(self.words(f"scorecard.m_{start}", values))
        raise AssertionError("every measure has a name")

    def figure(self, name: str) -> str:
        """Return the name of a numerator or denominator."""
        return self.words(f"scorecard.q_{name}", {"group": self.group})

    def how(self, one: Indicator) -> str:
        """Return numerator and denominator in words."""
        if not one.numerator_of:
            return self.words("scorecard.how_unknown")
        values = {
            "numerator": self.figure(one.numerator_of),
            "denominator": self.figure(one.denominator_of) if one.denominator_of else "",
            "factor": f"{one.factor:,.0f}",
        }
        if one.measure == "canteen_least":
            said = self.words("scorecard.how_least", values)
        elif not one.denominator_of:
            said = values["numerator"]
        else:
            said = self.words(
                "scorecard.how" if one.factor == 1 else "scorecard.how_factor", values
            )
        if one.only:
            only = self.words(f"scorecard.only_{one.only}")
            said = self.words("scorecard.how_only", {"how": said, "only": only})
        assumed = one.basis != "population" and one.formula_status == "assumption"
        return self.words("scorecard.how_assumed", {"how": said}) if assumed else said

    def unit(self, one: Indicator) -> str:
        """Return the unit of a value."""
        own = f"scorecard.u_{one.unit}"
        return self.words(own) if self.words.has(own) else self.words(f"table.u_{one.unit}")

    def value(self, one: Indicator) -> str:
        """Return the value, or that it is to be supplied."""
        if math.isnan(one.value):
            return self.words("table.v_to_supply")
        return in_unit(one.value, one.unit)

    def target(self, one: Indicator) -> str:
        """Return the target with its year, or a dash where there is none."""
        if math.isnan(one.target):
            wanted = any(m.source in ("target", "document") for m in one.missing)
            return self.words("table.v_to_supply") if wanted else MISSING
        op = _OPS[one.op]
        said = self.words("scorecard.target", {"op": op, "value": in_unit(one.target, one.unit)})
        if not one.target_year:
            return said
        values = {"target": said, "year": one.target_year}
        passed = one.target_passed
        return self.words("scorecard.target_passed" if passed else "scorecard.target_year", values)

    def verdict(self, one: Indicator) -> str:
        """Return the verdict."""
        return self.words(f"scorecard.v_{one.verdict}")

    def status(self, one: Indicator) -> str:
        """Return how far a target can be trusted."""
        if not one.status:
            return MISSING
        if one.status == "study":
            return self.words("scorecard.status_study")
        return self.words(f"status.{one.status}")

    def source(self, one: Indicator, *, short: bool = False) -> str:
        """Return the documents of a target, by their titles or as short as a page needs them."""
        names = ("study",) if one.status == "study" else one.source
        titles = [self.document(name, short=short) for name in names]
        return self.words("scorecard.semicolon").join(titles) or MISSING

    def document(self, source: str, *, short: bool = False) -> str:
        """Return the title of a document by its short name."""
        name = source.lower().replace("-", "_")
        if short:
            return self.words(f"scorecard.short_{name}")
        if self.words.has(f"report.doc_{name}"):
            return self.words(f"report.doc_{name}")
        return self.words(f"scorecard.doc_{name}")

    def missing(self, one: Indicator) -> str:
        """Return what would make an indicator known; a dash where nothing is missing."""
        if not one.missing:
            return MISSING
        what = self.words("scorecard.semicolon").join(self.lack(m) for m in one.missing)
        return self.words("scorecard.missing", {"what": what})

    def lack(self, missing: Missing) -> str:
        """Return one thing that is missing: file and column, or document."""
        values = {"file": self._file(missing.source), "name": self._name(missing)}
        said = self.words(f"scorecard.miss_{missing.source}", values)
        if missing.areas == 0:
            return said
        return self.words("scorecard.miss_in_areas", {"what": said, "count": missing.areas})

    def holder(self, missing: Missing) -> str:
        """Return who can supply it."""
        who = _HOLDERS.get(missing.name) if missing.source != "target" else None
        who = who or _BY_SOURCE.get(missing.source, "civil")
        return self.words(f"scorecard.from_{who}")

    def _file(self, source: str) -> str:
        study = self.findings.study
        files = {
            "indicators": study.scorecard.file, "residents": study.residents.file,
            "facilities": next((f.file for f in study.facilities if f.file), ""),
            "areas": study.areas.file,
        }  # fmt: skip
        files["register"] = files["facilities"]
        fallback = "facilities" if source == "register" else source
        return clean_text(files.get(source, "")) or f"{fallback}.xlsx"

    def _name(self, missing: Missing) -> str:
        if missing.source == "indicators":
            return header_of(missing.name, self.language)
        if missing.source == "areas":
            return self.words("scorecard.column_area_kind")
        if missing.source == "residents":
            return label(missing.name, "group", self.language)
        if missing.source in ("facilities", "register"):
            return self.kind(missing.name)
        if missing.source == "layer":
            return self.words(f"scorecard.layer_{missing.name}")
        if missing.source == "nobody":
            return self.figure(missing.name)
        return self.measure(missing.name) if missing.name else ""


def in_unit(value: float, unit: str) -> str:
    """Return a value as it is printed in its unit."""
    if unit == "share":
        return percent(value)
    if unit in ("m2_each", "ratio"):
        return f"{value:,.2f}" if value == 0 or value >= 0.005 else "<0.01"
    if unit == "places" or (unit == "beds" and value == round(value)):
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def header_of(field: str, language: Language) -> str:
    """Return the header of a column of the table of indicators, as its template prints it."""
    columns = next(t.columns for t in TEMPLATES if t.name == "indicators")
    return next(c for c in columns if c.field == field).header(language)


def _begun(text: str) -> str:
    """Return a text that begins with a capital, where the language has any."""
    return text[:1].upper() + text[1:]
