"""ClaimReviews as sites write them, into claims: what is taken, what is left out, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from service.domain import Publisher, Verdict
from service.errors import InvalidInput
from service.readers.claimreview import draft_of, reviews_in
from service.readers.pages import read_json, reviews_of_page

REVIEW: dict[str, Any] = {
    "@type": "ClaimReview",
    "url": "https://desk.example.org/7",
    "claimReviewed": "The moon is &quot;made&quot; of <b>cheese</b>\n and   more",
    "author": {"@type": "Organization", "name": "The Desk", "url": "https://www.other.example.org/"},
    "datePublished": "2025-12-31T10:00:00+03:30",
    "inLanguage": "en_US",
    "headline": "No, it is not",
    "keywords": "moon, cheese,moon",
    "itemReviewed": {
        "@type": "Claim",
        "author": {"@type": "Person", "name": "A cow"},
        "datePublished": "2025-12-30",
    },
    "reviewRating": {"@type": "Rating", "ratingValue": "5", "alternateName": "False"},
}


def test_everything_that_is_said_is_taken() -> None:
    draft, notes = draft_of(REVIEW)
    (review,) = draft.reviews
    assert draft.text == 'The moon is "made" of cheese and more'
    assert (draft.language, draft.claimant, draft.claimed_at) == ("en-US", "A cow", date(2025, 12, 30))
    assert draft.topics == ("moon", "cheese")
    # The site is the review's own: nobody else can write there. The words count, whatever the number is.
    assert review.publisher == Publisher("The Desk", "desk.example.org")
    assert (review.original_label, review.from_label) == ("False", True)
    assert (review.title, review.published_at) == ("No, it is not", date(2025, 12, 31))
    assert notes == []


@pytest.mark.parametrize(
    ("rating", "verdict"),
    [
        ({"ratingValue": 1}, Verdict.FALSE),
        ({"ratingValue": "2"}, Verdict.MOSTLY_FALSE),
        ({"ratingValue": "3,0"}, Verdict.MIXED),
        ({"ratingValue": 4, "bestRating": "5", "worstRating": "1"}, Verdict.MOSTLY_TRUE),
        ({"ratingValue": 5}, Verdict.TRUE),
        ({"ratingValue": 10, "bestRating": 10, "worstRating": 0, "alternateName": ""}, Verdict.TRUE),
        ({"ratingValue": 0, "bestRating": 100, "worstRating": 0, "alternateName": "0"}, Verdict.FALSE),
    ],
)
def test_a_number_counts_where_there_are_no_words(rating: dict[str, Any], verdict: Verdict) -> None:
    draft, _ = draft_of({**REVIEW, "reviewRating": rating})
    assert (draft.reviews[0].verdict, draft.reviews[0].from_label) == (verdict, False)


@pytest.mark.parametrize(
    "rating",
    [
        None, {}, {"ratingValue": 7}, {"ratingValue": -1, "bestRating": "5"}, {"ratingValue": 3, "bestRating": 1},
        {"ratingValue": 1, "bestRating": 1, "worstRating": 1}, {"alternateName": "***"}, {"ratingValue": "nan"[:0]},
    ],
)  # fmt: skip
def test_a_rating_that_says_nothing_is_refused(rating: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        draft_of({**REVIEW, "reviewRating": rating})
    assert [fault.pointer for fault in caught.value.faults] == ["/reviewRating"]


def test_words_in_place_of_the_number_are_words() -> None:
    draft, _ = draft_of({**REVIEW, "reviewRating": {"ratingValue": "Misleading"}})
    assert draft.reviews[0].original_label == "Misleading"


def test_what_is_missing_is_said_at_once_and_what_can_be_found_elsewhere_is() -> None:
    with pytest.raises(InvalidInput) as caught:
        draft_of({"@type": "ClaimReview", "url": "ftp://nowhere", "claimReviewed": " "})
    assert {fault.pointer for fault in caught.value.faults} == {"/claimReviewed", "/url", "/author", "/reviewRating"}
    draft, notes = draft_of(
        {
            "@type": "ClaimReview",
            "claimReviewed": "The moon is made of cheese",
            "url": "/moon",
            "inLanguage": {"@type": "Language", "name": "Klingonese"},
            "datePublished": "yesterday",
            "author": [{"@type": "Person", "name": "A reporter"}],
            "publisher": {"name": "The Paper"},
            "itemReviewed": {"@type": "CreativeWork", "appearance": [{"author": {"name": "A post"}}]},
            "reviewRating": {"alternateName": "x" * 300},
        },
        "https://www.paper.example.org/all",
    )
    (review,) = draft.reviews
    assert (review.url, review.publisher.name) == ("https://www.paper.example.org/moon", "The Paper")
    assert (review.publisher.site, draft.claimant, draft.language) == ("paper.example.org", "A post", "")
    assert review.original_label == "x" * 199 + "…"
    assert [note.pointer for note in notes] == ["/inLanguage", "/datePublished"]


def test_reviews_are_found_wherever_they_stand() -> None:
    document = {
        "@context": "https://schema.org",
        "@graph": [
            {"@id": "#desk", "@type": "Organization", "name": "The Desk"},
            {"@type": ["Article", "NewsArticle"], "review": {"@type": "http://schema.org/ClaimReview", "url": "a"}},
            [{"@type": ["ClaimReview", "Review"], "author": {"@id": "#desk"}, "url": "b"}],
        ],
    }
    found = list(reviews_in(document))
    assert [each["url"] for each in found] == ["a", "b"]
    assert found[1]["author"]["name"] == "The Desk"
    deep: Any = {"@type": "ClaimReview"}
    for _ in range(500):
        deep = [deep]
    assert list(reviews_in(deep)) == []


PAGE = """<html><head><meta charset="utf-8"><script type='application/ld+json'>{"@type": "NewsArticle"}</script>
<SCRIPT async type="application/ld+json">
<!--
[{"@context": "http://schema.org", "@type": "ClaimReview", "claimReviewed": "Someone said
"this" in two lines", "url": "https://desk.example.org/1", 'author': {"name": "Desk"},
"reviewRating": {"alternateName": "False",},},
{"@type": "ClaimReview", "claimReviewed": "ادعای دوم", "url": "https://desk.example.org/1"}]
-->
</script>
<script type="application/ld+json">{"@type": "ClaimReview", "claimReviewed": "ادعای دوم",
"url": "https://desk.example.org/1"}</script></head></html>"""

MICRODATA = """<div itemscope itemtype="http://schema.org/ClaimReview"><a itemprop="url" href="https://m.example.org/1">x</a>
<h1 itemprop="claimReviewed">Water is dry</h1><div itemprop="author" itemscope itemtype="http://schema.org/Organization">
<meta itemprop="name" content="Micro Desk"></div>
<div itemprop="itemReviewed" itemscope itemtype="http://schema.org/CreativeWork">
<div itemprop="author" itemscope itemtype="http://schema.org/Person"><span itemprop="name">A fish</span></div></div>
<div itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><span itemprop="ratingValue">1</span>
<span itemprop="alternateName">Pants on fire</span></div></div>"""


def test_broken_json_of_pages_is_read_as_it_was_meant() -> None:
    found = list(reviews_of_page(PAGE.encode()))
    assert [each["url"] for each in found] == ["https://desk.example.org/1"] * 2
    assert found[0]["reviewRating"] == {"alternateName": "False"}
    assert "two lines" in found[0]["claimReviewed"]
    assert found[1]["claimReviewed"] == "ادعای دوم"


def test_other_charsets_are_read_and_unknown_ones_do_no_harm() -> None:
    page = PAGE.replace('<meta charset="utf-8">', '<meta charset="windows-1256">').replace("ی", "ي")
    (_, second) = reviews_of_page(page.encode("windows-1256"))
    assert second["claimReviewed"] == "ادعاي دوم"
    assert len(list(reviews_of_page(PAGE.encode(), "no-such-charset"))) == 2


def test_microdata_is_read_where_there_is_no_json() -> None:
    (found,) = reviews_of_page(MICRODATA.encode())
    draft, notes = draft_of(found, "https://m.example.org/1")
    assert (draft.text, draft.claimant) == ("Water is dry", "A fish")
    assert draft.reviews[0].publisher == Publisher("Micro Desk", "m.example.org")
    assert draft.reviews[0].original_label == "Pants on fire"
    assert notes == []


@pytest.mark.parametrize("text", ["", "{", "[[[[", "not json", "{'a': ", "\x00", "[" * 5_000])
def test_rubbish_is_no_json_and_no_error(text: str) -> None:
    assert list(reviews_in(read_json(text))) == []
