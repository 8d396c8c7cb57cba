//! Chance that can be repeated.

use crate::encoding::sha256;

/// Numbers that follow from a seed and from what they are for.
#[derive(Clone, Copy)]
pub struct Dice {
    pub seed: u64,
    pub rule: usize,
}

impl Dice {
    /// A number for this purpose.
    pub fn number(self, purpose: &[u8]) -> u64 {
        let rule = u64::try_from(self.rule).unwrap_or(u64::MAX);
        let hash = sha256(&[&self.seed.to_be_bytes()[..], &rule.to_be_bytes()[..], purpose].concat());
        let [a, b, c, d, e, f, g, h, ..] = hash;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether a share of all purposes includes this one.
    pub fn includes(self, share: f64, purpose: &[u8]) -> bool {
        // 53 bits are what a float holds exactly.
        #[allow(clippy::cast_precision_loss)]
        let place = (self.number(purpose) >> 11) as f64 / (1_u64 << 53) as f64;
        place < share
    }

    /// A number below `end`, which is not 0.
    pub fn below(self, end: usize, purpose: &[u8]) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.number(purpose) % end).unwrap_or(0)
    }
}
