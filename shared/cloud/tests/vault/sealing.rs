//! What opens, and where.

use crate::place::{Place, TAX_ID, org, owner, purpose, sealed};
use lintel_cloud::vault::{Context, KeyId, LONGEST, Protected, Sealed, VaultError};
use lintel_domain::ids::OrgId;
use proptest::prelude::*;

#[tokio::test]
async fn what_was_sealed_opens_in_another_process_from_its_stored_text() {
    let place = Place::open().await;
    let stored = sealed(&place.vault()).await.to_string();
    let read_back: Sealed = stored.parse().unwrap();
    let opened = place.vault().open(&org(), &owner(), &read_back, &purpose()).await.unwrap();
    assert_eq!(opened.expose(), TAX_ID);
}

#[tokio::test]
async fn the_stored_text_is_a_row_of_the_tables_and_holds_nothing_of_the_value() {
    let place = Place::open().await;
    let stored = sealed(&place.vault()).await.to_string();
    assert!(!stored.contains("00-0142") && stored.len() < 100, "{stored}");
    let again = sealed(&place.vault()).await.to_string();
    assert_ne!(stored, again, "the same value twice does not look the same");
}

#[tokio::test]
async fn a_sealed_value_does_not_open_in_another_place() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    for elsewhere in [
        Context::new("person:2", "tax_id"),
        Context::new("person:1", "name"),
        Context::new("person:1tax_id", ""),
        Context::new("PERSON:1", "tax_id"),
    ] {
        let refused = vault.open(&org(), &elsewhere, &value, &purpose()).await.unwrap_err();
        assert!(matches!(refused, VaultError::Damaged { .. }), "{elsewhere:?}: {refused}");
        assert!(refused.is_permanent());
        let refused = vault.reseal(&org(), &elsewhere, &value).await.unwrap_err();
        assert!(matches!(refused, VaultError::Damaged { .. }), "resealing moves nothing either: {refused}");
    }
}

#[tokio::test]
async fn one_organization_does_not_open_anothers_value_not_even_with_its_key() {
    let place = Place::open().await;
    let (vault, other) = (place.vault(), OrgId::new("other"));
    let value = sealed(&vault).await;
    let unknown = vault.open(&other, &owner(), &value, &purpose()).await.unwrap_err();
    assert!(matches!(unknown, VaultError::UnknownKey { .. }), "{unknown}");

    let client = place.secrets_manager();
    let ring = client.get_secret_value().secret_id("lintel-vault/dev/sunrise").send().await.unwrap();
    let copied = client.create_secret().name("lintel-vault/dev/other").set_secret_string(ring.secret_string);
    copied.send().await.unwrap();
    let refused = vault.open(&other, &owner(), &value, &purpose()).await.unwrap_err();
    assert!(matches!(refused, VaultError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn text_of_any_kind_comes_back_as_it_was_and_only_too_much_is_refused() {
    let place = Place::open().await;
    let vault = place.vault();
    for text in [String::new(), "ä•\u{0}\u{1F600}".to_owned(), "x".repeat(LONGEST)] {
        let value = vault.sealer(&org()).await.unwrap().seal(&owner(), &Protected::new(&text)).unwrap();
        let stored: Sealed = value.to_string().parse().unwrap();
        assert_eq!(vault.open(&org(), &owner(), &stored, &purpose()).await.unwrap().expose(), text);
    }
    let too_long =
        vault.sealer(&org()).await.unwrap().seal(&owner(), &Protected::new("x".repeat(LONGEST + 1))).unwrap_err();
    assert!(matches!(too_long, VaultError::TooLong { .. }));
}

#[tokio::test]
async fn nothing_that_is_printed_or_serialised_shows_the_value() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    let opened = vault.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    let refused = vault.open(&org(), &Context::new("person:2", "tax_id"), &value, &purpose()).await.unwrap_err();
    let unparsed = TAX_ID.parse::<Sealed>().unwrap_err();
    let ring = place.secrets_manager().get_secret_value().secret_id("lintel-vault/dev/sunrise").send().await.unwrap();
    let ring: serde_json::Value = serde_json::from_str(ring.secret_string().unwrap()).unwrap();
    let key = ring["keys"][value.key().as_str()]["key"].as_str().unwrap();
    let shown = format!(
        "{opened:?} {value} {value:?} {vault:?} {:?} {refused} {refused:?} {unparsed} {unparsed:?} {}",
        Some(&opened),
        serde_json::to_string(&value).unwrap(),
    );
    for kept_back in [TAX_ID, "00-0142", key, &key[..10]] {
        assert!(!shown.contains(kept_back), "{kept_back} shows in {shown}");
    }
}

#[test]
fn a_value_that_was_tampered_with_never_opens() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(Place::open());
    let vault = place.vault();
    let text = runtime.block_on(sealed(&vault)).to_string();
    let opens = |text: &str| match text.parse::<Sealed>() {
        Ok(value) => runtime.block_on(vault.open(&org(), &owner(), &value, &purpose())).is_ok(),
        Err(_) => false,
    };
    assert!(opens(&text));

    proptest!(ProptestConfig::with_cases(1000), |(at in any::<prop::sample::Index>(), bit in 0..7_u8)| {
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(!opens(&changed), "bit {bit} of character {at}: {changed}");
    });

    proptest!(|(cut in 1..60_usize, more in "[A-Za-z0-9_-]{1,8}")| {
        prop_assert!(!opens(&text[..text.len() - cut]));
        let longer = format!("{text}{more}");
        prop_assert!(!opens(&longer));
    });
}

#[tokio::test]
async fn a_value_under_a_key_nobody_has_is_told_from_one_that_was_changed() {
    let place = Place::open().await;
    let vault = place.vault();
    let text = sealed(&vault).await.to_string();
    let other: KeyId = "00000000".parse().unwrap();
    let (_, content) = text.rsplit_once('.').unwrap();
    let value: Sealed = format!("sealed1.{other}.{content}").parse().unwrap();
    let unknown = vault.open(&org(), &owner(), &value, &purpose()).await.unwrap_err();
    assert!(matches!(unknown, VaultError::UnknownKey { .. }), "{unknown}");
}
