"""Who invoices whom: names of seller and buyer, from labels, letterheads and address blocks.

An invoice rarely says "seller". What it has is a letterhead, a sender's line above the address
window, a footer with legal form and register, and the block of lines of an address whose first
line is the name. Each of these votes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from api.documents.reading import values
from api.documents.reading.page import Page, Segment, around
from api.documents.reading.solver import Answer
from api.documents.reading.spans import Span
from api.documents.reading.values import plain
from api.documents.reading.vocabulary import Label, Strength
from api.documents.reading.words import words

_LEGAL: Final = re.compile(
    rf"(?<![\w.])(?:{'|'.join(words('legal_forms'))})(?![\w])", re.IGNORECASE
)
_POSTCODE: Final = re.compile(
    r"(?:^|[\s,\-])(?:[A-Z]{1,2}-?\s?)?(?:(?:\d{4,5}(?:-\d{3,4})?|\d{2}-\d{3}|\d{4}\s?[A-Z]{2})[\s,]+[^\W\d]|\d{5}[A-Z][a-z]{3})"
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]{2},?\s\d{5}\b"
)
_NOISE: Final = re.compile(
    r"@|https?:|www\.|\b(?:tel|fon|phone|telefon|telefax|fax|iban|bic|swift|seite|page|datum|date)\b"
    r"|\b(?:gln|gtin|hrb|ust|vat|tva|btw|nip|siret|kvk)\b|[?✉☎]|\d{5,}|%|€",
    re.IGNORECASE,
)
_STREET: Final = re.compile("|".join(words("streets")), re.IGNORECASE)
_DOMAIN: Final = re.compile(
    r"(?:@|www\.|https?://)(?:[\w-]+\.)*?([\w-]{4,})\.[a-z]{2,6}\b", re.IGNORECASE
)
_SALUTATIONS: Final = frozenset(words("salutations"))
_PREFIX: Final = re.compile(
    r"^(?:name|firma|company|nom|naam|nombre|raison sociale|ragione sociale|nazwa|handelsname|m/s"
    r"|herrn?|frau|mr\.?|mrs\.?|ms\.?|attn:?|z\. ?hd\.?|t\.a\.v\.)\s*[:.]?\s+|^(?:name|firma)\s*:",
    re.IGNORECASE,
)
_DASHES: Final = "".join(words("dashes"))
_SENDER_BREAK: Final = re.compile(rf"\s+[{re.escape(_DASHES)}]\s+|\s*[●•·|]\s*")
_AROUND: Final = " :;" + _DASHES
_BEFORE_NAME: Final = (": ", ", ", "; ", *(f" {dash} " for dash in _DASHES))
_BLOCK_LINES: Final = 7


_VALUES: Final = frozenset({"number", "date", "due_date", "total", "net", "tax"})
_REGISTER: Final = re.compile(
    r"\b(?:kvk|btw|ust-?id|vat|tva|siret|siren|iban|bic|nip|p\.? ?iva|cif|nif|hrb|gstin|cin)\b",
    re.IGNORECASE,
)


class Party(msgspec.Struct, frozen=True):
    """A name that stands on the page as a party's, and the lines around it."""

    name: str
    score: float
    page: int
    row: int
    segment: int
    why: str


def seller_and_buyer(
    pages: Sequence[Page], labels: Sequence[Label]
) -> tuple[Answer | None, Answer | None]:
    """The two parties. The buyer is who is addressed; the seller is not the buyer."""
    if not pages:
        return None, None
    text = plain(_text(pages))
    senders = list(_letterhead(pages))
    named = list(_labelled(pages, labels, "seller"))
    # Who is named as the seller is not the one that is addressed, wherever else the name stands.
    sender = next((each.name for each in (*senders, *named) if each.score >= _SENDER), "")
    domains = {plain(each).replace(" ", "") for each in _DOMAIN.findall(_text(pages))}
    taken = {
        (label.page, label.row, label.segment)
        for label in labels
        if label.field in _VALUES and label.strength is not Strength.WEAK
    }
    own: list[Party] = []
    others: list[Party] = []
    for each in _addressed(pages):
        name = plain(each.name).replace(" ", "")
        if sender:
            is_own = _same(plain(each.name), plain(sender))
        else:
            is_own = each.registered or any(domain in name or name in domain for domain in domains)
        (own if is_own else others).append(each.party)
    buyers = _ranked(
        [*_labelled(pages, labels, "buyer"), *_below_sender(pages), *others],
        text,
        not_this=sender,
        taken=taken,
    )
    buyer = buyers[0] if buyers else None
    sellers = _ranked(
        [*named, *senders, *own, *_legal(pages)],
        text,
        taken=taken,
        not_this=buyer.name if buyer else "",
        domains=domains,
    )
    seller = sellers[0] if sellers else None
    return _answer(pages, seller), _answer(pages, buyer)


def _text(pages: Sequence[Page]) -> str:
    return " ".join(segment.text for page in pages for row in page.rows for segment in row.segments)


def _answer(pages: Sequence[Page], party: Party | None) -> Answer | None:
    if party is None:
        return None
    segment = pages[party.page].rows[party.row].segments[party.segment]
    span = Span(
        party.page, party.row, party.segment, 0, len(segment.words) - 1,
        around(segment.words), segment.text,
    )  # fmt: skip
    return Answer(party.name, span, max(0.0, min(1.0, party.score)), (party.why,))


def _ranked(
    parties: list[Party],
    text: str,
    *,
    taken: Collection[tuple[int, int, int]],
    not_this: str = "",
    domains: Collection[str] = (),
) -> list[Party]:
    """The best first: a name that several places give, and the text repeats, is surer.

    `taken` are the segments that hold other fields. `domains` are those of the addresses on the
    page: a company likes to call itself like its site.
    """
    votes: Counter[str] = Counter()
    for party in parties:
        votes[plain(party.name)] += 1
    kept: dict[str, Party] = {}
    for party in parties:
        key = plain(party.name)
        if (party.page, party.row, party.segment) in taken:
            continue
        if not key or (not_this and _same(key, plain(not_this))):
            continue
        repeats = min(text.count(key), 4) - 1
        score = party.score + 0.08 * (votes[key] - 1) + 0.05 * max(repeats, 0)
        if _LEGAL.search(party.name):
            score += 0.15
        squashed = key.replace(" ", "")
        if any(each in squashed or squashed in each for each in domains):
            score += 0.3
        if key not in kept or kept[key].score < score:
            kept[key] = msgspec.structs.replace(party, score=score)
    return sorted(kept.values(), key=lambda each: -each.score)


def _same(left: str, right: str) -> bool:
    return left == right or (min(len(left), len(right)) > 5 and (left in right or right in left))


def _clean(text: str) -> str:
    """A line as a name: without what stands before and after it."""
    name = _PREFIX.sub("", text.strip(_AROUND))
    return _PREFIX.sub("", name).strip(_AROUND)


def _is_name(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return (
        letters >= 3
        and plain(text) not in _SALUTATIONS
        and not _LEGAL.fullmatch(text.strip("., "))
        and plain(text).replace(" ", "") not in _NOT_NAMES
        and len(text) <= 70
        and not _NOISE.search(text)
        and not text.startswith("(")
        and not (text[-1:].isdigit() and _STREET.search(text))
        and sum(map(str.isdigit, text)) <= letters // 2
        and not text.endswith(":")
    )


def _below(page: Page, row: int, x0: float, x1: float) -> Iterator[tuple[int, int, Segment]]:
    """The segments of the following rows in the column between `x0` and `x1`."""
    for index in range(row, min(row + _BLOCK_LINES, len(page.rows))):
        for place, segment in enumerate(page.rows[index].segments):
            box = segment.box
            if box.x0 < x1 and box.x1 > x0 and abs(box.x0 - x0) < _COLUMN_SHIFT:
                yield index, place, segment


_SENDER: Final = 0.7
_COLUMN_SHIFT: Final = 130.0
_ALIGNED: Final = 6.0
_NOT_NAMES: Final = frozenset(words("not_names"))


def _labelled(pages: Sequence[Page], labels: Sequence[Label], field: str) -> Iterator[Party]:
    """The name right of a label, or the first name below it."""
    heads = {(label.row, label.segment): label for label in labels if _heads(pages, label)}
    for (row, place), label in heads.items():
        if label.field != field:
            continue
        segment = pages[0].rows[row].segments[place]
        base = 0.45 if label.phrase in _ACCOUNT else 0.75
        rest = _clean(" ".join(word.text for word in segment.words[label.last + 1 :]))
        if rest and _is_name(rest):
            yield Party(rest, base + 0.1, 0, row, place, f"labelled {label.phrase!r}")
        elif any(map(str.isdigit, rest)):
            continue  # the customer's number, say: it names nobody below
        elif found := _first_name(
            pages[0], row + 1, segment.box.x0, segment.box.x0 + _BLOCK_WIDTH, heads
        ):
            distance, name, below, at = found
            score = base - 0.05 * distance
            yield Party(name, score, 0, below, at, f"below {label.phrase!r}")


def _heads(pages: Sequence[Page], label: Label) -> bool:
    """Whether a label of a party begins its segment on the first page and ends it, or has a colon.

    Otherwise it is a word in a text.
    """
    if label.field not in ("buyer", "seller") or label.strength is not Strength.STRONG:
        return False
    if label.page > 0 or label.first != 0:
        return False
    words = pages[0].rows[label.row].segments[label.segment].words
    begins = plain(words[0].text).startswith(label.phrase.split()[0])
    after = words[label.last + 1].text if label.last + 1 < len(words) else ":"
    return begins and (words[label.last].text.endswith(":") or after == ":")


def _first_name(
    page: Page, row: int, x0: float, x1: float, heads: Collection[tuple[int, int]]
) -> tuple[int, str, int, int] | None:
    """The first name in the lines of a block: how many lines down, the name, row and segment."""
    for distance, (index, place, segment) in enumerate(_below(page, row, x0, x1)):
        if (index, place) in heads or distance == _BLOCK_LINES:
            return None
        text = segment.text
        line = " ".join(each.text for each in page.rows[index].segments[place:])
        if found := _KEYED.match(line):
            if plain(found[1]) not in _NAME_KEYS:
                continue
            text = found[2]
        name = _clean(text)
        if _is_name(name):
            return distance, name, index, place
    return None


_BLOCK_WIDTH: Final = 220.0
_WINDOW: Final = 60.0
_HEADING_SHIFT: Final = 15.0
_GREETINGS: Final = frozenset(words("greetings"))
_OTHER_ADDRESSES: Final = words("other_addresses")
_KEYED: Final = re.compile(r"([^\W\d][^:]{1,30}?)\s*:\s*(.+)")
_ACCOUNT: Final = frozenset(
    {
        "kontoinhaber",
        "account holder",
        "titulaire du compte",
        "kontoname",
        "payee",
        "beneficiaire",
        "beneficiary",
        "begunstigter",
        "zahlungsempfanger",
        "beneficiario",
    }
)
_NAME_KEYS: Final = frozenset({"name", "firma", "company", "nom", "naam", "nombre", "nazwa"})


class _Addressed(msgspec.Struct, frozen=True):
    """A party of an address block, and whether its register or bank follows: it is the seller's."""

    party: Party
    registered: bool

    @property
    def name(self) -> str:
        """The party's."""
        return self.party.name


def _addressed(pages: Sequence[Page]) -> Iterator[_Addressed]:
    """The first lines of the address blocks on the upper half of the first page."""
    page = pages[0]
    for row, line in enumerate(page.rows):
        if line.middle > page.height * 0.55:
            break
        for place, segment in enumerate(line.segments):
            if not _POSTCODE.search(f" {segment.text}") or _SENDER_BREAK.search(segment.text):
                continue
            block = _block_above(page, row, place)
            if len(block) < 2:
                continue
            block = _from_salutation(block)
            first_row, first_place, first = next(
                (line for line in block if _is_name(_clean(line[2].text))), block[0]
            )
            if _is_elsewhere(page, block[0]):
                continue
            name = _clean(first.text)
            if _is_name(name):
                left = segment.box.x0 < page.width * 0.45
                score = 0.45 + (0.08 if left else 0.0) + 0.05 * (line.middle > page.height * 0.12)
                party = Party(name, score, 0, first_row, first_place, "first line of an address")
                after = list(_below(page, row + 1, segment.box.x0, segment.box.x1))
                registered = any(
                    _REGISTER.search(each.text)
                    for _, _, each in after
                    if abs(each.box.x0 - segment.box.x0) < _ALIGNED
                )
                yield _Addressed(party, registered)


def _block_above(page: Page, row: int, place: int) -> list[tuple[int, int, Segment]]:
    """The lines above a postcode's, in its column without a gap, topmost first."""
    segment = page.rows[row].segments[place]
    block = [(row, place, segment)]
    for index in range(row - 1, max(row - _BLOCK_LINES, -1), -1):
        top = block[0][2].box
        found = next(
            (
                (index, number, each)
                for number, each in enumerate(page.rows[index].segments)
                if abs(each.box.x0 - top.x0) < _ALIGNED
            ),
            None,
        )
        if found is None:
            # A row of another column may lie between.
            if top.y0 - page.rows[index].middle < 2.2 * max(top.height, 6.0):
                continue
            break
        if top.y0 - found[2].box.y1 > 2.2 * max(top.height, 6.0):
            break
        if _SENDER_BREAK.search(found[2].text) and _POSTCODE.search(f" {found[2].text}"):
            break
        block.insert(0, found)
    return block


def _from_salutation(block: list[tuple[int, int, Segment]]) -> list[tuple[int, int, Segment]]:
    """The lines behind `Herrn`: with it an address begins, whatever stands closely above."""
    greeted = [index for index, (_, _, line) in enumerate(block) if plain(line.text) in _GREETINGS]
    return block[greeted[-1] + 1 :] if greeted and greeted[-1] < len(block) - 1 else block


def _is_elsewhere(page: Page, top: tuple[int, int, Segment]) -> bool:
    """Whether a block's first line, or the one above it in its column, heads a delivery's."""
    row, _, segment = top
    above = [
        each
        for line in page.rows[max(0, row - 3) : row]
        for each in line.segments
        if abs(each.box.x0 - segment.box.x0) < _HEADING_SHIFT
    ]
    texts = [plain(segment.text), *(plain(each.text) for each in above[-1:])]
    return any(text.startswith(_OTHER_ADDRESSES) for text in texts)


def _below_sender(pages: Sequence[Page]) -> Iterator[Party]:
    """The first name below the sender's line: that is how an envelope's window is laid out."""
    page = pages[0]
    for row, line in enumerate(page.rows):
        if line.middle > page.height * 0.4:
            break
        for segment in line.segments:
            if len(_SENDER_BREAK.split(segment.text)) < 3 or not _POSTCODE.search(segment.text):
                continue
            x0 = segment.box.x0
            if found := _first_name(page, row + 1, x0 - _ALIGNED, x0 + _WINDOW, ()):
                distance, name, below, place = found
                yield Party(name, 0.6 - 0.05 * distance, 0, below, place, "below the sender's line")


def _letterhead(pages: Sequence[Page]) -> Iterator[Party]:
    """The sender's line `Name - Street - Town`, and the first lines of the page."""
    page = pages[0]
    for row, line in enumerate(page.rows):
        if line.middle > page.height * 0.5:
            break
        for place, segment in enumerate(line.segments):
            parts = _SENDER_BREAK.split(segment.text)
            if len(parts) >= 2 and _POSTCODE.search(f" {segment.text}") and _is_name(parts[0]):
                yield Party(_clean(parts[0]), 0.7, 0, row, place, "the sender's line")
            elif row < 4 and _LEGAL.search(segment.text) and _is_name(_clean(segment.text)):
                yield Party(_clean(segment.text), 0.5, 0, row, place, "the head of the page")
            elif row < 2 and len(segment.words) <= 4 and _is_name(segment.text):
                yield Party(_clean(segment.text), 0.3, 0, row, place, "the head of the page")


def _legal(pages: Sequence[Page]) -> Iterator[Party]:
    """Names with a legal form, surest in the footer and beside a VAT id."""
    for page in pages[:2]:
        for row, line in enumerate(page.rows):
            for place, segment in enumerate(line.segments):
                found = _LEGAL.search(segment.text)
                if not found:
                    continue
                name = _clean(segment.text[: found.end()])
                begin = max(name.rfind(mark) for mark in _BEFORE_NAME)
                name = _clean(name[begin + 1 :]) if begin > 0 else name
                if not _is_name(name) or len(name.split()) > 7 or name[:1].islower():
                    continue
                foot = line.middle > page.height * 0.85
                score = 0.42 + (0.12 if foot else 0.0) + 0.1 * bool(values.vat_ids(segment.text))
                yield Party(
                    name, score - 0.1 * page.number, page.number, row, place, "a legal form"
                )
