//! Secrets Manager: versions, and what is not there.

use crate::{Endpoint, unique};
use aws_sdk_secretsmanager::{Client, primitives::Blob};

#[tokio::test]
async fn a_new_value_is_current_and_the_one_before_is_kept() {
    let endpoint = Endpoint::open().await;
    let client = Client::new(&endpoint.config);
    let name = unique("lintel/dev/sample/key");
    let first = client.create_secret().name(&name).secret_string("one").send().await.unwrap().version_id.unwrap();
    let put = client.put_secret_value().secret_id(&name).secret_string("two");
    let second = put.send().await.unwrap().version_id.unwrap();
    assert_ne!(first, second);

    let current = client.get_secret_value().secret_id(&name).send().await.unwrap();
    assert_eq!((current.secret_string(), current.version_id()), (Some("two"), Some(second.as_str())));
    assert_eq!(current.version_stages(), ["AWSCURRENT"]);
    let before = client.get_secret_value().secret_id(&name).version_stage("AWSPREVIOUS").send().await.unwrap();
    assert_eq!((before.secret_string(), before.version_id()), (Some("one"), Some(first.as_str())));
    let by_id = client.get_secret_value().secret_id(&name).version_id(&first).send().await.unwrap();
    assert_eq!(by_id.secret_string(), Some("one"));
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_told_from_other_trouble() {
    let endpoint = Endpoint::open().await;
    let client = Client::new(&endpoint.config);
    let name = unique("lintel/dev/sample/key");
    let missing = client.get_secret_value().secret_id(&name).send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    let missing = client.put_secret_value().secret_id(&name).secret_string("x").send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    client.create_secret().name(&name).secret_string("one").send().await.unwrap();
    let again = client.create_secret().name(&name).secret_string("two").send().await.unwrap_err();
    assert!(again.into_service_error().is_resource_exists_exception());
}

#[tokio::test]
async fn a_secret_of_bytes_has_no_text() {
    let endpoint = Endpoint::open().await;
    let client = Client::new(&endpoint.config);
    let name = unique("lintel/dev/sample/key");
    client.create_secret().name(&name).secret_binary(Blob::new([0, 159, 146, 150])).send().await.unwrap();
    assert_eq!(client.get_secret_value().secret_id(&name).send().await.unwrap().secret_string(), None);
}

#[tokio::test]
async fn the_current_label_moves_only_from_where_it_is() {
    let endpoint = Endpoint::open().await;
    let client = Client::new(&endpoint.config);
    let name = unique("lintel-vault/dev/sample");
    let first = client.create_secret().name(&name).secret_string("one").send().await.unwrap().version_id.unwrap();
    let next = async |value: &str| {
        let put = client.put_secret_value().secret_id(&name).secret_string(value).version_stages("LINTEL_NEXT");
        put.send().await.unwrap().version_id.unwrap()
    };
    let (second, third) = (next("two").await, next("three").await);
    let current = async || {
        let read = client.get_secret_value().secret_id(&name).version_stage("AWSCURRENT");
        read.send().await.unwrap().secret_string.unwrap()
    };
    assert_eq!(current().await, "one", "a version with another label is not current");

    let move_to = |version: &str| {
        let moved = client.update_secret_version_stage().secret_id(&name).version_stage("AWSCURRENT");
        moved.move_to_version_id(version).remove_from_version_id(&first)
    };
    move_to(&second).send().await.unwrap();
    assert_eq!(current().await, "two", "also though a later version took its label");
    assert!(move_to(&third).send().await.is_err(), "the label is not on the first any more");
    assert_eq!(current().await, "two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_make_a_secret_one_does() {
    let endpoint = Endpoint::open().await;
    let client = Client::new(&endpoint.config);
    let name = unique("lintel-vault/dev/sample");
    let making =
        (0..16).map(|value| tokio::spawn(client.create_secret().name(&name).secret_string(value.to_string()).send()));
    let mut made = 0;
    for answer in making.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(error.into_service_error().is_resource_exists_exception()),
        }
    }
    assert_eq!(made, 1);
}
