//! A bucket in memory behind the part of S3's protocol that reads and writes whole objects.

use bytes::Bytes;
use http::Method;
use lintel_sandbox::{Answer, Ask, Simulator};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Objects by `/<bucket>/<key>`.
#[derive(Debug, Default)]
pub(crate) struct Bucket(Mutex<BTreeMap<String, Bytes>>);

impl Simulator for Bucket {
    fn handle(&self, ask: &Ask) -> Answer {
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ask.method == Method::PUT {
            objects.insert(ask.path.clone(), ask.body.clone());
            return Answer::empty(200).with_header("etag", "\"measured\"");
        }
        match objects.get(&ask.path) {
            Some(content) => Answer::of(200, "application/octet-stream", content.clone())
                .with_header("etag", "\"measured\"")
                .with_header("last-modified", "Fri, 01 Mar 2030 09:13:00 GMT"),
            None => Answer::of(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"),
        }
    }
}
