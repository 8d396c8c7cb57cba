"""The contracts' errors by code.

Written by `make contracts` from their spec: edit the contracts instead.
"""

from __future__ import annotations

from contracts.wire import ContractError

ERRORS: dict[int, ContractError] = {
    100: ContractError(
        100,
        "InsufficientBalance",
        "The account holds fewer shares than that.",
        "Move at most its balance.",
    ),
    101: ContractError(
        101,
        "InsufficientAllowance",
        "The holder has not allowed the spender that many shares.",
        "Ask the holder to approve more.",
    ),
    102: ContractError(
        102,
        "InvalidExpiration",
        "The allowance would end in the past or beyond the network's longest lifetime.",
        "Choose a ledger in between.",
    ),
    200: ContractError(
        200,
        "PoolNotFound",
        "No repayment pool exists for this invoice.",
        "Wait until it is released.",
    ),
    201: ContractError(
        201,
        "NotReceived",
        "The payment did not arrive in full.",
        "Check the asset and send the payment again.",
    ),
    202: ContractError(
        202, "PoolExists", "A pool is open for this invoice already.", "Record payments into it."
    ),
    300: ContractError(
        300,
        "PartyOfInvoice",
        "Seller, debtor and payee cannot invest here, nor seller and debtor act in a role.",
        "Use another account.",
    ),
    301: ContractError(301, "InvoiceNotFound", "No invoice has this id.", "Check the id."),
    302: ContractError(
        302,
        "InvoiceExists",
        "This seller has used this attempt for the same invoice already.",
        "Use the next attempt number.",
    ),
    303: ContractError(
        303,
        "InvalidTerms",
        "The terms contradict each other or the platform's limits.",
        "Compare them with the platform's parameters.",
    ),
    304: ContractError(
        304,
        "InvalidParams",
        "The platform's parameters are out of bounds.",
        "Keep every pair ordered and within the contract's constants.",
    ),
    305: ContractError(
        305,
        "InvalidStatus",
        "The invoice is not in a status that allows this.",
        "Look up its status.",
    ),
    306: ContractError(
        306,
        "InvalidRole",
        "There is no such role.",
        "Use verifier, servicer, arbiter, compliance or guardian.",
    ),
    307: ContractError(
        307, "InvalidOutcome", "There is no such outcome.", "Use 0 to resume or 1 to void."
    ),
    308: ContractError(
        308, "NotMember", "The account is not a member now.", "Ask compliance for membership."
    ),
    309: ContractError(
        309, "NotFrozen", "The account is not frozen.", "Freeze it first and wait seven days."
    ),
    310: ContractError(
        310,
        "Disputed",
        "A dispute is open on this invoice.",
        "Wait until it is resolved or ends by itself.",
    ),
    311: ContractError(
        311, "NotDisputed", "No dispute is open on this invoice.", "There is nothing to resolve."
    ),
    312: ContractError(
        312,
        "AlreadyDisputed",
        "This party has disputed this invoice once already.",
        "Talk to the arbiter.",
    ),
    313: ContractError(
        313,
        "NotParty",
        "Only the seller, the debtor or an arbiter may dispute.",
        "Ask one of them.",
    ),
    314: ContractError(
        314, "AlreadyApproved", "The invoice is approved already.", "The seller can publish it."
    ),
    315: ContractError(
        315, "NotApproved", "The invoice is not approved yet.", "Wait for a verifier."
    ),
    316: ContractError(
        316,
        "AlreadyListed",
        "The same invoice is listed already.",
        "It can be listed again only if that listing ends before release.",
    ),
    317: ContractError(
        317,
        "AlreadyAcknowledged",
        "The debtor has acknowledged this invoice already.",
        "Nothing is left to do.",
    ),
    318: ContractError(
        318,
        "NotAcknowledged",
        "The debtor has not acknowledged this invoice.",
        "Ask the debtor to acknowledge it.",
    ),
    319: ContractError(
        319, "NotSeller", "Only the seller of this invoice may do this.", "Sign as the seller."
    ),
    320: ContractError(
        320, "NotDebtor", "Only the debtor of this invoice may do this.", "Sign as the debtor."
    ),
    321: ContractError(
        321,
        "NotPayer",
        "Only the debtor, the seller or a servicer may pay.",
        "Pay through one of them.",
    ),
    322: ContractError(
        322, "AssetNotAllowed", "The asset is not on the platform's list.", "Use a listed asset."
    ),
    323: ContractError(
        323,
        "NotStellarAsset",
        "Only Stellar Asset Contracts can be listed.",
        "Give the contract of a Stellar asset.",
    ),
    324: ContractError(
        324,
        "DeadlinePassed",
        "The funding deadline has passed.",
        "Let anyone expire an open invoice; cancel one that was never published.",
    ),
    325: ContractError(
        325,
        "DuePassed",
        "The due date leaves no time to release the money.",
        "Let the seller cancel, or anyone expire in its time.",
    ),
    326: ContractError(
        326,
        "ExceedsTarget",
        "The stake exceeds what is left to fund.",
        "Fund at most the remaining amount.",
    ),
    327: ContractError(
        327,
        "BelowTicket",
        "The stake is below the smallest ticket.",
        "Fund at least the ticket or all that is left.",
    ),
    328: ContractError(
        328, "BelowMinimum", "Less than the minimum was raised.", "Wait for more stakes or cancel."
    ),
    329: ContractError(
        329,
        "ReferenceRule",
        "A servicer must give a payment reference, anybody else must not.",
        "Correct the reference.",
    ),
    330: ContractError(
        330,
        "DuplicateReference",
        "This payment reference was used on this invoice before.",
        "Check whether the payment is recorded already.",
    ),
    331: ContractError(
        331,
        "BurnNotAllowed",
        "Shares can be burned only after settlement.",
        "Wait until the invoice is settled.",
    ),
    332: ContractError(
        332, "SameAddress", "Two different addresses are needed.", "Give two different ones."
    ),
    333: ContractError(
        333,
        "NoPosition",
        "The account has no position on this invoice and is not its payee.",
        "There is nothing to recover.",
    ),
    400: ContractError(
        400,
        "NotAuthorizedRole",
        "The signer does not hold the role this needs.",
        "Ask the owner to grant it.",
    ),
    401: ContractError(
        401,
        "InvalidAmount",
        "The amount is zero, negative or not allowed here.",
        "Use a positive amount.",
    ),
    402: ContractError(
        402,
        "InvalidRecipient",
        "This address cannot receive here.",
        "Choose an account that is not one of the platform's contracts.",
    ),
    403: ContractError(
        403,
        "Frozen",
        "The account is frozen and its money is held.",
        "Ask compliance to unfreeze or recover it.",
    ),
    404: ContractError(
        404, "Paused", "The platform is paused.", "Wait until the owner unpauses it."
    ),
    405: ContractError(
        405, "NotPaused", "The platform is not paused.", "There is nothing to unpause."
    ),
    406: ContractError(
        406, "TimeLocked", "It is too early for this.", "Wait until the time lock ends."
    ),
    407: ContractError(
        407, "BatchTooLarge", "The batch is too large.", "Split it into smaller ones."
    ),
    408: ContractError(
        408, "NothingToClaim", "There is nothing to pay out.", "Wait until money has arrived."
    ),
    409: ContractError(
        409, "NoPendingOwner", "No ownership transfer is proposed.", "Ask the owner to propose one."
    ),
    410: ContractError(410, "NoPendingUpgrade", "No code change is pending.", "Propose one first."),
    411: ContractError(
        411, "Overflow", "A number left its range.", "Use smaller amounts or earlier times."
    ),
    412: ContractError(
        412,
        "NotConfigured",
        "The contract has not been set up.",
        "Deploy it with its constructor arguments.",
    ),
}
"""Every refusal of the contracts; codes below 16 are the asset's own."""
