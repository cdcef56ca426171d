"""Finding stored phrasings that may match, in one statement for all that is asked.

Terms are weighed by BM25: the part that depends on a phrasing is stored with each posting, the part that depends on
the corpus (how rare the term is) is computed here from exact counts. A statement's rarest terms are read first, until
their postings would exceed a budget, so that common words cost nothing and no query reads the whole table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Candidate, CandidatePlan
from service.store.phrasings import stored_terms
from service.store.session import rows

POSTINGS_BUDGET: Final = 5_000
"""How many postings are read for one plan, unless its rarest term alone has more."""

POSTINGS_LIMIT: Final = 20_000
"""How many postings of a single term are read at most."""

SAME_TEXT: Final = 1_000_000.0
"""Retrieval score added for a phrasing whose folded text is the one asked for."""

SAME_URL: Final = 500_000.0
"""Retrieval score added for the phrasings of a claim that cites an address asked for."""

# The subqueries are LATERAL with a LIMIT on purpose: each is then an index lookup per outer row, whatever the planner
# thinks of the sizes of arrays it cannot see into, and the plan stays right when it is prepared and reused.
FIND: Final = f"""
    SELECT corpus.revision, found.* FROM corpus LEFT JOIN LATERAL (
    SELECT plan.number, p.claim_id, p.id, p.text, p.language,
           CASE WHEN substring(p.profile FOR length($3::bytea)) = $3 THEN NULL
                ELSE (SELECT claimed_at FROM claims WHERE id = p.claim_id)
           END AS claimed_at,
           p.score, p.folded, p.profile
    FROM jsonb_to_recordset($1::jsonb) AS plan (
        number int, size int, terms text[], weights float8[], folded text, urls text[], languages text[],
        besides int, language text
    )
    CROSS JOIN LATERAL (
        WITH best AS MATERIALIZED (
            SELECT ranked.score, p.id, p.claim_id, p.text, p.language, p.folded, p.profile
            FROM (
                SELECT phrasing_id, sum(score) AS score
                FROM (
                    (SELECT posting.phrasing_id, sum(weighed.weight * posting.weight) AS score
                     FROM (
                        SELECT term.id, term.df,
                               asked.weight * ln(
                                   1 + (greatest(corpus.phrasings - term.df, 0) + 0.5::float8) / (term.df + 0.5)
                               ) AS weight,
                               sum(term.df) OVER (ORDER BY term.df, term.id) AS running
                        FROM unnest(plan.terms, plan.weights) AS asked (term, weight)
                        CROSS JOIN LATERAL (
                            SELECT id, df FROM terms WHERE terms.term = asked.term AND terms.df > 0 LIMIT 1
                        ) AS term
                     ) AS weighed
                     CROSS JOIN LATERAL (
                        SELECT phrasing_id, weight FROM postings WHERE term_id = weighed.id LIMIT {POSTINGS_LIMIT}
                     ) AS posting
                     WHERE weighed.running <= $2 OR weighed.running = weighed.df
                     GROUP BY posting.phrasing_id
                     HAVING plan.languages IS NULL OR EXISTS (
                        SELECT FROM phrasings
                        WHERE id = posting.phrasing_id AND split_part(lower(language), '-', 1) = ANY (plan.languages)
                     )
                     ORDER BY score DESC, posting.phrasing_id
                     LIMIT plan.size)
                  UNION ALL
                    (SELECT id, {SAME_TEXT}::float8 FROM phrasings
                     WHERE plan.folded <> '' AND md5(folded) = md5(plan.folded) AND folded = plan.folded
                       AND (plan.languages IS NULL OR split_part(lower(language), '-', 1) = ANY (plan.languages))
                     LIMIT plan.size)
                  UNION ALL
                    SELECT wording.id, {SAME_URL}::float8
                    FROM unnest(plan.urls) AS link (url)
                    CROSS JOIN LATERAL (
                        (SELECT claim_id FROM sources WHERE md5(url) = md5(link.url) AND url = link.url LIMIT plan.size)
                        UNION
                        (SELECT claim_id FROM reviews WHERE md5(url) = md5(link.url) AND url = link.url LIMIT plan.size)
                    ) AS cited
                    CROSS JOIN LATERAL (
                        SELECT id FROM phrasings
                        WHERE claim_id = cited.claim_id
                          AND (plan.languages IS NULL OR split_part(lower(language), '-', 1) = ANY (plan.languages))
                        LIMIT plan.size
                    ) AS wording
                ) AS scored
                GROUP BY phrasing_id
                ORDER BY score DESC, phrasing_id
                LIMIT plan.size
            ) AS ranked
            CROSS JOIN LATERAL (SELECT * FROM phrasings WHERE id = ranked.phrasing_id LIMIT 1) AS p
        )
        SELECT * FROM best
        UNION ALL
        SELECT NULL, p.id, p.claim_id, p.text, p.language, p.folded, p.profile
        FROM (SELECT DISTINCT claim_id FROM best WHERE plan.besides > 0) AS claim
        CROSS JOIN LATERAL (
            SELECT * FROM phrasings
            WHERE claim_id = claim.claim_id
              AND split_part(lower(language), '-', 1) = plan.language
              AND id NOT IN (SELECT id FROM best)
            ORDER BY position
            LIMIT plan.besides
        ) AS p
    ) AS p
    ) AS found ON true
    ORDER BY found.number, found.score DESC NULLS LAST, found.id
"""  # noqa: S608  # constants of ours


class Lookup(NamedTuple):
    """What was found for each plan, best first, and the corpus revision that was searched."""

    revision: int
    candidates: list[list[Candidate]]


async def find_candidates(
    connection: AsyncConnection, plans: Sequence[CandidatePlan], *, timeless: bytes | None = None
) -> Lookup:
    """For each plan its candidates, at most ``plan.limit``, then what it wants besides; no phrasing twice.

    A phrasing whose folded text is the plan's own comes before one whose claim cites a URL of the plan, and both come
    before what only shares words. Languages are compared by their primary subtag: ``fa`` finds ``fa-AF``. All of it is
    as of one moment. ``timeless``: how a profile begins for which the day of the claim need not be looked up; the days
    of fifty claims take a fifth of the time that the statement does.
    """
    return _lookup(await rows(connection, FIND, *parameters(plans, timeless)), len(plans))


def parameters(plans: Sequence[CandidatePlan], timeless: bytes | None = None) -> tuple[str, int, bytes | None]:
    """What FIND is executed with."""
    asked = msgspec.json.encode([_as_json(number, plan) for number, plan in enumerate(plans)]).decode()
    return asked, POSTINGS_BUDGET, timeless


def _lookup(found: Sequence[Any], plans: int) -> Lookup:
    candidates: list[list[Candidate]] = [[] for _ in range(plans)]
    revision = 0
    for row in found:
        revision, number, *candidate = row
        if number is None:
            break
        candidates[number].append(Candidate(*candidate))
    return Lookup(revision, candidates)


def _as_json(number: int, plan: CandidatePlan) -> dict[str, object]:
    terms = tuple(stored_terms(plan.terms))
    return {
        "number": number,
        "size": plan.limit,
        "terms": [term for term, _ in terms],
        "weights": [weight for _, weight in terms],
        "folded": plan.folded,
        "urls": list(dict.fromkeys(plan.urls)),
        "languages": None if plan.languages is None else _primary_subtags(plan.languages),
        "besides": plan.besides if plan.languages is None or plan.language in _primary_subtags(plan.languages) else 0,
        "language": plan.language,
    }


def _primary_subtags(tags: Sequence[str]) -> list[str]:
    return sorted({tag.lower().partition("-")[0] for tag in tags})
