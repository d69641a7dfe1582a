//! Every recipe against its vectors, and what each must refuse.

use crate::{
    attempt::Attempt,
    recipes::{scheme, webhook},
    vectors::{TWILIO_URL, VECTORS},
};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use lintel_connectors::webhooks::{Delivery, Refusal, Secret, Verified};

fn standard() -> Attempt {
    Attempt::of(&VECTORS[0])
}

#[test]
fn every_vector_passes() {
    for vector in VECTORS {
        let verified = Attempt::of(vector).verify();
        assert!(verified.is_ok(), "{}: {verified:?}", vector.recipe);
    }
}

#[test]
fn a_verified_delivery_says_when_it_was_sent() {
    let hubspot = VECTORS.iter().filter(|one| one.recipe == "hubspot").nth(1).expect("a vector");
    let sent = "2026-03-02T08:00:00.123Z".parse().ok();
    assert_eq!(Attempt::of(hubspot).verify(), Ok(Verified { secret: 0, sent }));
}

#[test]
fn every_vector_is_refused_with_another_secret_and_without_any() {
    for vector in VECTORS {
        let mut attempt = Attempt::of(vector);
        attempt.secrets = vec![Secret::new("bm90LXRoaXMtb25l")];
        assert_eq!(attempt.verify(), Err(Refusal::Mismatch), "{}", vector.recipe);
        attempt.secrets = Vec::new();
        assert_eq!(attempt.verify(), Err(Refusal::NoSecret), "{}", vector.recipe);
        attempt.secrets = vec![Secret::new("")];
        assert_eq!(attempt.verify(), Err(Refusal::NoSecret), "{}", vector.recipe);
    }
}

#[test]
fn every_vector_needs_each_of_its_headers_once() {
    for vector in VECTORS {
        for (name, value) in vector.headers {
            let mut attempt = Attempt::of(vector);
            attempt.headers.append(*name, HeaderValue::from_static(value));
            assert_eq!(attempt.verify(), Err(Refusal::RepeatedHeader), "{}: {name}", vector.recipe);
            attempt.headers.remove(*name);
            assert_eq!(attempt.verify(), Err(Refusal::MissingHeader), "{}: {name}", vector.recipe);
            let attempt = attempt.with(name, &"a".repeat(9_000));
            assert_eq!(attempt.verify(), Err(Refusal::OversizedHeader), "{}: {name}", vector.recipe);
        }
    }
}

#[test]
fn every_timestamp_is_held_to_five_minutes_both_ways() {
    for vector in VECTORS.iter().filter(|one| one.headers.len() > 1 || one.recipe == "stripe") {
        for (seconds, refused) in [(-301, true), (-299, false), (299, false), (301, true)] {
            let mut attempt = Attempt::of(vector);
            attempt.now += SignedDuration::from_secs(seconds);
            let expected = if refused { Some(Refusal::Stale) } else { None };
            assert_eq!(attempt.verify().err(), expected, "{}: {seconds}", vector.recipe);
        }
    }
}

#[test]
fn a_timestamp_is_digits() {
    for text in ["soon", "1614265330.5", "-1614265330", "+1614265330", "99999999999999999999", "9223372036854775807"] {
        let refused = standard().with("webhook-timestamp", text).verify();
        assert_eq!(refused, Err(Refusal::BadTimestamp), "{text}");
    }
    assert_eq!(standard().with("webhook-timestamp", "1614265331").verify(), Err(Refusal::Mismatch));
}

#[test]
fn a_signature_of_the_standard_is_whole_and_of_its_version() {
    let truth = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let cases = [
        ("v1,".to_owned(), Refusal::BadEncoding),
        ("v1,g0hM9SsE+OTPJTGt".to_owned(), Refusal::Mismatch),
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=".to_owned(), Refusal::Mismatch),
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O".to_owned(), Refusal::BadEncoding),
        (format!("v2,{truth}"), Refusal::NoSignature),
        (truth.to_owned(), Refusal::NoSignature),
        (format!("v1 {truth}"), Refusal::NoSignature),
    ];
    for (value, expected) in cases {
        assert_eq!(standard().with("webhook-signature", &value).verify(), Err(expected), "{value}");
    }
    let among_others = format!("v2,{truth} v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,!! v1,{truth}");
    assert!(standard().with("webhook-signature", &among_others).verify().is_ok());
}

#[test]
fn a_list_of_signatures_is_tried_only_so_far() {
    let truth = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let wrong = "v1,AAAA ".repeat(16);
    assert_eq!(standard().with("webhook-signature", &format!("{wrong}{truth}")).verify(), Err(Refusal::Mismatch));
}

#[test]
fn an_id_without_a_dot_only() {
    assert_eq!(standard().with("webhook-id", "msg.1").verify(), Err(Refusal::BadId));
    assert_eq!(standard().with("webhook-id", "msg_2").verify(), Err(Refusal::Mismatch));
}

#[test]
fn a_secret_that_is_only_its_prefix_is_none() {
    for text in ["whsec_", "whsec_not base64!"] {
        let mut attempt = standard();
        attempt.secrets = vec![Secret::new(text)];
        assert_eq!(attempt.verify(), Err(Refusal::NoSecret), "{text}");
    }
}

#[test]
fn a_body_written_again_is_refused_where_the_vendor_signs_the_raw_one() {
    let mut attempt = standard();
    attempt.body = br#"{"test":2432232314}"#.to_vec();
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
}

#[test]
fn an_oversized_body_is_refused_unread() {
    let mut attempt = standard();
    attempt.body = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(attempt.verify(), Err(Refusal::OversizedBody));
}

#[test]
fn a_rotated_secret_counts_until_its_end() {
    for vector in VECTORS {
        let mut attempt = Attempt::of(vector);
        let end = attempt.now;
        let other = Secret::new("bm90LXRoaXMtb25l");
        attempt.secrets = vec![other.clone(), Secret::until(vector.secret, end)];
        assert_eq!(attempt.verify().err(), Some(Refusal::Mismatch), "{}: past its end", vector.recipe);
        attempt.secrets = vec![other.clone(), Secret::until(vector.secret, end + SignedDuration::from_secs(1))];
        assert_eq!(attempt.verify().map(|verified| verified.secret), Ok(1), "{}: the old one", vector.recipe);
        attempt.secrets = vec![Secret::new(vector.secret), other];
        assert_eq!(attempt.verify().map(|verified| verified.secret), Ok(0), "{}: the new one", vector.recipe);
    }
}

#[test]
fn a_digest_in_the_url_is_that_of_the_body() {
    let json = VECTORS.iter().find(|one| one.recipe == "twilio-json").expect("a vector");
    let mut attempt = Attempt::of(json);
    attempt.body.push(b' ');
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
    attempt.url = TWILIO_URL.to_owned();
    assert_eq!(attempt.verify(), Err(Refusal::MissingHeader));
}

#[test]
fn a_form_of_too_many_parameters_is_refused() {
    let form = VECTORS.iter().find(|one| one.recipe == "twilio").expect("a vector");
    let mut attempt = Attempt::of(form);
    attempt.body = b"a=1&".repeat(1_001);
    assert_eq!(attempt.verify(), Err(Refusal::TooManyParameters));
}

fn plain(recipe: &str, secret: &str) -> Attempt {
    Attempt { scheme: scheme(recipe), secrets: vec![Secret::new(secret)], headers: HeaderMap::new(), ..standard() }
}

#[test]
fn basic_authentication() {
    let encoded = STANDARD.encode("hub:a pass:word");
    let attempt = || plain("cloudmailin", "hub:a pass:word");
    assert!(attempt().with("authorization", &format!("Basic {encoded}")).verify().is_ok());
    assert!(attempt().with("authorization", &format!("basic {encoded}")).verify().is_ok());
    assert_eq!(attempt().with("authorization", "Basic aHViOng=").verify(), Err(Refusal::Mismatch));
    assert_eq!(attempt().with("authorization", &format!("Bearer {encoded}")).verify(), Err(Refusal::BadEncoding));
    assert_eq!(attempt().with("authorization", "Basic").verify(), Err(Refusal::BadEncoding));
    assert_eq!(attempt().verify(), Err(Refusal::MissingHeader));
}

#[test]
fn tokens_stand_where_the_recipe_says() {
    assert!(plain("reso", "t-1").with("authorization", "Bearer t-1").verify().is_ok());
    assert_eq!(plain("reso", "t-1").with("authorization", "Bearer t-12").verify(), Err(Refusal::Mismatch));
    assert_eq!(plain("reso", "t-1").with("authorization", "t-1").verify(), Err(Refusal::BadEncoding));
    let at = |recipe: &str, url: &str| {
        let mut attempt = plain(recipe, "t-1");
        url.clone_into(&mut attempt.url);
        attempt.verify().map(drop)
    };
    assert_eq!(at("mailchimp", "https://hub.example.com/hook?secret=t-1"), Ok(()));
    assert_eq!(at("mailchimp", "https://hub.example.com/hook?secret=t-2"), Err(Refusal::Mismatch));
    assert_eq!(at("mailchimp", "https://hub.example.com/hook?secret=t-2&secret=t-1"), Err(Refusal::MissingHeader));
    assert_eq!(at("mailchimp", "https://hub.example.com/hook"), Err(Refusal::MissingHeader));
    assert_eq!(at("lofty", "https://hub.example.com/hook/t-1?a=b/c"), Ok(()));
    assert_eq!(at("lofty", "https://hub.example.com/hook/t-1/"), Err(Refusal::Mismatch));
    let json = |body: &str| {
        let mut attempt = plain("google-ads-lead", "t-1");
        attempt.body = body.as_bytes().to_vec();
        attempt.verify().map(drop)
    };
    assert_eq!(json(r#"{"google_key":"t-1"}"#), Ok(()));
    assert_eq!(json(r#"{"google_key":"t-2"}"#), Err(Refusal::Mismatch));
    assert_eq!(json("not json"), Err(Refusal::BadEncoding));
}

#[test]
fn an_empty_secret_lets_nobody_in() {
    for (recipe, url) in
        [("lofty", "https://hub.example.com/hook/"), ("mailchimp", "https://hub.example.com/hook?secret=")]
    {
        let mut attempt = plain(recipe, "");
        url.clone_into(&mut attempt.url);
        assert_eq!(attempt.verify(), Err(Refusal::NoSecret), "{recipe}");
    }
    assert_eq!(plain("cloudmailin", "").with("authorization", "Basic ").verify(), Err(Refusal::BadEncoding));
}

#[test]
fn white_space_after_an_escaped_quote_belongs_to_the_text() {
    let compact = r#"{"EventName":"Task.Created","Note":"say \"a b\" , c","TaskId":7}"#;
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
    let signed = STANDARD.encode(hmac::sign(&key, format!("1614265330.{compact}").as_bytes()));
    let mut attempt = plain("buildium", "secret")
        .with("buildium-webhook-timestamp", "1614265330")
        .with("buildium-webhook-signature", &signed);
    attempt.body = compact.replace(r#","TaskId":"#, ", \"TaskId\" : ").into_bytes();
    assert!(attempt.verify().is_ok());
    attempt.body = compact.replace("a b", "ab").into_bytes();
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
}

#[test]
fn a_parameter_said_twice_counts_once() {
    let form = VECTORS.iter().find(|one| one.recipe == "twilio").expect("a vector");
    let mut attempt = Attempt::of(form);
    attempt.body.extend(b"&Digits=1234");
    assert!(attempt.verify().is_ok());
    attempt.body.extend(b"&Digits=1235");
    assert_eq!(attempt.verify(), Err(Refusal::Mismatch));
}

#[test]
fn pairs_may_stand_apart() {
    let stripe = VECTORS.iter().find(|one| one.recipe == "stripe").expect("a vector");
    let spread = stripe.headers[0].1.replace(',', ", ");
    assert!(Attempt::of(stripe).with("stripe-signature", &spread).verify().is_ok());
    let twice = format!("t=1,{}", stripe.headers[0].1);
    assert_eq!(Attempt::of(stripe).with("stripe-signature", &twice).verify(), Err(Refusal::RepeatedHeader));
}

#[test]
fn each_webhook_has_a_cap_of_its_own() {
    let airtable = VECTORS.iter().find(|one| one.recipe == "airtable").expect("a vector");
    let mut webhook = webhook("airtable");
    let mut cap = |bytes: usize| {
        let attempt = Attempt::of(airtable);
        webhook.body_cap = u32::try_from(bytes).expect("a size");
        let Attempt { method, url, headers, body, secrets, now, .. } = &attempt;
        webhook.verify(&Delivery { method, url, headers, body }, secrets, *now).map(drop)
    };
    assert_eq!(cap(airtable.body.len()), Ok(()));
    assert_eq!(cap(airtable.body.len() - 1), Err(Refusal::OversizedBody));
}
