"""Values of requests that have a meaning: amounts, addresses, hashes, what invoices print.

Each is a subclass of what Python stores it as, read from its JSON form by `parse`; a form that
is wrong raises ValueError with a sentence for a person, which the framework turns into a
problem with a pointer to the field.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable
from typing import Any, ClassVar, Self

from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from stellar_sdk import StrKey

_I128_MAX = 2**127 - 1
_DIGITS = re.compile(r"[1-9][0-9]{0,38}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_HEX32 = re.compile(r"[0-9a-f]{64}")
_CANONICAL_TEXT = re.compile(r"[a-z0-9]+")
_PRINTED_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,2}))?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_PRINTED_MAX = 64

END = r"$(?!\n)"
"""The end of a documented pattern. A bare `$` lets a final newline through in Python, not in
JavaScript; this means the same in both. Our own checks use `fullmatch`."""


class Amount(int):
    """An amount above zero in base units (1 USDC = 10,000,000), a string of digits in JSON."""

    PATTERN: ClassVar[str] = r"^[1-9][0-9]{0,38}" + END
    EXAMPLE: ClassVar[str] = "1000000000"
    TEXT: ClassVar[str] = "Base units (10^-7 of the asset) as a string of digits, above zero"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form; floats and numbers are refused, they lose digits."""
        if not isinstance(value, str) or _DIGITS.fullmatch(value) is None:
            raise ValueError("an amount is a string of digits above zero, in base units")
        amount = cls(value)
        if amount > _I128_MAX:
            raise ValueError("the amount is beyond what the ledger can count (2^127)")
        return amount


class AmountOrNothing(Amount):
    """An amount, or zero where that means taking something back."""

    PATTERN: ClassVar[str] = r"^(0|[1-9][0-9]{0,38})" + END
    TEXT: ClassVar[str] = "Base units (10^-7 of the asset) as a string of digits; 0 is none"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form."""
        return cls(0) if value == "0" else super().parse(value)


class Hash32(bytes):
    """32 bytes: an invoice's id, a document's hash, a payment's reference; hex in JSON."""

    PATTERN: ClassVar[str] = r"^[0-9a-f]{64}" + END
    EXAMPLE: ClassVar[str] = "5f" * 32
    TEXT: ClassVar[str] = "32 bytes as 64 lower-case hexadecimal digits"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form, lower-case only: one thing has one name."""
        if not isinstance(value, str) or _HEX32.fullmatch(value) is None:
            raise ValueError("32 bytes are written as 64 lower-case hexadecimal digits")
        return cls(bytes.fromhex(value))


class Base64(bytes):
    """Bytes of the ledger's own encoding or a signature, standard base64 in JSON."""

    PATTERN: ClassVar[str] = r"^[A-Za-z0-9+/]+={0,2}" + END
    EXAMPLE: ClassVar[str] = "AAAAAQ=="
    TEXT: ClassVar[str] = "Bytes in standard base64"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form."""
        if not isinstance(value, str) or _BASE64.fullmatch(value) is None:
            raise ValueError("bytes are written in standard base64")
        try:
            return cls(base64.b64decode(value, validate=True))
        except binascii.Error as error:
            raise ValueError("bytes are written in standard base64") from error


class AnyAddress(str):
    """A Stellar account (G...) or contract (C...)."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^[GC][A-Z2-7]{55}" + END
    EXAMPLE: ClassVar[str] = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
    TEXT: ClassVar[str] = "A Stellar account (G...) or contract (C...)"
    FORM: ClassVar[str] = "an address is G or C and 55 more characters"
    CHECKS: ClassVar[tuple[Callable[[str], bool], ...]] = (
        StrKey.is_valid_ed25519_public_key,
        StrKey.is_valid_contract,
    )

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form and check the checksum."""
        if isinstance(value, str) and any(check(value) for check in cls.CHECKS):
            return cls(value)
        raise ValueError(f"{cls.FORM}, with a valid checksum")


class AccountAddress(AnyAddress):
    """An account's address, or one of its keys (G...)."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^G[A-Z2-7]{55}" + END
    TEXT: ClassVar[str] = "A Stellar account or key (G...)"
    FORM: ClassVar[str] = "an account's address is G and 55 more characters"
    CHECKS: ClassVar[tuple[Callable[[str], bool], ...]] = (StrKey.is_valid_ed25519_public_key,)


class ContractAddress(AnyAddress):
    """A contract's address (C...)."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^C[A-Z2-7]{55}" + END
    EXAMPLE: ClassVar[str] = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"
    TEXT: ClassVar[str] = "A contract (C...)"
    FORM: ClassVar[str] = "a contract's address is C and 55 more characters"
    CHECKS: ClassVar[tuple[Callable[[str], bool], ...]] = (StrKey.is_valid_contract,)


class Destination(AnyAddress):
    """Where shares go: an account, a contract, or an account with a number of its own (M...)."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^([GC][A-Z2-7]{55}|M[A-Z2-7]{68})" + END
    TEXT: ClassVar[str] = "A Stellar account (G...), contract (C...) or multiplexed account (M...)"
    FORM: ClassVar[str] = "an address is G or C and 55 more characters, or M and 68"
    CHECKS: ClassVar[tuple[Callable[[str], bool], ...]] = (
        *AnyAddress.CHECKS,
        StrKey.is_valid_med25519_public_key,
    )


class PrintedText(str):
    """A tax id or a number as printed on an invoice, in the one form all its spellings share.

    Unicode's compatibility caseless form; spaces, punctuation and symbols left out; what stays
    is a-z and 0-9. Everything else is refused: letters of other scripts look like Latin ones,
    and what nobody sees (controls, format characters) would give one thing two names.
    """

    __slots__ = ()

    PATTERN: ClassVar[str] = r"[A-Za-z0-9]"
    EXAMPLE: ClassVar[str] = "INV-0001"
    TEXT: ClassVar[str] = (
        "As printed, at most 64 characters: Latin letters and digits count; case, spaces, "
        "punctuation and symbols do not; anything else is refused"
    )

    @classmethod
    def parse(cls, value: object) -> PrintedText:
        """Read what was printed; its canonical form is what stays."""
        if not isinstance(value, str) or not 1 <= len(value) <= _PRINTED_MAX:
            raise ValueError(f"write it as printed, in 1 to {_PRINTED_MAX} characters")
        canonical = "".join(sign for sign in _caseless(value) if not _is_decoration(sign))
        if _CANONICAL_TEXT.fullmatch(canonical) is None:
            raise ValueError(
                "write it with Latin letters and digits, at least one, without line breaks, "
                "tabs, invisible characters, accents or letters of other scripts"
            )
        return cls(canonical)


class PrintedAmount(str):
    """An amount of money as printed, above zero: no leading zeros, exactly two decimals."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^[0-9]{1,15}(\.[0-9]{1,2})?" + END
    EXAMPLE: ClassVar[str] = "10000.00"
    TEXT: ClassVar[str] = "In the invoice's own currency, above zero: digits, at most two decimals"

    @classmethod
    def parse(cls, value: object) -> PrintedAmount:
        """Read digits with at most two decimals after a point; no signs, no separators."""
        match = _PRINTED_AMOUNT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError("write the amount as digits with at most two decimals: 10000.00")
        amount = f"{match[1].lstrip('0') or '0'}.{match[2] or '':0<2}"
        if amount == "0.00":
            raise ValueError("an invoice's amount is above zero")
        return cls(amount)


class Currency(str):
    """A currency by its three letters (ISO 4217), upper-case."""

    __slots__ = ()

    PATTERN: ClassVar[str] = r"^[A-Za-z]{3}" + END
    EXAMPLE: ClassVar[str] = "EUR"
    TEXT: ClassVar[str] = "A currency's three letters (ISO 4217)"

    @classmethod
    def parse(cls, value: object) -> Currency:
        """Read three Latin letters in either case."""
        if not isinstance(value, str) or _CURRENCY.fullmatch(value) is None:
            raise ValueError("a currency is three Latin letters: EUR")
        return cls(value.upper())


def _caseless(text: str) -> str:
    """Unicode's compatibility caseless form (D146), composed: one case, one width, one style."""
    once = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def _is_decoration(sign: str) -> bool:
    """Whether a character is a space, punctuation or a symbol: no part of a printed identity."""
    category = unicodedata.category(sign)
    return category == "Zs" or category[0] in "PS"


_KINDS: tuple[type[Any], ...] = (
    Amount,
    AmountOrNothing,
    Hash32,
    Base64,
    AnyAddress,
    AccountAddress,
    ContractAddress,
    Destination,
    PrintedText,
    PrintedAmount,
    Currency,
)


def _is_value(annotation: Any) -> bool:
    return annotation in _KINDS


def decode(kind: type[Any], value: Any) -> Any:
    """How values are read from JSON (msgspec's `dec_hook`); raises ValueError with a sentence."""
    return kind.parse(value)


DECODERS = [(_is_value, decode)]
"""For Litestar: how values are read from JSON."""


def encode(value: Any) -> Any:
    """How values are written to JSON (msgspec's `enc_hook`): the inverse of `parse`."""
    if isinstance(value, Hash32):
        return value.hex()
    if isinstance(value, Base64):
        return base64.b64encode(value).decode()
    if isinstance(value, (Amount, AnyAddress, PrintedText, PrintedAmount, Currency)):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


class ValueSchemas(OpenAPISchemaPlugin):
    """Describes the values in the OpenAPI document."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether the type is one of ours."""
        return _is_value(value)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ARG002
        """A string with a pattern, a description and an example."""
        kind = field_definition.annotation
        return Schema(
            type=OpenAPIType.STRING,
            pattern=kind.PATTERN,
            description=kind.TEXT,
            examples=[kind.EXAMPLE],
        )
