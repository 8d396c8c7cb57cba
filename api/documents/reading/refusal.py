"""Why a file is not read."""

from __future__ import annotations

import enum


class Refusal(enum.Enum):
    """Why a file is not read: the value is what API and command line show."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    POLYGLOT = "polyglot"
    BROKEN = "broken"
    BOMB = "bomb"
    ENCRYPTED = "encrypted"
    TOO_MANY_PAGES = "too_many_pages"
    PAGE_TOO_LARGE = "page_too_large"
    ACTIVE_CONTENT = "active_content"
    ATTACHMENTS = "attachments"
    IMAGE_TOO_LARGE = "image_too_large"
    NOT_AN_INVOICE = "not_an_invoice"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    OUTPUT_TOO_LARGE = "output_too_large"


class RefusedError(Exception):
    """The file is not read; `refusal` says why, the message in a sentence for its owner."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
