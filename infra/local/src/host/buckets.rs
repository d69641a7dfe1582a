//! Tells functions of new objects, as S3 does.
//!
//! The local bucket is a folder that people and other processes put objects into as well, so it is looked at again and
//! again. An object that lay there before is told of once after every start: S3, too, may tell of an object twice.

use super::activity::Activity;
use crate::{registry::Hosted, template::ObjectTrigger};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Invocation,
    objects::{ObjectHead, Objects},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const LOOKS_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct BucketWatch {
    pub(crate) objects: Objects,
    /// The bucket's name.
    pub(crate) bucket: String,
    pub(crate) trigger: ObjectTrigger,
    pub(crate) timeout: SignedDuration,
    pub(crate) function: Hosted,
    pub(crate) activity: Activity,
}

/// The objects met so far, as they were last seen.
type Met = BTreeMap<String, (ObjectHead, Told)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// It may still be growing: a file copied into the folder is there before it is whole.
    NotYet,
    Done,
}

impl BucketWatch {
    /// Runs until the task is dropped.
    pub(crate) async fn run(self) {
        let mut met = Met::new();
        let mut looks = tokio::time::interval(LOOKS_EVERY);
        loop {
            looks.tick().await;
            self.look(&mut met).await;
        }
    }

    /// Tells of every object that stands as it stood at the look before, and was not told of.
    async fn look(&self, met: &mut Met) {
        let listed = match self.objects.list(&self.trigger.prefix).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(function = self.function.name, %error, "the bucket could not be listed");
                return;
            }
        };
        let mut now = Met::new();
        for object in listed {
            let told = match met.get(&object.key) {
                Some((before, told)) if *before == object => self.told(&object, *told).await,
                _ => Told::NotYet,
            };
            now.insert(object.key.clone(), (object, told));
        }
        *met = now;
    }

    async fn told(&self, object: &ObjectHead, told: Told) -> Told {
        match told {
            Told::Done => Told::Done,
            Told::NotYet => self.tell(object).await,
        }
    }

    /// Hands the event over; where the function fails, the next look tries again.
    async fn tell(&self, object: &ObjectHead) -> Told {
        let running = self.activity.begin();
        let now = Timestamp::now();
        let invocation =
            Invocation { request_id: format!("object-{}", now.as_millisecond()), deadline: now + self.timeout };
        let outcome = self.function.invoke(self.event(object, now), invocation).await;
        drop(running);
        match outcome {
            Ok(_) => Told::Done,
            Err(error) => {
                self.activity.note_failure();
                tracing::error!(function = self.function.name, %error, "an invocation for a new object failed");
                Told::NotYet
            }
        }
    }

    fn event(&self, object: &ObjectHead, now: Timestamp) -> Value {
        // S3 writes keys as a form does, with `+` for a space, and leaves slashes alone.
        let key = form_urlencoded(&object.key);
        json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": now,
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "local" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "local",
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": { "principalId": "local" },
                    "arn": format!("arn:aws:s3:::{}", self.bucket),
                },
                "object": { "key": key, "size": object.size, "eTag": object.version },
            },
        }] })
    }
}

fn form_urlencoded(key: &str) -> String {
    let parts = key.split('/').map(|part| url::form_urlencoded::byte_serialize(part.as_bytes()).collect());
    parts.collect::<Vec<String>>().join("/")
}
