"""Judge a subject by every rule: find the rules, report each of their hits once, in order.

A rule is a module named for its label, with a wording file of that name: `find(post, clause)` yields hits. Rules are
found by their wording files; adding one edits no list. A rule never imports a rule. What a department adds is judged
beside them and hides none of their findings.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from importlib import import_module

from notifier.policy.finding import Finding, Judgement, worst
from notifier.policy.normalising import fold
from notifier.policy.post import Hit, Post, read_post
from notifier.policy.readings import Ask
from notifier.policy.subject import Subject
from notifier.policy.wording import Clause, Wording, built_in, labels

Rule = Callable[[Post, Clause], Iterable[Hit]]


def judge(subject: Subject, wording: Wording | None = None, ask: Ask = "doubt") -> Judgement:
    """Judge a subject; the same subject always gets the same findings, sorted by where they stand.

    ask: when the second reader is asked; default: where the first is in doubt.
    """
    wording = wording or built_in()
    post = read_post(subject, wording, ask)
    reporting = _Reporting(post)
    findings: list[Finding] = []
    for label, find in rules().items():
        clause = wording.clause(label)
        findings += reporting.report(clause, _hits(post, clause, find))
    for own in wording.own:
        findings += reporting.report(own.clause, _hits(post, own.clause, own.find))
    ordered = tuple(sorted(findings, key=reporting.place))
    return Judgement(worst(ordered), ordered)


@cache
def rules() -> dict[str, Rule]:
    """Give every rule by its label."""
    return {label: import_module(f"notifier.policy.rules.{label.replace('-', '_')}").find for label in labels()}


def _hits(post: Post, clause: Clause, find: Rule) -> list[Hit]:
    hits = _distinct(find(post, clause))
    if clause.added is None:
        return hits
    # Added words that a finding tells already, no less severely, are not told again.
    told = [hit for hit in hits if clause.severity(hit.verdict) in (clause.verdict, "block")]
    return hits + [hit for hit in _distinct(clause.added.hits(post)) if not any(hit.overlaps(one) for one in told)]


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Keep, of hits that overlap in a passage, the first and longest."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (id(hit.passage), hit.start, -hit.end)):
        last = kept[-1] if kept else None
        if last is None or last.passage is not hit.passage or hit.start >= last.end or hit.start == hit.end:
            kept.append(hit)
    return kept


class _Reporting:
    """Turns hits into findings, each told once: in its field where its words stand in one, else in the texts."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._order = {id(passage): place for place, passage in enumerate(post.passages)}
        self._names = list(post.subject.fields) + [a.name for a in post.subject.attachments]

    def place(self, finding: Finding) -> tuple[int, int, int, str, str]:
        """Sort key: fields in their order, attachments, then the texts; by position."""
        holder = finding.field or finding.attachment
        rank = self._names.index(holder) if holder in self._names else len(self._names)
        return rank, finding.start, finding.end, finding.label, finding.channel or ""

    def report(self, clause: Clause, hits: Iterable[Hit]) -> Iterator[Finding]:
        """Yield the findings of one rule."""
        in_texts: dict[str, list[Hit]] = {}
        in_fields: set[str] = set()
        for hit in sorted(hits, key=lambda hit: (self._order.get(id(hit.passage), -1), hit.start)):
            words = fold(hit.passage.text[hit.start : hit.end])
            if hit.passage.form is None:
                in_fields.add(words)
                yield self._finding(clause, hit, None)
            elif not (any(told in words for told in in_fields) or self._stands_in_field(words)):
                in_texts.setdefault(words, []).append(hit)
        for same in in_texts.values():
            channel = self._channel({hit.passage.normalised.original for hit in same})
            yield from (self._finding(clause, hit, channel) for hit in same if hit.passage is same[0].passage)

    def _stands_in_field(self, words: str) -> bool:
        """A field was judged with its own meaning, whether or not its words were found to be at fault."""
        return bool(words) and any(words in value for value in self._folded_fields)

    @cached_property
    def _folded_fields(self) -> list[str]:
        return [" ".join(p.low.split()) for p in self._post.passages if p.field]

    def _channel(self, texts: set[str]) -> str | None:
        """Name the first channel that shows one of these texts; None where every channel does."""
        showing = [shown.channel for shown in self._post.subject.texts if shown.text in texts]
        if {shown.channel for shown in self._post.subject.texts} <= set(showing):
            return None
        return next((name for name in showing if name), None)

    def _finding(self, clause: Clause, hit: Hit, channel: str | None) -> Finding:
        passage = hit.passage
        start, end = passage.normalised.span(hit.start, hit.end)
        words = passage.normalised.original[start:end]
        return Finding(
            rule=clause.rule,
            clause=clause.number,
            label=clause.label,
            verdict=clause.severity(hit.verdict),
            text=words,
            start=start,
            end=end,
            why=clause.why(hit.reason, words),
            mend=clause.mend(hit.reason, passage.language),
            channel=channel,
            field=passage.field,
            attachment=passage.attachment,
            language=passage.language,
        )
