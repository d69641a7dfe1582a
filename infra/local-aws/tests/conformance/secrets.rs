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
