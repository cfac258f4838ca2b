"""Why a site is recommended, and how sure it is: sentences chosen from what the results say."""

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.official.parts import STEM
from quarterhour.report.withheld import area_label
from quarterhour.wording import label, people, percent
from quarterhour.words import Language, Words

# From here on a share of tests is called sure, or fairly sure: a design of this tool.
SURE, FAIRLY = 0.8, 0.5


def why_here(findings: Findings, found: PlanFinding, n: int, language: Language) -> str:
    """Return why a site stands where it stands.

    Parameters
    ----------
    findings, found
        The study, and the plan of the site.
    n
        Place of the site in building order, from 0.
    language
        Language of the text.
    """
    words, plan = Words(language), found.plan
    gain, alone = float(plan.gain_people[n]), float(plan.unique_people[n])
    values = {"group": label(findings.lead_group, "group", language), "n": n,
              "gain": people(gain, language), "alone": people(alone, language)}  # fmt: skip
    said = [words(f"{STEM}.why_must")] if plan.veto_status[n] == "must" else []
    if gain < 0.5:
        said.append(words(f"{STEM}.why_no_gain"))
    else:
        said.append(words(f"{STEM}.{'why_next' if n else 'why_first'}", values))
        only = "why_alone_all" if abs(gain - alone) < 0.5 else "why_alone"
        said.append(words(f"{STEM}.{only}", values))
    said.append(_of_area(findings, found, n, language))
    return words("table.v_join_sentences").join(text for text in said if text)


def _of_area(findings: Findings, found: PlanFinding, n: int, language: Language) -> str:
    """Return how well the area of a site is covered today; nothing where it cannot say."""
    kind, words = found.plan.kind, Words(language)
    area = int(found.premises.area_index[int(found.chosen[n])])
    if kind not in findings.coverage.kinds or area < 0 or findings.cannot_say(kind)[area]:
        return ""
    coverage = findings.coverage
    lead = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    if lead[area] <= 0:
        return ""
    share = float(coverage.people(kind)[area] / lead[area])
    values = {"area": area_label(findings, area, language), "share": percent(share),
              "kind": label(kind, "kind", language),
              "whole": percent(coverage.share(kind))}  # fmt: skip
    below = "why_area_below" if share < coverage.share(kind) else "why_area"
    return words(f"{STEM}.{below}", values)


def confidence(found: PlanFinding, n: int, language: Language) -> str:
    """Return how sure a site is: how often it stays under other assumptions and in near-best plans.

    Parameters
    ----------
    found
        The plan of the site.
    n
        Place of the site in building order, from 0.
    language
        Language of the text.
    """
    words, shares, said = Words(language), list[float](), list[str]()
    tried = found.stability
    if tried is not None:
        answered = ~np.isnan(tried.best)
        if answered.any():
            shares.append(float(tried.share[n]))
            values = {"stays": int(tried.stays[answered, n].sum()), "tried": int(answered.sum()),
                      "share": percent(shares[-1])}  # fmt: skip
            said.append(words(f"{STEM}.stays", values))
    near = found.talk.near_best
    if len(near.site_ids) > 1:
        times = sum(found.plan.site_ids[n] in ids for ids in near.site_ids)
        shares.append(times / len(near.site_ids))
        values = {"times": times, "plans": len(near.site_ids), "share": percent(shares[-1])}
        said.append(words(f"{STEM}.appears", values))
    if not shares:
        return words(f"{STEM}.untested")
    sure = "sure" if min(shares) >= SURE else "fairly" if min(shares) >= FAIRLY else "unsure"
    text = words("table.v_join_sentences").join(said)
    return words(f"{STEM}.conf_{sure}", {"text": text})
