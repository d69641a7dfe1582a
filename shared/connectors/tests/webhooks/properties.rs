//! What holds for any delivery.

use crate::{
    attempt::Attempt,
    recipes::webhook,
    vectors::{VECTORS, Vector},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use lintel_connectors::{
    manifest::vendors,
    webhooks::{Delivery, Secret, challenge, read_event, trial},
};
use proptest::{collection::vec, prelude::*, sample::select};

fn vector() -> impl Strategy<Value = &'static Vector> {
    select(VECTORS.iter().collect::<Vec<_>>())
}

/// Two bodies that say the same to a recipe that does not sign the raw one.
fn alike(recipe: &str, one: &[u8], other: &[u8]) -> bool {
    let parameters = |body| {
        let mut found: Vec<_> = url::form_urlencoded::parse(body).into_owned().collect();
        found.sort();
        found.dedup();
        found.into_iter().map(|(name, value)| name + &value).collect::<String>()
    };
    let json = |body| serde_json::from_slice::<serde_json::Value>(body).ok();
    match recipe {
        "twilio" | "mandrill" => parameters(one) == parameters(other),
        "buildium" => json(one).is_some() && json(one) == json(other),
        _ => false,
    }
}

/// The header that holds the signature, and where in it the one that counts stands.
fn signature(vector: &Vector) -> (&'static str, &'static str, std::ops::Range<usize>) {
    let (name, value) = vector
        .headers
        .iter()
        .copied()
        .find(|(name, _)| name.contains("signature") || name.contains("hmac") || name.contains("mac"))
        .expect("a signature");
    let start = value.find("v1=").map_or(0, |at| at + 3);
    let end = value.find(",v0=").unwrap_or(value.len());
    (name, value, start..end)
}

proptest! {
    #[test]
    fn a_changed_body_is_refused(vector in vector(), at: prop::sample::Index, by in 1_u8..) {
        let mut attempt = Attempt::of(vector);
        let at = at.index(attempt.body.len());
        attempt.body[at] ^= by;
        let verdict = attempt.verify();
        prop_assert!(verdict.is_err() || alike(vector.recipe, vector.body, &attempt.body), "{}", vector.recipe);
    }

    #[test]
    fn a_cut_or_longer_body_is_refused(vector in vector(), at: prop::sample::Index, more in vec(any::<u8>(), 0..4)) {
        let mut attempt = Attempt::of(vector);
        attempt.body.truncate(at.index(vector.body.len()));
        attempt.body.extend(more);
        prop_assume!(attempt.body != vector.body);
        let verdict = attempt.verify();
        prop_assert!(verdict.is_err() || alike(vector.recipe, vector.body, &attempt.body), "{}", vector.recipe);
    }

    #[test]
    fn a_changed_signature_is_refused(vector in vector(), at: prop::sample::Index, to in 0x20_u8..0x7f) {
        let (name, value, counts) = signature(vector);
        let mut changed = value.as_bytes().to_vec();
        let at = counts.start + at.index(counts.len());
        changed[at] = to;
        let changed = String::from_utf8(changed).expect("ASCII");
        // Hex says the same in either case.
        let hex = value.get(counts).is_some_and(|one| one.len() >= 64);
        prop_assume!(changed != value && !(hex && changed.eq_ignore_ascii_case(value)));
        prop_assert!(Attempt::of(vector).with(name, &changed).verify().is_err(), "{}: {changed}", vector.recipe);
    }

    #[test]
    fn a_cut_signature_is_refused(vector in vector(), at: prop::sample::Index) {
        let (name, value, counts) = signature(vector);
        let cut = &value[..counts.start + at.index(counts.len())];
        prop_assert!(Attempt::of(vector).with(name, cut).verify().is_err(), "{}: {cut}", vector.recipe);
    }

    #[test]
    fn a_changed_timestamp_is_refused(vector in vector(), text in "[0-9]{1,20}|[ -~]{0,20}") {
        let Some((name, value)) = vector.headers.iter().find(|(name, _)| name.contains("timestamp")) else {
            return Ok(());
        };
        prop_assume!(text.trim() != *value);
        prop_assert!(Attempt::of(vector).with(name, &text).verify().is_err(), "{}: {text}", vector.recipe);
    }

    #[test]
    fn a_changed_address_is_refused_where_it_is_signed(vector in vector(), at: prop::sample::Index, to in "[a-z0-9]") {
        prop_assume!(vector.recipe.starts_with("twilio") || ["mandrill", "hubspot", "hubspot-v2"].contains(&vector.recipe));
        let mut attempt = Attempt::of(vector);
        let at = at.index(vector.url.len());
        attempt.url.replace_range(at..=at, &to);
        prop_assume!(!attempt.url.eq_ignore_ascii_case(vector.url));
        prop_assert!(attempt.verify().is_err(), "{}: {}", vector.recipe, attempt.url);
    }

    #[test]
    fn nothing_that_arrives_makes_a_recipe_panic(
        vendor in select(vendors().collect::<Vec<_>>()),
        method in select(vec![Method::GET, Method::POST, Method::HEAD]),
        query in "(\\?[ -~]{0,40})?",
        values in vec(vec(0x20_u8..=0xff, 0..80), 6),
        body in prop_oneof![vec(any::<u8>(), 0..200), "[\\[\\]{}\",:0-9a-z/=&%]{0,200}".prop_map(String::into_bytes)],
        secret in "[ -~]{0,60}",
        now in -1_000_000_000_000_i64..1_000_000_000_000,
    ) {
        let webhook = webhook(vendor);
        let names = VECTORS.iter().flat_map(|vector| vector.headers).map(|(name, _)| *name);
        let mut headers: HeaderMap = names
            .zip(values.iter().cycle())
            .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?)))
            .collect();
        headers.insert("authorization", HeaderValue::from_static("Basic !"));
        let url = format!("https://hub.example.com/hook{query}");
        let delivery = Delivery { method: &method, url: &url, headers: &headers, body: &body };
        let secrets = [Secret::new(secret)];
        let now = Timestamp::from_millisecond(now).expect("a moment");
        prop_assert!(webhook.verify(&delivery, &secrets, now).is_err());
        let _ = trial(&webhook, &delivery);
        let _ = challenge(&webhook, &delivery, &secrets, now);
        let _ = read_event(&webhook, &delivery);
    }
}
