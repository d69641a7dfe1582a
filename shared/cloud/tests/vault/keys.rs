//! Rotation, resealing, retirement, and what a broken secret comes to.

use crate::place::{Place, TAX_ID, org, owner, purpose, sealed};
use jiff::SignedDuration;
use lintel_cloud::{store::Act, vault::VaultError};

/// Longer than any process seals under keys it has read.
const SETTLED: SignedDuration = SignedDuration::from_mins(21);
const KEYS: &str = "vault:data-keys";

#[tokio::test]
async fn after_a_rotation_earlier_values_open_and_new_ones_are_under_the_new_key() {
    let place = Place::open().await;
    let (vault, other_process) = (place.vault(), place.vault());
    let before = sealed(&vault).await;
    sealed(&other_process).await;
    let rotation = vault.rotate(&org(), &purpose()).await.unwrap();
    assert_ne!(before.key(), &rotation.key);
    let after = sealed(&vault).await;
    assert_eq!(after.key(), &rotation.key);
    for value in [&before, &after] {
        let opened = other_process.open(&org(), &owner(), value, &purpose()).await.unwrap();
        assert_eq!(opened.expose(), TAX_ID, "also where the rotation was not heard of yet");
    }
}

#[tokio::test]
async fn a_process_that_did_not_rotate_seals_under_the_new_key_once_the_rotation_has_settled() {
    let place = Place::open().await;
    let (vault, other_process) = (place.vault(), place.vault());
    sealed(&other_process).await;
    let rotation = vault.rotate(&org(), &purpose()).await.unwrap();
    place.pass(place.now().duration_until(rotation.settled_at));
    assert_eq!(sealed(&other_process).await.key(), &rotation.key);
}

#[tokio::test]
async fn resealing_moves_a_value_to_the_current_key_once() {
    let place = Place::open().await;
    let vault = place.vault();
    let before = sealed(&vault).await;
    assert_eq!(vault.reseal(&org(), &owner(), &before).await.unwrap(), None);
    let rotation = vault.rotate(&org(), &purpose()).await.unwrap();
    let after = vault.reseal(&org(), &owner(), &before).await.unwrap().unwrap();
    assert_eq!(after.key(), &rotation.key);
    assert_eq!(vault.reseal(&org(), &owner(), &after).await.unwrap(), None);
    assert_eq!(vault.open(&org(), &owner(), &after, &purpose()).await.unwrap().expose(), TAX_ID);
}

#[tokio::test]
async fn a_retired_key_opens_nothing_and_the_error_says_since_when() {
    let place = Place::open().await;
    let vault = place.vault();
    let left_behind = sealed(&vault).await;
    vault.rotate(&org(), &purpose()).await.unwrap();
    let resealed = vault.reseal(&org(), &owner(), &left_behind).await.unwrap().unwrap();
    place.pass(SETTLED);
    vault.retire(&org(), left_behind.key(), &purpose()).await.unwrap();
    let retired_at = place.now();

    place.pass(SETTLED);
    for vault in [vault, place.vault()] {
        let refused = vault.open(&org(), &owner(), &left_behind, &purpose()).await.unwrap_err();
        let expected = format!("open tax_id of person:1: its key {} was retired at {retired_at}", left_behind.key());
        assert_eq!(refused.to_string(), expected);
        assert!(matches!(vault.reseal(&org(), &owner(), &left_behind).await, Err(VaultError::Retired { .. })));
        assert_eq!(vault.open(&org(), &owner(), &resealed, &purpose()).await.unwrap().expose(), TAX_ID);
    }
}

#[tokio::test]
async fn a_key_that_is_or_may_be_in_use_is_not_retired() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    place.pass(SETTLED);
    let current = vault.retire(&org(), value.key(), &purpose()).await;
    assert!(matches!(current, Err(VaultError::Current { .. })));

    let rotation = vault.rotate(&org(), &purpose()).await.unwrap();
    let Err(VaultError::StillSealing { until, .. }) = vault.retire(&org(), value.key(), &purpose()).await else {
        panic!("another process may have the key as its current one")
    };
    assert_eq!(until, rotation.settled_at);
    assert_eq!(vault.open(&org(), &owner(), &value, &purpose()).await.unwrap().expose(), TAX_ID);

    let unknown = vault.retire(&org(), &"00000000".parse().unwrap(), &purpose()).await;
    assert!(matches!(unknown, Err(VaultError::NoSuchKey { .. })));
}

#[tokio::test]
async fn changes_of_keys_are_audited_and_a_second_retirement_changes_nothing() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    let rotation = vault.rotate(&org(), &purpose()).await.unwrap();
    place.pass(SETTLED);
    vault.retire(&org(), value.key(), &purpose()).await.unwrap();
    vault.retire(&org(), value.key(), &purpose()).await.unwrap();
    let expected =
        [Act::KeyRotated { key: rotation.key.to_string() }, Act::KeyRetired { key: value.key().to_string() }];
    assert_eq!(place.acts(KEYS).await, expected);
}

#[tokio::test]
async fn keys_are_read_once_and_again_after_a_while() {
    let place = Place::open().await;
    let vault = place.vault();
    let reads = || place.aws.calls().get("GetSecretValue").copied().unwrap_or_default();
    let value = sealed(&vault).await;
    let after_the_first = reads();
    for _ in 0..5 {
        sealed(&vault).await;
        vault.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    }
    assert_eq!(reads(), after_the_first);
    place.pass(SignedDuration::from_mins(6));
    sealed(&vault).await;
    assert_eq!(reads(), after_the_first + 1);
}

#[tokio::test]
async fn opening_does_not_make_keys() {
    let place = Place::open().await;
    let value = sealed(&place.vault()).await;
    let elsewhere = Place::open().await;
    let refused = elsewhere.vault().open(&org(), &owner(), &value, &purpose()).await.unwrap_err();
    assert!(matches!(refused, VaultError::UnknownKey { .. }), "{refused}");
    assert_eq!(elsewhere.aws.calls().get("CreateSecret"), None);
}

#[tokio::test]
async fn a_secret_that_is_no_key_ring_is_left_alone_and_said_so() {
    let place = Place::open().await;
    let made = place.secrets_manager().create_secret().name("lintel-vault/dev/sunrise").secret_string("not a ring");
    made.send().await.unwrap();
    let vault = place.vault();
    let refused = vault.rotate(&org(), &purpose()).await.unwrap_err();
    assert!(refused.is_permanent());
    assert_eq!(refused.to_string(), "read the data keys of sunrise: line 1, column 2 is not as expected");
    let left = place.secrets_manager().get_secret_value().secret_id("lintel-vault/dev/sunrise").send().await.unwrap();
    assert_eq!(left.secret_string(), Some("not a ring"));
}
