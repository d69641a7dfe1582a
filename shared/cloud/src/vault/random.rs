//! Randomness for keys and nonces. It is handed in as time is, but it is not `Entropy`, which is for jitter only.

use std::fmt;

/// Fills bytes with randomness nobody can foresee.
pub trait SecureRandom: fmt::Debug + Send + Sync {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no randomness to be had for keys")]
pub struct NoRandomness;

/// AWS-LC's generator, seeded by the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomness)
    }
}

/// So many random bytes.
pub(super) fn bytes<const LENGTH: usize>(random: &dyn SecureRandom) -> Result<[u8; LENGTH], NoRandomness> {
    let mut bytes = [0; LENGTH];
    random.fill(&mut bytes)?;
    Ok(bytes)
}
