//! Recipes whose vendors sign with a private key.

use crate::{attempt::Attempt, recipes::scheme, vectors::VECTORS};
use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use lintel_connectors::webhooks::{Refusal, Secret};

const BODY: &str = r#"[{"event":"open"}]"#;

fn attempt(recipe: &str, key: &str) -> Attempt {
    let mut attempt = Attempt::of(&VECTORS[0]);
    attempt.scheme = scheme(recipe);
    attempt.secrets = vec![Secret::new(key)];
    attempt.headers = HeaderMap::new();
    attempt.body = BODY.as_bytes().to_vec();
    attempt
}

/// Passes as it is, and not with one more byte.
fn assert_believed(mut attempt: Attempt) {
    assert_eq!(attempt.verify().map(|verified| verified.secret), Ok(0));
    attempt.body.push(b' ');
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
    attempt.body.pop();
    attempt.secrets = vec![Secret::new("bm90LWEta2V5")];
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
}

#[test]
fn standard_webhooks_with_a_public_key() {
    let pair = Ed25519KeyPair::generate().expect("a key");
    let key = format!("whpk_{}", STANDARD.encode(pair.public_key()));
    let signed = pair.sign(format!("msg_1.1614265330.{BODY}").as_bytes());
    let value = format!("v1,AAAA v1a,{}", STANDARD.encode(signed));
    assert_believed(
        attempt("standard-webhooks-ed25519", &key)
            .with("webhook-id", "msg_1")
            .with("webhook-timestamp", "1614265330")
            .with("webhook-signature", &value),
    );
}

#[test]
fn an_elliptic_curve_key_as_a_dashboard_shows_it() {
    let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("its form");
    let signed = pair.sign(&SystemRandom::new(), format!("1614265330{BODY}").as_bytes()).expect("a signature");
    assert_believed(
        attempt("sendgrid", &STANDARD.encode(der.as_ref()))
            .with("x-twilio-email-event-webhook-timestamp", "1614265330")
            .with("x-twilio-email-event-webhook-signature", &STANDARD.encode(signed)),
    );
}

#[test]
fn an_rsa_key_between_its_lines() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("its form");
    let key = STANDARD.encode(der.as_ref());
    let (first, second) = key.split_at(64);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
    let mut signed = vec![0; pair.public_modulus_len()];
    pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), BODY.as_bytes(), &mut signed).expect("a signature");
    assert_believed(attempt("gohighlevel", &pem).with("x-wh-signature", &STANDARD.encode(signed)));
}
