"""What compliance, guardians and owners do; none of it moves anybody's principal or credit."""

from __future__ import annotations

from api.transactions import conditions as c
from api.transactions import requests
from api.transactions.action import Action, Caller
from contracts.calls import distributor, escrow


def _params(_: Caller, body: requests.SetParams) -> escrow.Params:
    return escrow.Params(**{name: getattr(body, name) for name in body.__struct_fields__})


ACTIONS: tuple[Action, ...] = (
    Action(
        name="set-member",
        title="Admit, end or freeze a member",
        request=requests.SetMember,
        who=c.COMPLIANCE,
        call=escrow.set_member,
        caller="compliance",
        summary="Set the membership of {address}: {until}, {frozen}",
    ),
    Action(
        name="set-asset",
        title="Put an asset on or off the list",
        request=requests.SetAsset,
        who=c.OWNER,
        call=escrow.set_asset,
        summary="{allowed} new invoices in {asset}",
    ),
    Action(
        name="set-params",
        title="Set the bounds of new invoices' terms",
        request=requests.SetParams,
        who=c.OWNER,
        call=escrow.set_params,
        derived={"params": _params},
        summary="Set the bounds of new invoices' terms",
    ),
    Action(
        name="grant-role",
        title="Give an account a role",
        request=requests.RoleHolder,
        who=c.OWNER,
        call=escrow.grant_role,
        summary="Make {address} {role}",
    ),
    Action(
        name="revoke-role",
        title="Take a role from an account",
        request=requests.RoleHolder,
        who=c.OWNER,
        call=escrow.revoke_role,
        summary="Take the role {role} from {address}",
    ),
    Action(
        name="pause",
        title="Stop listings, stakes, releases and transfers",
        request=requests.Nothing,
        who=c.GUARD,
        call=escrow.pause,
        caller="by",
        needs=(c.RUNNING,),
        summary="Pause the platform",
    ),
    Action(
        name="unpause",
        title="Resume what was stopped",
        request=requests.Nothing,
        who=c.OWNER,
        call=escrow.unpause,
        needs=(c.STOPPED,),
        summary="Resume the platform",
    ),
    Action(
        name="set-treasury",
        title="Choose where fees go",
        request=requests.NewTreasury,
        who=c.TREASURER,
        call=distributor.set_treasury,
        summary="Send fees to {treasury} from now on",
    ),
    Action(
        name="skim",
        title="Send what a contract owes to nobody to the treasury",
        request=requests.Surplus,
        who=c.CONTRACT_OWNER,
        call={"escrow": escrow.skim, "distributor": distributor.skim},
        pays=True,
        summary="Send the {contract}'s surplus in {asset} to the treasury: {returned}",
    ),
    Action(
        name="propose-owner",
        title="Offer a contract to another owner, or take the offer back",
        request=requests.NewOwner,
        who=c.CONTRACT_OWNER,
        call={"escrow": escrow.propose_owner, "distributor": distributor.propose_owner},
        summary="Offer the {contract} to {to}",
    ),
    Action(
        name="accept-owner",
        title="Become the owner of a contract",
        request=requests.OneContract,
        who=c.OFFERED,
        call={"escrow": escrow.accept_owner, "distributor": distributor.accept_owner},
        summary="Become the owner of the {contract}",
    ),
    Action(
        name="propose-upgrade",
        title="Announce new code of a contract",
        request=requests.NewCode,
        who=c.CONTRACT_OWNER,
        call={"escrow": escrow.propose_upgrade, "distributor": distributor.propose_upgrade},
        summary="Announce the code {hash} for the {contract}, to be applied in 14 days at first",
    ),
    Action(
        name="apply-upgrade",
        title="Apply announced code",
        request=requests.OneContract,
        who=c.CONTRACT_OWNER,
        call={"escrow": escrow.apply_upgrade, "distributor": distributor.apply_upgrade},
        needs=(c.ANNOUNCED, c.RIPE),
        summary="Apply the announced code of the {contract}",
    ),
    Action(
        name="cancel-upgrade",
        title="Withdraw announced code",
        request=requests.OneContract,
        who=c.CONTRACT_GUARD,
        call={"escrow": escrow.cancel_upgrade, "distributor": distributor.cancel_upgrade},
        caller="by",
        needs=(c.ANNOUNCED,),
        summary="Withdraw the announced code of the {contract}",
    ),
    Action(
        name="set-token-code",
        title="Announce the code of new share tokens",
        request=requests.NewTokenCode,
        who=c.OWNER,
        call=escrow.set_token_wasm,
        summary="Announce the code {hash} for the tokens of new invoices, in force in 14 days",
    ),
    Action(
        name="cancel-token-code",
        title="Withdraw announced token code",
        request=requests.Nothing,
        who=c.GUARD,
        call=escrow.cancel_token_wasm,
        caller="by",
        needs=(c.TOKEN_CODE_ANNOUNCED,),
        summary="Withdraw the announced token code",
    ),
)
