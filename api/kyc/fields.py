"""What is asked of people and businesses, in the words of SEP-9 that SEP-12 uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from api.errors import FieldFault, Problem

_LONGEST = 500


class Field(msgspec.Struct, frozen=True):
    """One thing to tell: its name in SEP-9, what it is, and its form where it has one."""

    name: str
    description: str
    optional: bool = False
    form: str = r"(?s).*\S.*"


_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_COUNTRY = r"[A-Z]{3}"
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"

_PERSON = (
    Field("first_name", "Given names"),
    Field("last_name", "Family name"),
    Field("birth_date", "Date of birth, 1990-12-31", form=_DATE),
    Field("address", "Street, house number, postal code and city"),
    Field("address_country_code", "Country of residence, ISO 3166-1 alpha-3", form=_COUNTRY),
    Field("email_address", "E-mail address", form=_EMAIL),
    Field("id_type", "passport, drivers_license or id_card"),
    Field("id_country_code", "Country that issued it, ISO 3166-1 alpha-3", form=_COUNTRY),
    Field("id_number", "Number of the document"),
    Field("id_expiration_date", "Until when it is valid, 2030-12-31", form=_DATE),
    Field("mobile_number", "Mobile number, with country code", optional=True),
    Field("tax_id", "Tax number", optional=True),
    Field("occupation", "Occupation", optional=True),
)
_BUSINESS = (
    Field("organization.name", "Full legal name"),
    Field("organization.registration_number", "Number in its register"),
    Field("organization.registration_date", "Date of registration, 2001-01-31", form=_DATE),
    Field("organization.registered_address", "Registered address"),
    Field("organization.address_country_code", "Country, ISO 3166-1 alpha-3", form=_COUNTRY),
    Field("organization.director_name", "A director"),
    Field("organization.shareholder_name", "Whoever owns 25 % or more"),
    Field("organization.email", "E-mail address", form=_EMAIL),
    Field("organization.VAT_number", "VAT number", optional=True),
    Field("organization.website", "Web site", optional=True),
    Field("organization.phone", "Telephone, with country code", optional=True),
)

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "person": {field.name: field for field in _PERSON},
    "business": {field.name: field for field in (*_BUSINESS, *_PERSON[:3], _PERSON[4])},
}
"""What is asked, by kind of customer; a business names the person who acts for it."""


def check(kind: str, given: Mapping[str, str]) -> None:
    """Refuse fields that are not asked or not of their form; raises "invalid-field"."""
    faults = tuple(_faults(FIELDS[kind], given))
    if faults:
        raise Problem("invalid-field", faults[0].detail, faults=faults)


def _faults(asked: Mapping[str, Field], given: Mapping[str, str]) -> Iterable[FieldFault]:
    for name, value in given.items():
        pointer = "/fields/" + name.replace("~", "~0").replace("/", "~1")
        if name not in asked:
            yield FieldFault(pointer, "This is not asked.")
        elif len(value) > _LONGEST or re.fullmatch(asked[name].form, value) is None:
            yield FieldFault(pointer, f"This should be: {asked[name].description}.")


def missing(kind: str, given: Iterable[str]) -> list[Field]:
    """What has to be told still."""
    known = set(given)
    return [f for f in FIELDS[kind].values() if not f.optional and f.name not in known]
