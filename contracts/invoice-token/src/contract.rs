//! The token's face: who must sign, and which room does the work.

use soroban_sdk::{contract, contractimpl, contractmeta, Address, BytesN, Env, MuxedAddress, String, Vec};
use stellarsettle_shared::{ttl, types::Position, Error};

use crate::storage::{self, Config};
use crate::{allowance, credit, shares};

// The standard whose functions and events these are (SEP-47).
contractmeta!(key = "sep", val = "41");
contractmeta!(key = "desc", val = "StellarSettle invoice shares");
contractmeta!(key = "binver", val = env!("CARGO_PKG_VERSION"));

/// The shares of one invoice.
#[contract]
pub struct InvoiceToken;

#[contractimpl]
impl InvoiceToken {
    /// Links the token to its platform and invoice for life; called by the escrow that deploys it.
    pub fn __constructor(
        env: Env,
        escrow: Address,
        distributor: Address,
        invoice: BytesN<32>,
        decimals: u32,
        name: String,
        symbol: String,
    ) {
        let config = Config {
            escrow,
            distributor,
            invoice,
            decimals,
            name,
            symbol,
        };
        storage::set_config(&env, &config);
    }

    /// "Invoice " and the first eight hex digits of the invoice's id.
    pub fn name(env: Env) -> Result<String, Error> {
        Ok(storage::config(&env)?.name)
    }

    /// "INV-" and the first eight hex digits of the invoice's id.
    pub fn symbol(env: Env) -> Result<String, Error> {
        Ok(storage::config(&env)?.symbol)
    }

    /// The asset's decimals: one share is one unit of principal.
    pub fn decimals(env: Env) -> Result<u32, Error> {
        Ok(storage::config(&env)?.decimals)
    }

    /// Shares of an account.
    pub fn balance(env: Env, id: Address) -> i128 {
        storage::position(&env, &id).shares
    }

    /// Shares of all accounts.
    pub fn total_supply(env: Env) -> i128 {
        storage::totals(&env).supply
    }

    /// Moves shares, if the escrow allows it. Signed by `from`.
    ///
    /// # Errors
    /// `InvalidAmount`, `InsufficientBalance`, and the escrow's refusals.
    pub fn transfer(env: Env, from: Address, to: MuxedAddress, amount: i128) -> Result<(), Error> {
        from.require_auth();
        shares::transfer(&env, from, to, amount)
    }

    /// Moves shares that `from` allowed `spender` to move. Signed by `spender`.
    ///
    /// # Errors
    /// `InvalidAmount`, `InsufficientAllowance`, `InsufficientBalance`, and the escrow's refusals.
    pub fn transfer_from(env: Env, spender: Address, from: Address, to: Address, amount: i128) -> Result<(), Error> {
        spender.require_auth();
        allowance::spend(&env, &from, &spender, amount)?;
        shares::transfer(&env, from, to.into(), amount)
    }

    /// Lets `spender` move shares until a ledger. Signed by `from`.
    ///
    /// # Errors
    /// `InvalidAmount`, `InvalidExpiration`.
    pub fn approve(
        env: Env,
        from: Address,
        spender: Address,
        amount: i128,
        live_until_ledger: u32,
    ) -> Result<(), Error> {
        from.require_auth();
        allowance::approve(&env, from, spender, amount, live_until_ledger)
    }

    /// How many shares of `from` `spender` may move.
    pub fn allowance(env: Env, from: Address, spender: Address) -> i128 {
        allowance::allowance(&env, from, spender)
    }

    /// Ends own shares after settlement; unclaimed credit stays. Signed by `from`.
    ///
    /// # Errors
    /// `InvalidAmount`, `InsufficientBalance`, `BurnNotAllowed`.
    pub fn burn(env: Env, from: Address, amount: i128) -> Result<(), Error> {
        from.require_auth();
        shares::burn(&env, from, amount)
    }

    /// Ends shares that `from` allowed `spender` to end. Signed by `spender`.
    ///
    /// # Errors
    /// `InvalidAmount`, `InsufficientAllowance`, `InsufficientBalance`, `BurnNotAllowed`.
    pub fn burn_from(env: Env, spender: Address, from: Address, amount: i128) -> Result<(), Error> {
        spender.require_auth();
        allowance::spend(&env, &from, &spender, amount)?;
        shares::burn(&env, from, amount)
    }

    /// The holder's position as stored.
    pub fn position(env: Env, holder: Address) -> Position {
        storage::position(&env, &holder)
    }

    /// The holder's credit up to now, scaled by 10^18.
    pub fn accrued(env: Env, holder: Address) -> Result<i128, Error> {
        Ok(credit::counted(&env, &holder)?.accrued)
    }

    /// The invoice whose shares these are.
    pub fn invoice(env: Env) -> Result<BytesN<32>, Error> {
        Ok(storage::config(&env)?.invoice)
    }

    /// Makes shares for an investor. For the escrow only.
    pub fn mint(env: Env, to: Address, amount: i128) -> Result<(), Error> {
        storage::config(&env)?.escrow.require_auth();
        shares::mint(&env, to, amount)
    }

    /// Ends all shares of a refunded holder and returns their number. For the escrow only.
    pub fn redeem(env: Env, holder: Address) -> Result<i128, Error> {
        storage::config(&env)?.escrow.require_auth();
        shares::redeem(&env, holder)
    }

    /// Moves a lost wallet's shares and credit; None if it had neither. For the escrow only.
    pub fn recover(env: Env, from: Address, to: Address) -> Result<Option<i128>, Error> {
        storage::config(&env)?.escrow.require_auth();
        shares::recover(&env, from, to.into())
    }

    /// Credits all shares with a repayment and returns the new index. For the distributor only.
    pub fn accrue(env: Env, amount: i128, last: bool) -> Result<i128, Error> {
        storage::config(&env)?.distributor.require_auth();
        credit::accrue(&env, amount, last)
    }

    /// Marks whole units of a holder's credit as paid and returns how many. For the distributor only.
    pub fn settle(env: Env, holder: Address) -> Result<i128, Error> {
        storage::config(&env)?.distributor.require_auth();
        credit::settle(&env, &holder)
    }

    /// Extends the lifetimes of the token and of these holders' positions. For anyone.
    pub fn bump(env: Env, holders: Vec<Address>) {
        ttl::extend_contract(&env);
        for holder in holders.iter() {
            storage::extend_position(&env, &holder);
        }
    }
}
