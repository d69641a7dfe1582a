//! What must agree in a manifest beyond the types of its values.

use super::{Api, Auth, BatchCall, Budget, Manifest, ManifestFault, Stream, Write, fault::Source};
use crate::webhooks::{
    Algorithm, BodyForm, DeliveryAt, EventForm, Handshake, Layout, MAX_BODY, NameAt, Part, Scheme, SecretEncoding,
    Signed, TimestampPlace, Webhook,
};
use lintel_formats::expression::Expression;
use std::collections::BTreeSet;

pub(super) fn check(manifest: &Manifest, source: Source<'_>) -> Vec<ManifestFault> {
    let mut checker = Checker { source, faults: Vec::new() };
    checker.manifest(manifest);
    checker.faults
}

struct Checker<'t> {
    source: Source<'t>,
    faults: Vec<ManifestFault>,
}

/// A delivery is known by its key for thirty days: what is younger than this is caught there.
const MAX_AGE_HOURS: std::ops::RangeInclusive<u32> = 1..=720;
const TOLERANCE: std::ops::RangeInclusive<u32> = 1..=3_600;

/// What a request for tokens holds by itself.
const TOKEN_FORM: [&str; 5] = ["grant_type", "client_id", "client_secret", "refresh_token", "scope"];

impl Checker<'_> {
    fn must(&mut self, holds: bool, key: &str, message: &str) {
        if !holds {
            self.faults.push(self.source.fault_at(key, message));
        }
    }

    fn manifest(&mut self, manifest: &Manifest) {
        let name = &manifest.vendor;
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        self.must(fits, "vendor", "must be lower-case letters, digits and `-`, at most 64");
        self.must(!manifest.title.trim().is_empty(), "title", "must not be blank");
        match &manifest.api {
            Some(api) => self.api(api),
            None => self.must(manifest.streams.is_empty(), "streams", "need an `api` to be read from"),
        }
        for (name, stream) in &manifest.streams {
            let key = format!("streams.{name}");
            self.stream(&key, stream);
            if let Some(around) = &stream.around {
                let is_read = manifest.streams.get(around).is_some_and(|around| around.one.is_some());
                let fits = is_read && stream.within.is_some();
                self.must(fits, &format!("{key}.around"), "must be a stream with `one`, and stands beside `within`");
            }
            if let Some(through) = stream.through() {
                let key = format!("{key}.changed.through");
                let other = manifest.streams.get(&through.stream);
                let fits = other.is_some_and(|other| other.one.is_some() && other.changed.is_some());
                self.must(fits, &format!("{key}.stream"), "must be a stream with `one` and `changed`");
                self.must(stream.one.is_some(), &key, "needs `one`: records are read by themselves");
                self.expression(&format!("{key}.records"), &through.records);
            }
        }
        for (name, relation) in &manifest.relations {
            let key = |part: &str| format!("relations.{name}.{part}");
            self.expression(&key("each"), &relation.each);
            self.expression(&key("with"), &relation.with);
            for (part, call) in [("add", &relation.add), ("remove", &relation.remove)] {
                self.must(call.path.starts_with('/'), &key(&format!("{part}.path")), "must begin with `/`");
                self.expression(&key(&format!("{part}.body")), &call.body);
                if let Some(failed) = &call.failed {
                    self.expression(&key(&format!("{part}.failed")), failed);
                }
            }
        }
        if let Some(webhook) = &manifest.webhook {
            self.webhook(manifest, webhook);
        }
    }

    fn api(&mut self, api: &Api) {
        self.budget("api.budget", &api.budget);
        self.auth("api.auth", &api.auth);
        for (name, other) in &api.alternatives {
            let key = format!("api.alternatives.{name}");
            self.auth(&format!("{key}.auth"), &other.auth);
            if let Some(budget) = &other.budget {
                self.budget(&format!("{key}.budget"), budget);
            }
        }
        self.must(api.retry.unsaid <= api.retry.longest, "api.retry.unsaid", "must not be more than `longest`");
    }

    fn budget(&mut self, key: &str, budget: &Budget) {
        self.must(budget.burst <= budget.calls, &format!("{key}.burst"), "must not be more than `calls`");
    }

    fn auth(&mut self, key: &str, auth: &Auth) {
        let (Auth::ClientCredentials { also, .. } | Auth::AuthorizationCode { also, .. }) = auth else { return };
        let ours = also.iter().any(|name| TOKEN_FORM.contains(&name.as_str()));
        self.must(!ours, &format!("{key}.also"), "names a member that is sent anyway");
    }

    fn stream(&mut self, key: &str, stream: &Stream) {
        self.must(stream.path.starts_with('/'), &format!("{key}.path"), "must begin with `/`");
        if let Some(one) = &stream.one {
            let fits = one.starts_with('/') && one.contains("{id}");
            self.must(fits, &format!("{key}.one"), "must begin with `/` and hold `{id}`");
        }
        let by_themselves = stream.one.is_some() || stream.write.is_some();
        self.must(
            stream.within.is_none() || !by_themselves,
            &format!("{key}.within"),
            "stands beside neither `one` nor `write`",
        );
        if let Some(detail) = &stream.detail {
            let fits = detail.path.starts_with('/') && detail.path.contains("{id}");
            self.must(fits, &format!("{key}.detail.path"), "must begin with `/` and hold `{id}`");
            self.must(!detail.under.is_empty(), &format!("{key}.detail.under"), "must not be blank");
        }
        if let Some(write) = &stream.write {
            self.write(&format!("{key}.write"), write);
        }
    }

    fn write(&mut self, key: &str, write: &Write) {
        let fits = write.value.starts_with('/') && write.value.contains("{field}");
        self.must(fits, &format!("{key}.value"), "must begin with `/` and hold `{field}`");
        self.expression(&format!("{key}.failed"), &write.failed);
        if let Some(in_the_way) = &write.in_the_way {
            self.expression(&format!("{key}.in_the_way"), in_the_way);
        }
        let calls = [("upsert", &write.upsert), ("update", &write.update), ("read", &write.read)];
        for (name, call) in calls.into_iter().chain(write.find.as_ref().map(|find| ("find", find))) {
            self.call(&format!("{key}.{name}"), call);
        }
        for (field, call) in &write.find_by {
            let key = format!("{key}.find_by.{field}");
            self.must(write.unique.contains(field), &key, "must be a field of `unique`");
            self.call(&key, call);
        }
    }

    fn call(&mut self, key: &str, call: &BatchCall) {
        self.must(call.path.starts_with('/'), &format!("{key}.path"), "must begin with `/`");
        self.expression(&format!("{key}.body"), &call.body);
        self.expression(&format!("{key}.done"), &call.done);
    }

    fn expression(&mut self, key: &str, code: &str) {
        if let Err(error) = Expression::compile(code) {
            self.must(false, key, &error.to_string());
        }
    }

    /// The record of an event is read by itself.
    fn told_of(&mut self, manifest: &Manifest, event: &str, stream: &str) {
        let key = "webhook.events.streams";
        match manifest.streams.get(stream) {
            None => self.must(false, key, &format!("`{event}` names the stream `{stream}`, which is not there")),
            Some(known) => {
                self.must(
                    known.one.is_some(),
                    key,
                    &format!("`{event}` names `{stream}`, of which no record is read by itself"),
                );
            }
        }
    }

    fn webhook(&mut self, manifest: &Manifest, webhook: &Webhook) {
        let cap = webhook.body_cap as usize;
        self.must((1..=MAX_BODY).contains(&cap), "webhook.body_cap", &format!("must be from 1 to {MAX_BODY}"));
        let unsigned = webhook.handshakes.iter().any(|one| matches!(one, Handshake::Unsigned { .. }));
        match &webhook.scheme {
            Scheme::Signed(signed) => self.signed(signed),
            Scheme::Token(_) | Scheme::Basic => {
                self.must(!unsigned, "webhook.handshakes", "`unsigned` needs a scheme with a signature");
            }
        }
        for (event, stream) in &webhook.events.streams {
            self.told_of(manifest, event, stream);
        }
        self.events(&webhook.events);
    }

    fn signed(&mut self, signed: &Signed) {
        let key = |name: &str| format!("webhook.scheme.signed.{name}");
        let has = |part| signed.message.has(part);
        self.must(
            has(Part::Timestamp) == signed.timestamp.is_some(),
            &key("message"),
            "must hold `{ts}` if there is a `timestamp`, and only then",
        );
        self.must(
            has(Part::Id) == signed.id.is_some(),
            &key("message"),
            "must hold `{id}` if there is an `id`, and only then",
        );
        self.must(
            has(Part::Secret) == (signed.algorithm == Algorithm::Sha256),
            &key("message"),
            "must hold `{secret}` if the algorithm is `sha256`, and only then",
        );
        let over_body = has(Part::Body) || has(Part::BodyBase64) || has(Part::SortedParameters);
        let over_digest = has(Part::Url) && signed.body_digest_query.is_some();
        self.must(
            over_body || over_digest,
            &key("message"),
            "must cover the body: `{body}`, `{body_b64}`, `{sorted_params}`, or `{url}` with a `body_digest_query`",
        );
        self.must(!signed.body.is_empty(), &key("body"), "must not be empty");
        self.must(
            over_body || signed.body == [BodyForm::Raw],
            &key("body"),
            "is of no use where the message does not hold the body",
        );
        self.must(
            has(Part::Url) || signed.url_unescape.is_empty(),
            &key("url_unescape"),
            "is of no use where the message does not hold `{url}`",
        );
        let public_key = matches!(signed.algorithm, Algorithm::Ed25519 | Algorithm::EcdsaP256 | Algorithm::RsaSha256);
        self.must(
            !public_key || signed.secret.encoding != SecretEncoding::Utf8,
            &key("secret"),
            "must say how the public key is written: `pem`, `base64` or `hex`",
        );
        if let Some(timestamp) = &signed.timestamp {
            self.must(TOLERANCE.contains(&timestamp.tolerance), &key("timestamp.tolerance"), "must be from 1 to 3600");
            let in_pairs = matches!(signed.signature.layout, Layout::Pairs(_));
            self.must(
                in_pairs || !matches!(timestamp.at, TimestampPlace::Pair(_)),
                &key("timestamp.at"),
                "`pair` needs a signature laid out in `pairs`",
            );
        }
    }

    fn events(&mut self, events: &EventForm) {
        let named = !matches!(&events.name, NameAt::Pointers(pointers) if pointers.is_empty());
        self.must(named, "webhook.events.name", "needs at least one pointer");
        match &events.delivery {
            DeliveryAt::Pointers(pointers) => {
                self.must(!pointers.is_empty(), "webhook.events.delivery", "needs at least one pointer");
            }
            DeliveryAt::Header(_) => self.must(
                events.split.is_empty(),
                "webhook.events.delivery",
                "one header cannot tell the events of a batch apart",
            ),
            DeliveryAt::BodyHash => {}
        }
        let mut seen = BTreeSet::new();
        let age = events.updated_at.as_ref().and_then(|at| at.max_age_hours);
        let key = "webhook.events.updated_at.max_age_hours";
        self.must(age.is_none_or(|hours| MAX_AGE_HOURS.contains(&hours)), key, "must be from 1 to 720");
        for name in &events.known {
            self.must(seen.insert(name), "webhook.events.known", &format!("`{name}` is listed twice"));
        }
    }
}
