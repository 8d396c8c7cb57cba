//! Values that cross from one contract to another.

use soroban_sdk::contracttype;

/// What one payment is for; the parts add up to the payment.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Split {
    /// Late charge, all of it for the investors.
    pub late: i128,
    /// Platform fee on the face part.
    pub fee: i128,
    /// Investors' part of the face.
    pub investors: i128,
    /// The seller's residual, with everything that exceeds what is owed.
    pub seller: i128,
}

/// A holder's part of one invoice as stored: shares are units of principal, credit is scaled by 10^18.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    pub shares: i128,
    /// The index up to which credit is counted.
    pub index: i128,
    /// Credit counted so far and not yet paid, scaled.
    pub accrued: i128,
}
