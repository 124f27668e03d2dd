"""Write the pages of the shipped experiments from their kept results, so that no figure is typed.

``python experiments/pages.py`` says which pages differ from what the results in ``experiments/results`` give;
``--write`` writes them. What a sentence says has to be borne out by these results: `because` raises where it is not,
and the sentence has to be written again. ``experiments/findings.py`` keeps the results.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import html
import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spreadsim.inference.evidence import Thresholds
from spreadsim.sweeps.designs import design_size, points_of, settings_of
from spreadsim.sweeps.experiment import Study, load_experiment
from spreadsim.telling.reference import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results"
LIMITS = Thresholds()
SUM, LASTS = "cumulative_benefit", "benefit"

Row = Mapping[str, Any]


class NotBorneOutError(Exception):
    """A sentence of a page says what the kept results do not."""


def because(holds: bool, text: str) -> str:
    """Return the text, which may be said because something holds.

    Parameters
    ----------
    holds : what the text rests on.
    text : to be said.

    Returns
    -------
    The text.

    Raises
    ------
    NotBorneOutError : it does not hold.

    Examples
    --------
    >>> because(0.57 > 0.5, "in more than half")
    'in more than half'
    """
    if not holds:
        raise NotBorneOutError(f"the results no longer bear this out, so write another sentence: {text!r}")
    return text


# ------------------------------------------------------------------------------------------------- results


def findings(name: str) -> Any:
    """Return what ``findings.py`` kept of an experiment."""
    return json.loads((RESULTS / name / "findings.json").read_text(encoding="utf-8"))


def table(name: str, which: str) -> list[dict[str, Any]]:
    """Return a table of an analysis, numbers read."""
    with (RESULTS / name / f"{which}.csv").open(encoding="utf-8", newline="") as file:
        return [{key: _number(cell) for key, cell in row.items()} for row in csv.DictReader(file)]


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return {"True": True, "False": False}.get(cell, cell)


def where(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Return the rows in which columns have these values."""
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def one(rows: Iterable[Row], **wanted: Any) -> Row:
    """Return the row in which columns have these values."""
    (row,) = where(rows, **wanted)
    return row


def runs(name: str) -> int:
    """Return how many runs the kept results rest on."""
    return int(json.loads((RESULTS / name / "provenance.json").read_text(encoding="utf-8"))["runs"])


# ------------------------------------------------------------------------------------------------- words


def per_cent(share: float) -> str:
    """Return a share in per cent, never 0% or 100% of what is neither."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def share(row: Row, key: str = "value") -> str:
    """Return a share with its interval, in per cent."""
    ends = ("low", "high") if key == "value" else (f"{key}_low", f"{key}_high")
    return f"{per_cent(row[key])} ({row[ends[0]]:.0%} to {row[ends[1]]:.0%})"


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, and none where it is nothing at this many digits."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]


def gap(row: Row, digits: int = 3) -> str:
    """Return a difference with its interval."""
    return f"{signed(row['value'], digits)} ({signed(row['low'], digits)} to {signed(row['high'], digits)})"


def amount(row: Row, digits: int = 1) -> str:
    """Return an amount with its interval."""
    return f"{row['value']:.{digits}f} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"


def verdict(best: Row) -> str:
    """Return how sure it may be said to be best, by the share of worlds in which it is: as `compare` does."""
    if best["low"] is None:
        return "too few to say"
    return "clearly best" if best["low"] >= LIMITS.clearly else "probably best" if best["low"] > LIMITS.probably else (
        "not clearly best")  # fmt: skip


def said(text: str) -> str:
    """Return a paragraph, wrapped."""
    return "\n".join(textwrap.wrap(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False))


def bullets(*texts: str) -> str:
    """Return paragraphs as a list."""
    return "\n".join(textwrap.indent(said(text), "  ").replace("  ", "- ", 1) for text in texts)


def commands(*lines: str) -> str:
    """Return commands as a block."""
    return "```sh\n" + "\n".join(lines) + "\n```"


def page(title: str, *parts: str) -> str:
    """Return a page."""
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def size(study: Study) -> str:
    """Return how large an experiment is, in words."""
    design, n = study.experiment.design, len(study.uncertainties)
    points = design_size(design.method, design.samples, n, design.second_order)
    return (
        f"{points:,} points of a Latin hypercube over {n} uncertain parameters, {len(settings_of(study)):,} settings "
        f"of the levers and {study.scenario.run.replicates} replicates: {runs(study.experiment.name):,} runs"
    )


MADE = "How it was made"
NOT_SAID = "What this does not say"
SURE = "How sure this is, and in which worlds"


# ------------------------------------------------------------------------------------------------- where to start


def where_to_start() -> str:
    """The page of ``where-to-start``."""
    study, rows = load_experiment("where-to-start"), findings("where-to-start")["rules"]
    shares = sorted({row["share"] for row in rows})
    pairs = [(strategy, response) for strategy in ("organic", "blend") for response in ("saturating", "threshold")]
    names = {"most-connected": "most connected", "most-ready": "most ready", "most-deprived": "most deprived",
             "adjacent": "next to one another"}  # fmt: skip

    def row(rule: str, at: float, strategy: str, response: str = "saturating", measure: str = SUM) -> Row:
        return one(rows, rule=rule, share=at, strategy=strategy, response=response, measure=measure)

    def every(rule: str, at: Iterable[float] = shares) -> list[Row]:
        return [row(rule, share, *pair) for share in at for pair in pairs]

    def more(strategy: str, at: float) -> str:
        return per_cent(row("most-connected", at, strategy)["value"] / row("random", at, strategy)["value"])

    best = all(
        row("most-connected", s, *p)["low"]
        > max(0.0, *(row(r, s, *p)["value"] for r in names if r != "most-connected"))
        for s in shares
        for p in pairs
    )
    apart = [[row("adjacent", s, *pair)["value"] for s in shares] for pair in pairs]
    falls = all(part == sorted(part, reverse=True) for part in apart)
    late = [
        row("most-connected", at, strategy, response, LASTS)["value"] for at in shares for strategy, response in pairs
    ]
    n_worlds = len(points_of(study))
    connected = [r["best_in"] for r in where(table("where-to-start", "robustness"), setting="rule most-connected")]
    tables = []
    for strategy, response in pairs:
        body = [["random sites: value", *(f"{row('random', s, strategy, response)['value']:.2f}" for s in shares)]]
        body += [[words, *(gap(row(rule, s, strategy, response), 2) for s in shares)] for rule, words in names.items()]
        tables.append(markdown_table([f"{strategy}, {response}", *(f"{s:.0%} of services" for s in shares)], body))
    return page(
        "Where to start: rules for choosing the first sites, by budget",
        said(
            "**In short.** "
            + because(best, "Begin with the services that are in touch with most others. Of five rules it gives the "
                            "most over five years at every budget, under both strategies and both ways in which peers "
                            "persuade")
            + f": with {shares[1]:.0%} of services, {more('organic', shares[1])} more than sites chosen at random "
              "where it "
            f"spreads between peers, and {more('blend', shares[1])} more under the blend. "
            + because(max(max(part) for part in apart) < 0 and falls,
                      "Do not begin with a cluster of neighbours: it does worst, and the more so the larger the "
                      "budget.")
        ),
        "## What holds, and what does not",
        bullets(
            because(max(r["high"] for r in every("most-ready", shares[2:])) < 0
                    and all(r["low"] <= 0 for r in every("most-ready")),
                    "**The readiest are not the place to start.** They are no better than random sites at any budget, "
                    f"and worse from {shares[2]:.0%} of services on: they would soon have come anyway."),
            "**Starting with the most deprived costs little**: at most "
            f"{-min(r['value'] for r in every('most-deprived')):.2f} years of full effect, and under the blend at most "
            f"{-min(row('most-deprived', s, *pair)['value'] for s in shares for pair in pairs[2:]):.2f}. That is the "
            "price of whatever it does for equity.",
            because(min(late) > 0 and max(late) < LIMITS.matters,
                    "**For what still lasts at month 60 the rules hardly differ**: the best connected give "
                    f"{min(late):+.3f} to {max(late):+.3f} of the full effect over random sites, less than the "
                    f"{LIMITS.matters:.2f} from which we say that a difference matters."),
            "**Clustered seeding does not win under thresholds**, as it does where adoption needs several contacts at "
            "once (Centola 2010): the threshold here is a share of a service's peers, and services can adopt in other "
            "ways.",
        ),
        said("Benefit summed over 60 months, in years of full effect: each rule minus random sites, at the same luck."),
        *tables,
        f"## {SURE}",
        said(f"The worlds are {n_worlds}: {len(pairs) // 2} ways in which peers persuade by three levels of readiness, "
             "all else at the default scenario's values. Net of luck the best connected are best in "
             f"{per_cent(min(connected))} of them or more at every budget. The intervals are of luck alone, over "
             f"{study.scenario.run.replicates} replicates that every rule shares, averaged over readiness. So it is "
             "known well what luck does, and not known what the rest of the doubt does."),
        f"## {MADE}",
        said(f"Five rules at four budgets, two strategies, {len(settings_of(study))} settings in all, at six points: "
             f"{runs('where-to-start'):,} runs of the default scenario."),
        commands(
            "spreadsim sweep where-to-start",
            "spreadsim analyse results/where-to-start --within strategy --within programme.starting_sites.share "
            f"--measure {SUM}",
            "python experiments/findings.py where-to-start results/where-to-start --keep",
            "python experiments/pages.py --write",
        ),
        f"## {NOT_SAID}",
        said("Ties and their number are generated. In a real network the services with most ties may be the largest, "
             "and the readiest too; `spreadsim advise --search sites` answers for yours."),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- clustering


def clustering() -> str:
    """The page of ``clustering``."""
    study, kept = load_experiment("clustering"), findings("clustering")
    rows, responses = kept["points"], ("saturating", "threshold")
    ends = {r: (min(where(rows, response=r), key=lambda p: p["rewiring"]),
                max(where(rows, response=r), key=lambda p: p["rewiring"])) for r in responses}  # fmt: skip

    def lag(response: str) -> str:
        clustered, random = ends[response]
        return f"{random['remote']['value']:.0f} to {clustered['remote']['value']:.0f} months"

    apart = all(clustered["remote"]["low"] > random["remote"]["high"] for clustered, random in ends.values())
    same_size = [row["small"] for row in rows]
    few = {r: [row["few_ties"] for row in where(rows, response=r) if row["few_ties"]] for r in responses}
    slower = {r: ends[r][0]["mean"]["value"] - ends[r][1]["mean"]["value"] for r in responses}
    body = [
        [f"{row['rewiring']:g}", row["response"], f"{row['clustering']:.2f}", amount(row["mean"]), share(row["ever"]),
         *(gap(row[name], 1) if row[name] else "" for name in ("remote", "small", "few_ties"))]
        for row in sorted(rows, key=lambda row: row["response"])
    ]  # fmt: skip
    return page(
        "Clustering of ties, and how late small and remote services are",
        said(
            "**In short.** "
            + because(apart, "The more ties keep to a circle, the later remote services are: their lag grows from "
                             f"{lag('saturating')}, and from {lag('threshold')} where adoption needs a share of peers. "
                             "That agrees with a published model.")
            + " "
            + because(max(row["high"] for row in same_size) < 1,
                      "Small services are not later, which that model does find: here size has no part in how a "
                      "service decides.")
        ),
        "## What holds, and what does not",
        bullets(
            because(ends["saturating"][0]["mean"]["low"] > ends["saturating"][1]["mean"]["high"]
                    and ends["threshold"][0]["mean"]["low"] < ends["threshold"][1]["mean"]["high"],
                    f"**Everyone is a little later where ties are clustered**: by {slower['saturating']:.1f} months on "
                    f"average under a saturating response; under a threshold by {slower['threshold']:.1f}, which may "
                    "be chance."),
            "**Small services: not reproduced.** In this network small services have as many ties as large ones; one "
            "read from data, in which size and ties go together, would show part of it. With doctors as agents, as "
            "published, [the direction does appear](clustering-in-facilities.md).",
            because(min(r["low"] for r in few["saturating"][1:]) > 0 and few["threshold"][-1]["high"] < 0,
                    "**Few ties**: services with few ties are later by "
                    f"{min(r['value'] for r in few['saturating']):.1f} to "
                    f"{max(r['value'] for r in few['saturating']):.1f} months under a saturating response. Under a "
                    "threshold with random ties it is the reverse, because each of few ties is a large share."),
        ),
        said(f"Month of embedding, counted as {kept['never']} where never. *Remote*: the third of services with most "
             "steps to a starting site minus the third with fewest; *small*: the third with the smallest population "
             "minus the largest third; *few ties*: the third with the fewest ties minus the third with most (all have "
             "six where nothing is rewired)."),
        markdown_table(["rewiring", "exposure", "clustering", "mean month", "ever embedded", "remote: later by",
                        "small: later by", "few ties: later by"], body),
        f"## {SURE}",
        said(f"The intervals are of luck alone, over {study.scenario.run.replicates} replicates. The worlds are two, "
             "one for each way in which exposure persuades; all other parameters stand at the default scenario's "
             "values."),
        f"## {MADE}",
        said(f"A small world of {study.scenario.network.services} services with six ties each, from a ring (rewiring "
             f"0: clustered) to random ties (1), organic spread over {study.scenario.run.months} months: "
             f"{runs('clustering'):,} runs with their events. The published model is JASSS 2010;13(4):8."),
        commands(
            "spreadsim sweep clustering",
            "spreadsim analyse results/clustering",
            "python experiments/findings.py clustering results/clustering --keep",
            "python experiments/pages.py --write",
        ),
        f"## {NOT_SAID}",
        said("In a small world, clustering and the length of paths fall together, and this does not separate them. "
             "Remoteness is counted in steps to the starting sites, not in miles."),
    )  # fmt: skip


def clustering_in_facilities() -> str:
    """The page of ``clustering-in-facilities``."""
    name = "clustering-in-facilities"
    study, kept = load_experiment(name), findings(name)
    rows = kept["points"]
    responses = list(dict.fromkeys(row["response"] for row in rows))
    by = {r: sorted(where(rows, response=r), key=lambda p: p["within"]) for r in responses}
    loose, half, tight = ({r: by[r][i] for r in responses} for i in range(3))
    words = {"saturating": "a saturating response", "linear": "a linear one", "threshold": "a threshold"}
    body = [
        [row["response"], f"{row['within']:.0%}", f"{row['clustering']:.2f}", amount(row["mean"]),
         per_cent(row["ever"]["value"]), gap(row["small"], 1), f"{row['fewer_ties']['value']:.1f}",
         gap(row["remote"], 1)]
        for response in responses for row in by[response]
    ]  # fmt: skip
    return page(
        "Doctors in facilities: do clustered ties make small facilities later?",
        said(
            "**In short.** "
            + because(all(tight[r]["small"]["low"] > 0 for r in responses)
                      and all(loose[r]["small"]["low"] <= 0 for r in responses),
                      "Yes, once doctors are the agents, as in the published model. Where ties run anywhere, small "
                      f"facilities are no later than large ones. Where {per_cent(tight[responses[0]]['within'])} of "
                      "ties stay within the facility they are")
            + ": by "
            + ", ".join(f"{amount(tight[r]['small'])} months under {words[r]}" for r in responses)
            + "."
        ),
        "## What holds, and what does not",
        bullets(
            because(half["saturating"]["small"]["low"] > 0
                    and all(half[r]["small"]["low"] <= 0 for r in responses if r != "saturating"),
                    "**Half of the ties within the facility is not enough**, but under a saturating response, and "
                    f"there it is little: {gap(half['saturating']['small'], 1)} months."),
            because(all(tight[r]["remote"]["low"] > half[r]["remote"]["high"] > loose[r]["remote"]["high"]
                        for r in responses),
                    "**Facilities far from the start are later everywhere**, and the more so the more ties are "
                    f"clustered: {min(tight[r]['remote']['value'] for r in responses):.0f} to "
                    f"{max(tight[r]['remote']['value'] for r in responses):.0f} months instead of "
                    f"{min(loose[r]['remote']['value'] for r in responses):.0f} to "
                    f"{max(loose[r]['remote']['value'] for r in responses):.0f}."),
            "**Why.** A facility with few doctors hears of the practice later when ties stay within it: nobody in it "
            "may be a starting site, few ties lead out, and its doctors have about "
            f"{tight['saturating']['fewer_ties']['value']:.0f} ties fewer, for want of colleagues. [The experiment "
            "with services as agents](clustering.md) could not show this.",
        ),
        said(f"Mean month in which the doctors of a facility embed the practice, counted as {kept['never']} where "
             "never. *Small*: the third of facilities with the fewest doctors minus the third with most; *remote*: "
             "the third whose doctors have most steps to a starting one minus the third with fewest."),
        markdown_table(["exposure", "ties within the facility", "clustering", "mean month", "ever embedded",
                        "small facilities: later by", "ties fewer in small ones", "remote facilities: later by"], body),
        f"## {SURE}",
        said(f"The intervals are of luck alone, over {study.scenario.run.replicates} replicates. The worlds are three, "
             "one for each way in which exposure persuades. An earlier look at this question, with other numbers of "
             "doctors and ties, found none of it under a threshold: whether a threshold shows it depends on the "
             "network."),
        f"## {MADE}",
        said(f"{study.scenario.network.services:,} doctors, an agent each, in 216 facilities of very different sizes "
             "and 24 regions, each doctor with about six ties that run anywhere, half of them, or nearly all of them "
             f"within the facility; organic spread over {study.scenario.run.months} months, {runs(name):,} runs with "
             "their events. It runs on `version-2`: the published model (Dunn, Gallego, JASSS 2010;13(4):8) has no "
             "turnover, no readiness and no collaborative that would tie doctors across facilities."),
        commands(
            f"spreadsim sweep {name}",
            f"spreadsim analyse results/{name} --measure reach",
            f"python experiments/findings.py {name} results/{name} --keep",
            "python experiments/pages.py --write",
        ),
        f"## {NOT_SAID}",
        said("The published model has 77,000 people and innovations that compete, which are left out. How its ties "
             "are drawn was not rebuilt; sizes, ties and starting sites are ours. Clustering and the number of ties "
             "of doctors in small facilities change together here, and the table does not separate them. Remoteness "
             "is counted in steps, not in miles."),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- best balance

MEASURES = {LASTS: "what lasts", SUM: "the sum over the years", "embedded": "services embedded",
            "reported_uptake": "reported uptake", "equity_gap": "equity gap"}  # fmt: skip
HORIZONS = (36, 60, 120)


def panel(months: int) -> str:
    """Return the name of the tables' panel of a horizon."""
    return f"run.months {months}"


def place(measure: str, months: int) -> tuple[Row, Row, Row]:
    """Return how often the mandated end, a balance inside and the organic end are best, each with its interval."""
    inside = one(table("best-balance", "interior"), measure=measure, panel=panel(months))
    standings = where(table("best-balance", "robustness"), measure=measure, panel=panel(months))

    def end(balance: str) -> Row:
        row = one(standings, setting=balance)
        return {"value": row["best_in"], "low": row["best_low"], "high": row["best_high"]}

    return end("balance 0"), {"value": inside["inside"], "low": inside["low"], "high": inside["high"]}, end("balance 1")


def regret(balance: str, months: int) -> Row:
    """Return the mean regret of a balance for what lasts."""
    row = one(table("best-balance", "robustness"), measure=LASTS, panel=panel(months), setting=f"balance {balance}")
    return {"value": row["mean_regret"], "low": row["regret_low"], "high": row["regret_high"]}


def best_balance() -> str:
    """The page of ``best-balance``."""
    name = "best-balance"
    study, kept = load_experiment(name), findings(name)
    interior = table(name, "interior")
    ends = {(m, months): place(m, months) for m in (LASTS, SUM) for months in HORIZONS}
    mandate, inside, organic = ends[LASTS, 60]
    matters = {row["panel"]: row for row in kept["inside_by_what_matters"]}
    body = [
        [words if months == HORIZONS[0] else "", months, share(row, "inside"), per_cent(row["low_end"]),
         per_cent(row["high_end"]), per_cent(row["confirmed"]), per_cent(row["told_apart"])]
        for measure, words in MEASURES.items() for months in HORIZONS
        for row in [{**one(interior, measure=measure, panel=panel(months))}]
        for row in [{**row, "inside_low": row["low"], "inside_high": row["high"]}]
    ]  # fmt: skip
    given = findings("default")[LASTS]["strategies"]
    return page(
        "How often is an inner balance best, over everything we do not know?",
        said(
            "**In short.** "
            + because(mandate["value"] > max(inside["value"], organic["value"]) and mandate["low"] < LIMITS.clearly,
                      "Over everything we do not know, the mandated end of the dial is best more often than not, and "
                      "never clearly")
            + f". For what still lasts after five years it is best in {share(mandate)} of the plausible worlds, a "
              "balance "
            f"inside in {share(inside)} and the organic end in {share(organic)}. "
            + because(matters[panel(60)]["high"] < 0.1,
                      "Where a balance inside wins, it wins by little: by two points of the full effect or more in "
                      f"{share(matters[panel(60)])} of the worlds.")
        ),
        "## What holds, and what does not",
        bullets(
            because(all(ends[SUM, months][0]["low"] > LIMITS.probably for months in HORIZONS),
                    "**For the sum over the years the mandated end is probably best** at every horizon: in "
                    + ", ".join(f"{share(ends[SUM, m][0])} after {m} months" for m in HORIZONS) + "."),
            because(ends[LASTS, 120][0]["low"] < LIMITS.probably,
                    "**After ten years nothing is clearly best for what still lasts**: mandated end "
                    f"{share(ends[LASTS, 120][0])}, inside {share(ends[LASTS, 120][1])}, organic end "
                    f"{share(ends[LASTS, 120][2])}."),
            because(regret("0", 60)["value"] < regret("0.5", 60)["value"] < regret("1", 60)["value"],
                    "**A wrong choice costs most at the organic end.** Below the best balance of each world lie, on "
                    "average and in points of the full effect after five years: the mandated end "
                    f"{points(regret('0', 60))}, the middle of the dial {points(regret('0.5', 60))}, the organic end "
                    f"{points(regret('1', 60))}."),
            because(all(one(interior, measure="embedded", panel=panel(m))["inside"]
                        > max(one(interior, measure="embedded", panel=panel(m))[end] for end in ("low_end", "high_end"))
                        for m in HORIZONS),
                    "**Counting services instead of effect, the inside wins**: more services are *embedded* at a "
                    "balance inside than at either end, in more worlds than at each end."),
            "**This does not contradict the default scenario**, which asks another question: of three given "
            "strategies, the blend among them, which is no point of this dial. There, in worlds that published "
            f"figures allow, the mandate is best for what lasts in {share(given['top-down']['best'])} of the worlds "
            f"and the blend in {share(given['blend']['best'])}"
            + because(verdict(given["top-down"]["best"]) == "not clearly best", ": no strategy is clearly best.")
            + " [What the experiments say together](README.md).",
        ),
        markdown_table(["measure", "months", "best inside", "mandated end best", "organic end best",
                        "inside, confirmed on the other half", "beyond chance"], body),
        said("*Confirmed*: chosen on five replicates, the inner value beats the better end on the other five; *beyond "
             "chance*: with a paired 95% interval that excludes zero. If nothing differed, nine balances in eleven "
             "would still lie inside, half of those would be \"confirmed\" and 2.5% \"beyond chance\": the check is "
             "needed, and is rarely passed."),
        "## What decides",
        decides(name),
        regions(name, len(study.uncertainties)),
        f"## {SURE}",
        said(f"Worlds: {size(study)}. All parameters of behaviour, clarity of the mechanism, spread of contexts, "
             "readiness and capability are drawn evenly from their whole plausible ranges, whatever published figures "
             "say of them. Intervals are over worlds and luck together, net of luck. Ranges are judgements."),
        f"## {MADE}",
        commands(f"spreadsim sweep {name}", f"spreadsim analyse results/{name}",
                 f"python experiments/findings.py {name} results/{name} --keep",
                 "python experiments/pages.py --write"),
        f"## {NOT_SAID}",
        said("The dial moves four levers at once, and its ends do not cost the same; the levers one by one at the "
             "same cost are [another question](equal-effort.md). Rank correlations show what rises or falls "
             "throughout, not interactions. That no inner best can be seen in a world is no evidence that there is "
             "none."),
    )  # fmt: skip


def points(row: Row) -> str:
    """Return a difference in points of the full effect, with its interval."""
    return f"{100 * row['value']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"


def decides(name: str) -> str:
    """Return what decides whether a balance inside beats the better end, as a table."""
    wanted = [(LASTS, 36), (LASTS, 60), (LASTS, 120), (SUM, 60)]
    rows = [row for row in table(name, "sensitivity") if row["response"].startswith("advantage of an inner")]
    seen = {
        key: {row["parameter"]: row for row in where(rows, measure=key[0], panel=panel(key[1]))
              if row["low"] > 0 or row["high"] < 0}
        for key in wanted
    }  # fmt: skip
    n = len({row["parameter"] for row in rows})
    names = list(dict.fromkeys(p for key in wanted for p in seen[key]))
    body = [
        [f"`{p}`", *(f"{seen[key][p]['value']:+.2f} ({seen[key][p]['low']:+.2f} to {seen[key][p]['high']:+.2f})"
                     if p in seen[key] else "" for key in wanted)]
        for p in names
    ]  # fmt: skip
    words = said(
        "Rank correlation with the advantage of the best balance inside over the better end; intervals are 95% "
        f"jointly over {n} parameters. For the {n - len(names)} others, and in the empty cells, the interval covers "
        "zero."
    )
    return (
        words
        + "\n\n"
        + markdown_table(["parameter", *(f"{MEASURES[m]}, {months} months" for m, months in wanted)], body)
    )


def regions(name: str, n: int) -> str:
    """Return in words which of the regions that were found hold on points that had no part in finding them."""
    rows = [row for row in table(name, "regions") if row["parameter"]]
    found = {(row["measure"], row["panel"], row["what"]): row for row in rows}
    unsaid = f"**In which worlds?** That cannot be said: of {len(found)} regions that were found, none "
    if any("confirmed" not in row for row in rows):  # kept of an analysis that gave no intervals
        return said(because(max(row["held_out_density"] for row in rows) < 0.5,
                            f"{unsaid}holds in half of the points that had no part in finding it. (This analysis was "
                            "kept before regions had intervals.)"))  # fmt: skip
    confirmed = [key for key, row in found.items() if row["confirmed"]]
    if not confirmed:
        return said(f"{unsaid}holds, beyond chance, on the half of the points that had no part in finding it. No "
                    f"region of the {n} parameters tells the worlds apart.")  # fmt: skip
    ends = {"the lowest balance (0) is best": "the mandated end is best",
            "the highest balance (1) is best": "the organic end is best"}  # fmt: skip
    named = []
    for key in confirmed:
        measure, label, what = key
        inside = " and ".join(f"`{row['parameter']}` is between {row['low']:.3g} and {row['high']:.3g}"
                              for row in where(rows, measure=measure, panel=label, what=what))  # fmt: skip
        row = found[key]
        held_out = {"value": row["held_out_density"], "low": row["density_low"], "high": row["density_high"]}
        when = label.replace("run.months", "after") + " months: " if label else ""
        named.append(f"{MEASURES[measure]} {when}{ends.get(what, what)} mostly where {inside}: in {share(held_out)} of "
                     f"the points held out there, against {per_cent(row['held_out_base'])} of all held "
                     "out.")  # fmt: skip
    hold = "1 holds" if len(confirmed) == 1 else f"{len(confirmed)} hold"
    text = said(f"**In which worlds?** Of {len(found)} regions that were found, {hold}, beyond chance, on the half of "
                "the points that had no part in finding it (of those that mean nothing, one in forty would); the "
                "others are not named.")  # fmt: skip
    return text + "\n\n" + bullets(*(f"{words[0].upper()}{words[1:]}" for words in named))


# ------------------------------------------------------------------------------------------------- equal effort


def mixes(measure: str, **levers: float) -> list[Row]:
    """Return the mixes that have these values of levers, the one that loses least first."""
    words = [f"{name.replace('_', ' ')} {at:g}" for name, at in levers.items()]
    rows = where(table("equal-effort", "robustness"), measure=measure)
    return [row for row in rows if all(word in row["setting"].split(", ") for word in words)]


def best_in(measure: str, **levers: float) -> float:
    """Return in what share of worlds the best mix has these values of levers, net of luck."""
    return sum(row["best_in"] for row in mixes(measure, **levers))


def loss(measure: str, **levers: float) -> Row:
    """Return the mean regret of the mix with these values of levers that loses least."""
    row = mixes(measure, **levers)[0]
    return {"value": row["mean_regret"], "low": row["regret_low"], "high": row["regret_high"]}


def equal_effort() -> str:
    """The page of ``equal-effort``."""
    name = "equal-effort"
    study = load_experiment(name)
    report = (RESULTS / name / "report.html").read_text(encoding="utf-8")
    match = re.search(r"At each point every mix is moved along .*? are compared\.", html.unescape(report), re.S)
    assert match is not None
    levers = [factor for factor in study.levers if factor.path != "support"]
    n_mixes, compared = math.prod(len(factor.values) for factor in levers), len(mixes(LASTS))
    top = mixes(LASTS)[0]
    half = {"mandate": 0.5}
    moderate = [best_in(m, mandate=0.25, latitude=1.0) + best_in(m, mandate=0.5, latitude=1.0) for m in (LASTS, SUM)]
    standing = [
        [MEASURES[measure] if not i else "", row["setting"], f"{row['mean']:.3f}",
         f"{row['mean_regret']:.3f} ({row['regret_low']:.3f} to {row['regret_high']:.3f})",
         share({"value": row["best_in"], "low": row["best_low"], "high": row["best_high"]})]
        for measure in (LASTS, SUM) for i, row in enumerate(mixes(measure)[:4])
    ]  # fmt: skip
    body = [
        [f"{factor.path.replace('_', ' ')} {at:g}", len(mixes(LASTS, **{factor.path: at})),
         *(cell for m in (LASTS, SUM)
           for cell in (per_cent(best_in(m, **{factor.path: at})), amount(loss(m, **{factor.path: at}), 3)))]
        for factor in levers for at in factor.values if mixes(LASTS, **{factor.path: at})
    ]  # fmt: skip
    full = {m: loss(m, latitude=1.0) for m in (LASTS, SUM)}
    return page(
        "The four levers at equal effort",
        said(
            "**In short.** At the same staff-days, "
            + because(best_in(LASTS, **half) > 0.5 and "mandate 0.5" in top["setting"],
                      "a moderate mandate does best for what lasts")
            + f": the best mix has a mandate of .5 in {per_cent(best_in(LASTS, **half))} of the plausible worlds. "
            + because(top["best_high"] < LIMITS.probably,
                      f"But no single mix is clearly best: the one that loses least ({top['setting']}) is best in "
                      f"{share({'value': top['best_in'], 'low': top['best_low'], 'high': top['best_high']})}. ")
            + because(best_in(LASTS, latitude=1.0) < 0.1 and full[LASTS]["low"] > loss(LASTS)["high"],
                      "Full latitude mostly costs more than it gives. ")
            + because(best_in(SUM, mandate=1.0) + best_in(SUM, mandate=0.75) > 0.8 and best_in(SUM, mandate=1.0) < 0.8,
                      "For the sum over five years a strong mandate does best, of .75 to 1: in "
                      f"{per_cent(best_in(SUM, mandate=1.0) + best_in(SUM, mandate=0.75))} of the worlds.")
        ),
        "## What holds, and what does not",
        bullets(
            because(max(moderate) < 0.1,
                    "**A moderate mandate with full latitude, which the question asks about, is hardly ever best**: "
                    f"in {per_cent(moderate[0])} of the worlds for what lasts, in {per_cent(moderate[1])} for the "
                    "sum."),
            f"**Full latitude.** The mix with it that loses least lies on average {points(full[LASTS])} points of the "
            f"full effect below the best mix of each world; the best of all mixes, {points(loss(LASTS))}.",
            "**Little latitude or some** is a matter of the world: the best mix has .05 in "
            f"{per_cent(best_in(LASTS, latitude=0.05))} and .35 in {per_cent(best_in(LASTS, latitude=0.35))}"
            + because(loss(LASTS, latitude=0.35)["low"] < loss(LASTS, latitude=0.05)["high"],
                      ", and in what they lose the two cannot be told apart")
            + ". How much is best depends on how clear the mechanism is and how much contexts differ "
            "([where the best latitude lies](../docs/verification/latitude.md)).",
            because(best_in(LASTS, peer_programme=1.0) > 0.5 and not mixes(LASTS, peer_programme=0.0),
                    f"**A full peer programme** is in the best mix in {per_cent(best_in(LASTS, peer_programme=1.0))} "
                    "of the worlds for what lasts, half of one in the others. What a mix without any would do is not "
                    "known: none can be brought to this cost."),
        ),
        said("The mixes that lose least. *Mean regret*: how far a mix lies below the best of each world, on average."),
        markdown_table(["for", "mix", "mean", "mean regret", "best in"], standing),
        said("Each value of a lever: in what share of worlds the best mix has it, and the mean regret of the mix with "
             "it that loses least."),
        markdown_table(["lever", "mixes", "what lasts: in the best mix", "mean regret", "sum: in the best mix",
                        "mean regret"], body),
        regions(name, len(study.uncertainties)),
        f"## {SURE}",
        said(f"Worlds: {size(study)}. Parameters are drawn evenly from their whole plausible ranges, whatever "
             "published figures say of them. Shares are net of luck, intervals over worlds and luck together. In the "
             f"words of the analysis: \"{' '.join(match[0].split())}\" Support has places for "
             f"{study.scenario.programme.support_capacity:.0%} of services here, not for 15% as in the default "
             "scenario."),
        f"## {MADE}",
        commands(f"spreadsim sweep {name}", f"spreadsim analyse results/{name} --equal cost --along support",
                 f"python experiments/findings.py {name} results/{name} --keep",
                 "python experiments/pages.py --write"),
        f"## {NOT_SAID}",
        said(f"{n_mixes - compared} of the {n_mixes} mixes are left out because in some world they cannot be brought "
             "to the cost of the others"
             + because(not any(mixes(LASTS, mandate=at) for at in (0.0, 0.25)),
                       "; among them are all with a mandate below .5: whether .25 would do better still is not "
                       "answered here")
             + ". Costs are assumed."),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- together


def together() -> str:
    """The page that sets the experiments beside one another."""
    kept = findings("default")
    last, total = (kept[m] for m in (LASTS, SUM))
    dial = {m: place(m, 60) for m in (LASTS, SUM)}

    def mandate(at: float, m: str) -> str:
        return per_cent(best_in(m, mandate=at))

    rows = [
        ["three given strategies, in worlds that published figures allow ([default](../scenarios/default.toml))",
         f"top-down {share(last['strategies']['top-down']['best'])}, blend "
         f"{share(last['strategies']['blend']['best'])}",
         f"top-down {share(total['strategies']['top-down']['best'])}, blend "
         f"{share(total['strategies']['blend']['best'])}"],
        ["the dial, all four levers at once, whatever it costs ([best-balance](best-balance.md))",
         f"mandated end {share(dial[LASTS][0])}, inside {share(dial[LASTS][1])}",
         f"mandated end {share(dial[SUM][0])}, inside {share(dial[SUM][1])}"],
        ["the levers one by one, at the same cost ([equal-effort](equal-effort.md))",
         f"mandate of .5 {mandate(0.5, LASTS)}, of .75 {mandate(0.75, LASTS)}, of 1 {mandate(1.0, LASTS)}",
         f"mandate of .5 {mandate(0.5, SUM)}, of .75 {mandate(0.75, SUM)}, of 1 {mandate(1.0, SUM)}"],
    ]  # fmt: skip
    leaders = [*(s["best"] for s in last["strategies"].values()), *dial[LASTS]]
    mix = mixes(LASTS)[0]
    return page(
        "What the experiments say together",
        said(
            "**In short.** "
            + because(max(row["low"] for row in leaders) < LIMITS.clearly and mix["best_low"] < LIMITS.clearly,
                      "No way of spreading is clearly best for what still lasts after five years, whichever way one "
                      "asks.")
            + " "
            + because(last["strategies"]["organic"]["best"]["high"] < 0.1 and dial[LASTS][2]["high"] < 0.1,
                      "Two things are clear: leaving it to peers alone is hardly ever best, and")
            + " "
            + because(loss(LASTS, latitude=1.0)["low"] > loss(LASTS)["high"],
                      "full latitude mostly costs more than it gives.")
            + " A full mandate and a moderate one with peers are each best in many plausible worlds; "
            + because(total["strategies"]["top-down"]["best"]["low"] > LIMITS.probably
                      and dial[SUM][0]["low"] > LIMITS.probably,
                      "for the sum over five years the mandate is probably best.")
        ),
        said("Share of plausible worlds in which each is best after five years:"),
        markdown_table(["what is compared", "what lasts", "the sum over five years"], rows),
        said("**Why the answers differ.** They ask different questions. The ends of the dial do not cost the same, "
             "and it moves mandate, latitude, peers and audit together, in fixed proportions. The blend of the "
             "default scenario is no point of it. At the same cost, and with the levers free, a moderate mandate does "
             "better than a full one for what lasts. None of the three says that a strategy is clearly best, and none "
             "contradicts another. [How sure an answer may be](../docs/background/doubt.md) says what the words "
             "mean."),
        "## The pages",
        bullets(
            "[best-balance](best-balance.md): how often a balance inside is best, over everything we do not know.",
            "[equal-effort](equal-effort.md): the four levers at the same cost.",
            "[where-to-start](where-to-start.md): rules for choosing the first sites, by budget.",
            "[clustering](clustering.md) and [clustering-in-facilities](clustering-in-facilities.md): whether ties in "
            "circles make small and remote services later.",
            "[published-figures](published-figures.md): what six published figures say of nine parameters, in version "
            "2 of the model. [Assumption sets](../docs/verification/assumption-sets.md) asks it of all parameters, in "
            "this version.",
        ),
        said("Every figure on these pages comes from `experiments/results`. `python experiments/pages.py --write` "
             "writes the pages and refuses a sentence that the results do not bear out."),
        commands("spreadsim compare default --no-frontier --force --out results/default",
                 "python experiments/findings.py default results/default --keep",
                 "python experiments/pages.py --write"),
    )  # fmt: skip


PAGES = {
    "README": together,
    "best-balance": best_balance,
    "clustering": clustering,
    "clustering-in-facilities": clustering_in_facilities,
    "equal-effort": equal_effort,
    "where-to-start": where_to_start,
}


def main() -> None:
    """Compare the pages with what the results give, and write them if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="all by default")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for name in options.pages or PAGES:
        file = HERE / f"{name}.md"
        text, before = PAGES[name](), file.read_text(encoding="utf-8") if file.is_file() else ""
        print("".join(difflib.unified_diff(before.splitlines(True), text.splitlines(True), file.name, "results", n=0)))
        if options.write:
            file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
