"""The kinds of problem, by slug: HTTP status, title, a sentence and a remedy (RFC 9457).

Kinds of the service stand in `_OWN`; those of the contracts are derived from their generated
error table, those of a Stellar asset contract from its fixed codes 1 to 15.
"""

from __future__ import annotations

import re

import msgspec

from contracts.errors import ERRORS


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One documented kind of problem; `type` is its stable relative URI."""

    slug: str
    status: int
    title: str
    sentence: str
    remedy: str
    code: int | None = None
    contract: str | None = None
    action: str | None = None
    """What mends it, as a button would do it: an action of transactions, or a step elsewhere."""

    @property
    def type(self) -> str:
        """The URI that identifies this kind, relative to the service."""
        return f"/problems/{self.slug}"


_OWN: tuple[tuple[str, int, str, str, str], ...] = (
    # slug, status, title, sentence, remedy
    ("bad-request", 400, "Bad request", "The request could not be read.",
     "Send JSON as the OpenAPI document describes it."),
    ("challenge-refused", 400, "Sign-in refused",
     "The signed challenge does not prove control of the account.",
     "Ask for a new challenge with GET /auth, sign it with enough signers and post it once."),
    ("sign-in-required", 401, "Sign in first", "This is for people who are signed in.",
     "Sign in with your wallet: GET /auth, then POST /auth."),
    ("forbidden", 403, "Not allowed", "You may not do this.",
     "Sign in with an account that may."),
    ("session-over", 401, "The session is over",
     "This session was ended, or went unused for too long.", "Sign in again with your wallet."),
    ("cross-site", 403, "Not from a page of ours",
     "With a cookie, only pages of this very site may do this.",
     "Use a page of this site; servers and scripts send a bearer token instead of the cookie."),
    ("key-scope", 403, "Not with this API key", "The API key is not good for this.",
     "Use a key with the scope that is needed, or sign in yourself."),
    ("not-found", 404, "Not found", "There is nothing here under that name.",
     "Check the address, or wait until the ledger that holds it has been read."),
    ("ledger-not-read", 404, "That ledger is not read yet",
     "The ledger asked about is after the newest that has been read.",
     "Ask about an earlier ledger, or wait; GET /v1/ledgers tells the newest."),
    ("ledger-too-early", 404, "That ledger is too early",
     "The ledger asked about is before the first that was read here.",
     "Ask about a later ledger; GET /v1/ledgers tells the first."),
    ("ledger-archived", 410, "Its events were archived",
     "Events that the answer follows from are no longer in the database.",
     "Ask the operator: `stellarsettle prove` reads the files to which they were moved."),
    ("too-much-to-prove", 409, "Too many events to prove at once",
     "The figures follow from more events than are proven over HTTP.",
     "Ask about one invoice, or let the operator run `stellarsettle prove`."),
    ("too-much-to-export", 409, "Too many rows to export at once",
     "The dataset has more rows than anybody may take at once.",
     "Ask for the rows about one address or as of an earlier ledger; the staff takes all."),
    ("too-many-exports", 503, "Too many exports at once",
     "This process sends as many files as it may.", "Try again when one is done."),
    ("unprovable", 409, "Not proven at present",
     "The database cannot vouch for the figures.",
     "Tell the operator: `stellarsettle verify` says what is wrong."),
    ("method-not-allowed", 405, "Method not allowed", "This address does not know that method.",
     "Use a method of the Allow header."),
    ("too-large", 413, "Too large", "The request is larger than 64 KiB, or the bundle than 4 MiB.",
     "Send a smaller request."),
    ("invalid-field", 422, "Invalid field", "A field of the request is not as it should be.",
     "Correct the field that `pointer` names."),
    ("documents-off", 503, "Documents are not taken here",
     "This service has no keys or no scanner for documents.",
     "Tell the operator: `stellarsettle doctor` names what is missing."),
    ("document-empty", 422, "The file is empty", "The file has no content.",
     "Choose the file again."),
    ("document-unknown-type", 415, "Not a document that is read",
     "The file is no PDF, PNG, JPEG, TIFF or XML invoice by its content.",
     "Upload the invoice as PDF, as a picture, or as XML of CII or UBL."),
    ("document-too-large", 413, "The document is too large",
     "The file is larger than 20 MB.", "Upload a smaller file, such as a PDF without pictures."),
    ("digest-mismatch", 422, "Not the file that was announced",
     "What arrived has another SHA-256 than Content-Digest says.",
     "Upload the file again from its first byte."),
    ("upload-conflict", 409, "The upload goes on elsewhere",
     "The upload of this file stands at another byte, or is going on at this moment.",
     "Ask GET /v1/documents/uploads/{sha256} where to go on, and send the rest from there."),
    ("too-many-documents", 429, "Too many documents at once",
     "As many of your documents wait to be read as may wait.", "Wait until some are read."),
    ("document-quota", 403, "No room for more documents",
     "As much is kept for this account as is kept for anybody.",
     "Erase documents that are not needed any more."),
    ("signature-refused", 422, "Not your signature",
     "The account's own key did not sign the text that accepts this paper.",
     "Sign the text of GET /v1/papers/{id}/message with signMessage of your wallet (SEP-53)."),
    ("document-state", 409, "Not in this state",
     "The document is in another state than this needs.",
     "Look at its state first."),
    ("document-refused", 422, "The document cannot be shown",
     "The file breaks the programs that show such files.", "Upload the invoice in another form."),
    ("not-confirmed", 409, "Not confirmed", "A person has yet to confirm what the invoice says.",
     "Confirm each field of `must_confirm`, then the document."),
    ("legal-hold", 409, "Held", "The document must not be erased at present.",
     "Ask the platform's compliance."),
    ("document-in-use", 409, "An invoice needs it",
     "An invoice on the ledger that has not ended speaks of this document.",
     "Wait until the invoice has ended, or cancel it."),
    ("document-gone", 410, "Erased", "The document was erased; nothing opens it any more.",
     "Its certificate says when and why."),
    ("document-unavailable", 503, "The file cannot be had",
     "No store gives the file at the moment.", "Try again in a few minutes."),
    ("precondition-required", 428, "Say which version",
     "Changes need If-Match with the ETag of what you saw.",
     "Read it again and send its ETag as If-Match."),
    ("precondition-failed", 412, "Changed in the meantime",
     "It is not as you saw it any more.", "Read it again, then decide again."),
    ("draft-done", 409, "It is on the ledger",
     "This draft has become an invoice on the ledger: its terms are final there.",
     "Begin a new draft."),
    ("idempotency-conflict", 422, "Idempotency key used before",
     "This Idempotency-Key belongs to an earlier request with another action or body.",
     "Repeat the earlier request unchanged, or choose a new key."),
    ("kyc-kept", 409, "It has to be kept", "What was accepted has to be kept by law.",
     "It is erased when the membership and the time that the law sets are over."),
    ("kyc-changed", 409, "The person told more", "The case is not the one that you read.",
     "Open the case again and decide on what it says now."),
    ("kyc-undecidable", 409, "Nothing to decide", "This case does not wait for a decision.",
     "Look at its status: it may wait for the person, or be decided."),
    ("four-eyes", 409, "Somebody else has to", "Two different people have to do this.",
     "Ask a colleague to look at it."),
    ("last-owner", 409, "The last owner", "An organisation always keeps one owner.",
     "Make somebody else an owner first."),
    ("invitation-over", 409, "The invitation is over",
     "This link was used, withdrawn, or is too old.", "Ask for a new invitation."),
    ("too-many", 409, "As many as there may be", "You have as many of these as you may have.",
     "Remove one that is no longer needed."),
    ("too-many-requests", 429, "Too many requests", "You ask more often than is allowed.",
     "Wait as many seconds as Retry-After says; RateLimit tells what is left."),
    ("account-not-on-ledger", 409, "Account not on the ledger",
     "The account that would pay the fee does not exist on this network.",
     "Fund the account with some XLM on this network, then try again."),
    ("too-many-webhooks", 409, "Too many webhooks", "You have as many webhooks as there may be.",
     "Remove one that you no longer need."),
    ("no-mail", 409, "No mail here", "This platform sends no mail.",
     "Ask its operator, or be told in app or by webhook."),
    ("too-many-mails", 429, "Too many mails",
     "As much mail as may be sent in a day was sent, by you or to this address.",
     "Come again tomorrow."),
    ("no-bank-account", 409, "No account to pay into",
     "This platform names no bank account, so debtors without a wallet could not pay.",
     "Tell the operator to set BANK_ACCOUNT."),
    ("debtor-has-wallet", 409, "The debtor has a wallet",
     "This invoice names the debtor's account: it is confirmed by a signature.",
     "Ask the debtor to sign in with that account."),
    ("link-over", 410, "The link leads nowhere",
     "This link is none of ours, was withdrawn, or is too old.",
     "Ask whoever invited you for a new one."),
    ("code-wrong", 422, "Not the code",
     "This is not the newest code that was sent, or it was used, tried too often, or is too old.",
     "Enter the code of the last mail, or have another sent."),
    ("code-too-soon", 429, "A code was just sent",
     "Codes are sent every half minute at most, and eight in a day.",
     "Look into the mailbox, also where unwanted mail goes; then ask again."),
    ("pass-required", 401, "Come in by your link first",
     "This is for invited debtors, with a pass that is good for half an hour.",
     "Open the link of the invitation and enter the code that is sent to you."),
    ("nothing-to-confirm", 409, "Nothing to confirm",
     "Your profile has no address that waits to be confirmed.",
     "Put an address into your profile, then ask for a new link."),
    ("fee-too-high", 409, "Fee too high",
     "The resource fee would exceed what a transaction can carry.",
     "Split the work into smaller batches."),
    ("not-authorised", 409, "Another signature is needed",
     "This action needs the authorisation of an account other than the one signed in.",
     "Sign in with the account that the action belongs to."),
    ("authorization-refused", 409, "The second authorization does not fit",
     "The authorization of the other signer is not one for this call.",
     "Ask the other signer for a new authorization of exactly this request."),
    ("simulation-failed", 409, "The ledger refuses this",
     "The ledger refuses this call in a way that no contract explains.",
     "Check the values; if they are right, the contracts may be missing on this network."),
    ("too-expensive", 409, "Beyond the limits of a transaction",
     "The call needs more resources than one transaction may use.",
     "Split the work into smaller batches."),
    ("entry-archived", 409, "An entry was archived in the meantime",
     "A part of the state was archived between building and applying.",
     "Build the transaction again: the new one restores it."),
    ("fee-too-low", 409, "The state grew in the meantime",
     "The resources or the refundable fee bid when building no longer sufficed.",
     "Build the transaction again."),
    ("transaction-failed", 409, "The ledger refused the transaction",
     "The transaction was applied and failed for a reason no contract explains.",
     "Build the transaction again; if it fails again, ask support with its hash."),
    ("not-possible", 409, "Not possible", "The contracts would refuse this now.",
     "Choose another amount, or look at what the invoice still takes."),
    ("internal", 500, "Our mistake", "Something went wrong on our side; nothing was moved.",
     "Try again; if it persists, tell support the request id."),
    ("kyc-unavailable", 503, "Not set up", "This service takes no personal data: it has no keys.",
     "Tell the operator to set DOCUMENT_KEYS."),
    ("too-slow", 503, "It took too long", "The answer took too long and was given up.",
     "Try again; ask for less at once."),
    ("ledger-unreachable", 503, "The ledger cannot be reached",
     "No node of the network answers at the moment.", "Try again in a few seconds."),
    ("wrong-network", 503, "The node is on another network",
     "The node behind this service belongs to another network than the service.",
     "Do not sign anything; tell the operator to correct the node's address or the passphrase."),
    ("not-read-yet", 503, "Nothing is read yet",
     "The ledger has not been read so far.", "Try again in a few seconds."),
    ("too-many-streams", 503, "Too many streams",
     "This process serves as many live streams as it may.",
     "Try again in a few seconds; until then, ask now and then."),
    ("too-many-own-streams", 429, "Too many streams of yours",
     "As many live streams are open from where you are as one may have.",
     "Close one, or follow several topics with one stream."),
    ("database-unavailable", 503, "The database cannot be reached",
     "The database does not answer at the moment.", "Try again in a few seconds."),
)  # fmt: skip

_ASSET: tuple[tuple[int, str, str, str], ...] = (
    # code, slug, sentence, remedy; source: the host's built-in Stellar Asset Contract
    (1, "asset-internal", "The asset's contract failed internally.", "Try again."),
    (2, "asset-operation-not-supported", "The asset does not support this.",
     "Use an asset that allows it."),
    (3, "asset-already-initialized", "The asset's contract is set up already.",
     "Nothing is left to do."),
    (4, "asset-unauthorized", "The asset refuses this account.", "Use the entitled account."),
    (5, "asset-authentication", "The asset could not verify the signature.",
     "Sign with the account that pays."),
    (6, "asset-account-missing", "An account in this payment does not exist on the ledger.",
     "Fund that account with some XLM first."),
    (7, "asset-account-not-classic", "The asset needs an ordinary account here.",
     "Use a G... account."),
    (8, "asset-negative-amount", "The asset refuses negative amounts.",
     "Use an amount above zero."),
    (9, "asset-allowance", "The allowance does not cover this amount.", "Approve more first."),
    (10, "asset-balance", "The account does not hold enough of the asset.",
     "Add to its balance, or use a smaller amount."),
    (11, "asset-balance-deauthorized", "The asset's issuer has frozen this balance.",
     "Ask the issuer of the asset."),
    (12, "asset-overflow", "The amount is beyond what the asset can count.",
     "Use a smaller amount."),
    (13, "asset-trustline-missing", "The account has no trustline to the asset.",
     "Add a trustline to the asset in your wallet, then try again."),
    (14, "asset-reserve", "The account's XLM does not cover the reserve this needs.",
     "Add some XLM to the account."),
    (15, "asset-too-many-entries", "The account holds as many entries as the ledger allows.",
     "Remove an unused trustline or offer."),
)  # fmt: skip


_ORIGINS = {1: "token", 2: "distributor", 3: "escrow"}
"""The contract that owns each hundred of codes; all others are shared."""


def slug_of(name: str) -> str:
    """A contract error's name as it stands in a URI: `ExceedsTarget` -> `exceeds-target`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _title_of(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _contract_kinds() -> list[Kind]:
    return [
        Kind(
            slug=slug_of(error.name),
            # A value that can never be right is the request's fault; all else is the state's.
            status=422
            if error.name.startswith("Invalid") and error.name != "InvalidStatus"
            else 409,
            title=_title_of(slug_of(error.name)),
            sentence=error.sentence,
            remedy=error.remedy,
            code=error.code,
            contract=_ORIGINS.get(error.code // 100),
        )
        for error in ERRORS.values()
    ]


def _asset_kinds() -> list[Kind]:
    return [
        Kind(slug=slug, status=409, title=_title_of(slug), sentence=sentence, remedy=remedy,
             code=code, contract="asset")
        for code, slug, sentence, remedy in _ASSET
    ]  # fmt: skip


_MENDED_BY: dict[str, str] = {
    "account-not-on-ledger": "fund-account",
    "asset-reserve": "fund-account",
    "asset-account-missing": "fund-account",
    "asset-trustline-missing": "add-trustline",
    "asset-balance": "add-balance",
    "asset-allowance": "allow-shares",
    "insufficient-allowance": "allow-shares",
    "not-member": "apply-for-membership",
    "not-acknowledged": "acknowledge",
    "not-approved": "approve",
    "exceeds-target": "take-the-rest",
    "below-ticket": "raise-amount",
    "paused": "unpause",
    "disputed": "resolve-dispute",
    "entry-archived": "build-again",
    "fee-too-low": "build-again",
    "transaction-failed": "build-again",
    "sign-in-required": "sign-in",
}
"""Slugs to what mends them; a name of an action is one of POST /v1/transactions."""


def _all_kinds() -> tuple[Kind, ...]:
    own = [
        Kind(slug=slug, status=status, title=title, sentence=sentence, remedy=remedy)
        for slug, status, title, sentence, remedy in _OWN
    ]
    kinds = (*own, *_asset_kinds(), *_contract_kinds())
    return tuple(msgspec.structs.replace(one, action=_MENDED_BY.get(one.slug)) for one in kinds)


KINDS: tuple[Kind, ...] = _all_kinds()
"""All kinds, ours first. Where a contract uses one of our names, the slug is ours."""

BY_CODE: dict[int, Kind] = {kind.code: kind for kind in KINDS if kind.code is not None}
BY_SLUG: dict[str, Kind] = {kind.slug: kind for kind in reversed(KINDS)}
