"""What a notification says, in each language: a title, and a sentence with its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime

from api.transactions.words import label, money, short

SOURCE = "en"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification is about; `amount` in base units, `invoice` in hex."""

    kind: str
    time: int
    invoice: str | None = None
    actor: str | None = None
    amount: int | None = None


class Reader(msgspec.Struct, frozen=True):
    """How somebody wants things written, as in `app.preference`."""

    language: str = SOURCE
    time_zone: str = "UTC"
    number_format: str = "1,234.56"

    @property
    def spoken(self) -> str:
        """The language that we speak and that comes nearest."""
        language = self.language.partition("-")[0]
        return language if language in LANGUAGES else SOURCE

    def money(self, amount: int) -> str:
        """An amount with this reader's separators."""
        group, point = self.number_format[1], self.number_format[5]
        return money(amount).translate({ord(","): group, ord("."): point})

    def moment(self, seconds: int) -> str:
        """A time in this reader's zone and language."""
        when = dt.datetime.fromtimestamp(seconds, ZoneInfo(self.time_zone))
        return str(format_datetime(when, "long", locale=self.spoken))


class Told(msgspec.Struct, frozen=True):
    """A notification in words."""

    title: str
    sentence: str


def told(facts: Facts, reader: Reader) -> Told:
    """What it says to this reader."""
    title, sentence = LANGUAGES[reader.spoken][facts.kind]
    values = {
        "invoice": "" if facts.invoice is None else label(bytes.fromhex(facts.invoice)),
        "actor": "" if facts.actor is None else short(facts.actor),
        "amount": "" if facts.amount is None else reader.money(facts.amount),
    }
    return Told(title.format_map(values), sentence.format_map(values))


_EN: Mapping[str, tuple[str, str]] = {
    "invoice_created": ("New invoice {invoice}", "{actor} put {invoice} over {amount} on chain."),
    "invoice_approved": ("{invoice} is approved", "A verifier approved {invoice} for listing."),
    "invoice_rejected": ("{invoice} is rejected", "A verifier rejected {invoice}."),
    "invoice_published": ("{invoice} is listed", "{invoice} is open for investors."),
    "invoice_acknowledged": ("{invoice} is confirmed", "The debtor confirmed the debt {invoice}."),
    "escrow_funded": ("{amount} for {invoice}", "{actor} invested {amount} in {invoice}."),
    "funding_closed": ("{invoice} is funded", "The funding of {invoice} closed with {amount}."),
    "funding_expired": (
        "{invoice} has expired",
        "The funding of {invoice} ended with {amount}; what was invested is paid back.",
    ),
    "invoice_cancelled": (
        "{invoice} is cancelled",
        "{invoice} was cancelled with {amount} raised; what was invested is paid back.",
    ),
    "funds_released": ("{amount} paid out", "{amount} raised for {invoice} went to {actor}."),
    "stake_refunded": ("{amount} paid back", "{amount} of {invoice} were paid back to {actor}."),
    "payment_recorded": ("{amount} paid", "{actor} paid {amount} towards {invoice}."),
    "payment_settled": ("{invoice} is settled", "{invoice} is paid in full: {amount}."),
    "payout": ("{amount} received", "{amount} of {invoice} were paid out to {actor}."),
    "residual_claimed": ("{amount} received", "The rest of {invoice}, {amount}, went to {actor}."),
    "fees_collected": ("{amount} of fees", "Fees of {amount} were collected to {actor}."),
    "invoice_defaulted": ("{invoice} is in default", "{amount} of {invoice} were not paid."),
    "invoice_written_off": ("{invoice} is written off", "{amount} of {invoice} are given up."),
    "dispute_opened": ("{invoice} is in dispute", "{actor} opened a dispute about {invoice}."),
    "dispute_resolved": ("Dispute ended", "The dispute about {invoice} has ended."),
    "share_transferred": ("Shares moved", "{actor} gave {amount} shares of {invoice} away."),
    "share_burned": ("Shares ended", "{actor} ended {amount} shares of {invoice}."),
    "position_recovered": ("Position moved", "{amount} shares of {invoice} left lost {actor}."),
    "payee_changed": ("New payee", "What {invoice} pays its seller goes to {actor} from now on."),
    "member_set": ("Membership changed", "The membership of {actor} was changed."),
    "role_granted": ("New role", "{actor} was given a role on the platform."),
    "role_revoked": ("Role ended", "A role on the platform was taken from {actor}."),
    "owner_proposed": ("Ownership offered", "A contract was offered to {actor}."),
    "paused": ("Platform paused", "{actor} paused the platform."),
    "unpaused": ("Platform runs", "The platform runs again."),
    "upgrade_proposed": ("Upgrade announced", "New code of a contract was announced."),
    "upgrade_applied": ("Upgrade applied", "Announced code of a contract is in force."),
    "upgrade_cancelled": ("Upgrade withdrawn", "Announced code of a contract was withdrawn."),
    "token_wasm_set": ("Token code announced", "New code of share tokens was announced."),
    "token_wasm_cancelled": ("Token code withdrawn", "New code of share tokens was withdrawn."),
    "debtor_confirmed": (
        "{invoice} is confirmed",
        "The debtor of {invoice}, invited by link, confirmed the debt.",
    ),
    "debtor_objected": (
        "Objection to {invoice}",
        "The debtor of {invoice}, invited by link, objects to the debt. See what was said.",
    ),
    "offer_fits": (
        "{invoice} fits your search",
        "{invoice} is open for investors, asks for {amount}, and fits a search of yours.",
    ),
    "transaction_failed": (
        "Transaction failed",
        "A transaction of yours is in a ledger and did nothing. See why, and build it again.",
    ),
    "transaction_expired": (
        "Transaction expired",
        "A transaction of yours was in no ledger until its time was over. It did not happen.",
    ),
    "transaction_replaced": (
        "Transaction replaced",
        "Another transaction of yours used the sequence number of this one. It did not happen.",
    ),
}

_DE: Mapping[str, tuple[str, str]] = {
    "invoice_created": (
        "Neue Rechnung {invoice}",
        "{actor} hat {invoice} über {amount} eingetragen.",
    ),
    "invoice_approved": (
        "{invoice} ist freigegeben",
        "{invoice} wurde geprüft und zur Veröffentlichung freigegeben.",
    ),
    "invoice_rejected": ("{invoice} ist abgelehnt", "{invoice} wurde geprüft und abgelehnt."),
    "invoice_published": ("{invoice} ist veröffentlicht", "In {invoice} kann investiert werden."),
    "invoice_acknowledged": (
        "{invoice} ist bestätigt",
        "Der Schuldner hat die Forderung {invoice} bestätigt.",
    ),
    "escrow_funded": ("{amount} für {invoice}", "{actor} hat {amount} in {invoice} investiert."),
    "funding_closed": (
        "{invoice} ist finanziert",
        "Die Finanzierung von {invoice} schloss mit {amount}.",
    ),
    "funding_expired": (
        "{invoice} ist abgelaufen",
        "Die Finanzierung von {invoice} endete mit {amount}; Eingezahltes wird erstattet.",
    ),
    "invoice_cancelled": (
        "{invoice} ist zurückgezogen",
        "{invoice} wurde mit {amount} zurückgezogen; Eingezahltes wird erstattet.",
    ),
    "funds_released": (
        "{amount} ausgezahlt",
        "{amount} für {invoice} wurden an {actor} ausgezahlt.",
    ),
    "stake_refunded": (
        "{amount} erstattet",
        "{amount} aus {invoice} wurden {actor} erstattet.",
    ),
    "payment_recorded": ("{amount} bezahlt", "{actor} hat {amount} auf {invoice} gezahlt."),
    "payment_settled": (
        "{invoice} ist beglichen",
        "{invoice} ist vollständig bezahlt: {amount}.",
    ),
    "payout": ("{amount} erhalten", "{amount} aus {invoice} gingen an {actor}."),
    "residual_claimed": (
        "{amount} erhalten",
        "Der Rest von {invoice}, {amount}, ging an {actor}.",
    ),
    "fees_collected": ("{amount} Gebühren", "Gebühren von {amount} gingen an {actor}."),
    "invoice_defaulted": (
        "{invoice} ist ausgefallen",
        "{amount} von {invoice} wurden nicht bezahlt.",
    ),
    "invoice_written_off": (
        "{invoice} ist abgeschrieben",
        "{amount} von {invoice} sind verloren gegeben.",
    ),
    "dispute_opened": (
        "{invoice} ist strittig",
        "{actor} hat {invoice} bestritten.",
    ),
    "dispute_resolved": ("Streit beendet", "Der Streit um {invoice} ist beendet."),
    "share_transferred": (
        "Anteile übertragen",
        "{actor} hat {amount} Anteile an {invoice} übertragen.",
    ),
    "share_burned": ("Anteile beendet", "{actor} hat {amount} Anteile an {invoice} beendet."),
    "position_recovered": (
        "Anteile umgezogen",
        "{amount} Anteile an {invoice} wurden vom verlorenen {actor} umgezogen.",
    ),
    "payee_changed": (
        "Neuer Empfänger",
        "Was {invoice} dem Verkäufer bringt, geht ab jetzt an {actor}.",
    ),
    "member_set": ("Mitgliedschaft geändert", "Die Mitgliedschaft von {actor} wurde geändert."),
    "role_granted": ("Neue Rolle", "{actor} hat eine Rolle auf der Plattform bekommen."),
    "role_revoked": ("Rolle beendet", "{actor} hat eine Rolle auf der Plattform verloren."),
    "owner_proposed": ("Vertrag angeboten", "{actor} wurde ein Vertrag angeboten."),
    "paused": ("Plattform angehalten", "{actor} hat die Plattform angehalten."),
    "unpaused": ("Plattform läuft", "Die Plattform läuft wieder."),
    "upgrade_proposed": (
        "Neuer Code angekündigt",
        "Neuer Code eines Vertrags wurde angekündigt.",
    ),
    "upgrade_applied": ("Neuer Code gilt", "Angekündigter Code eines Vertrags gilt jetzt."),
    "upgrade_cancelled": (
        "Neuer Code zurückgezogen",
        "Angekündigter Code eines Vertrags wurde zurückgezogen.",
    ),
    "token_wasm_set": (
        "Token-Code angekündigt",
        "Neuer Code der Anteile wurde angekündigt.",
    ),
    "token_wasm_cancelled": (
        "Token-Code zurückgezogen",
        "Neuer Code der Anteile wurde zurückgezogen.",
    ),
    "debtor_confirmed": (
        "{invoice} ist bestätigt",
        "Der per Link eingeladene Schuldner hat die Forderung {invoice} bestätigt.",
    ),
    "debtor_objected": (
        "Einwand gegen {invoice}",
        "Der per Link eingeladene Schuldner bestreitet {invoice}. Sehen Sie nach, warum.",
    ),
    "offer_fits": (
        "{invoice} passt zu Ihrer Suche",
        "In {invoice} kann investiert werden: gesucht sind {amount}. Das passt zu Ihrer Suche.",
    ),
    "transaction_failed": (
        "Transaktion gescheitert",
        "Eine Ihrer Transaktionen ist im Ledger und hat nichts bewirkt. Sehen Sie nach, warum.",
    ),
    "transaction_expired": (
        "Transaktion abgelaufen",
        "Eine Ihrer Transaktionen kam bis zu ihrem Ende in keinen Ledger. Nichts ist geschehen.",
    ),
    "transaction_replaced": (
        "Transaktion ersetzt",
        "Eine andere Ihrer Transaktionen nahm ihre Sequenznummer. Nichts ist geschehen.",
    ),
}

LANGUAGES: Mapping[str, Mapping[str, tuple[str, str]]] = {"en": _EN, "de": _DE}
"""Language to kind to title and sentence."""
