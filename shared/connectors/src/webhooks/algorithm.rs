//! The algorithms, over AWS-LC, which is in every binary through TLS.

use super::Algorithm;
use aws_lc_rs::{
    constant_time, digest, hmac,
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};

impl Algorithm {
    /// Whether `signed` is this algorithm's signature of `message`. Takes the same time wherever they differ.
    pub(super) fn accepts(self, key: &[u8], message: &[u8], signed: &[u8]) -> bool {
        match self {
            Self::HmacSha1 => mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, message, signed),
            Self::HmacSha256 => mac(hmac::HMAC_SHA256, key, message, signed),
            Self::HmacSha512 => mac(hmac::HMAC_SHA512, key, message, signed),
            Self::Sha256 => constant_time::verify_slices_are_equal(&sha256(message), signed).is_ok(),
            Self::Ed25519 => public_key(&signature::ED25519, key, message, signed),
            Self::EcdsaP256 => public_key(&signature::ECDSA_P256_SHA256_ASN1, key, message, signed),
            Self::RsaSha256 => public_key(&signature::RSA_PKCS1_2048_8192_SHA256, key, message, signed),
        }
    }
}

fn mac(algorithm: hmac::Algorithm, key: &[u8], message: &[u8], signed: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(algorithm, key), message, signed).is_ok()
}

fn public_key(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signed: &[u8]) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(message, signed).is_ok()
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// Whether two secrets are the same. Their digests are compared, so that not even a length shows.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(&sha256(one), &sha256(other)).is_ok()
}
