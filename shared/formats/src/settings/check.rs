//! Types first, entry by entry, then what must agree between entries.

use super::{Configuration, Local, SettingsFault};
use jiff::tz::TimeZone;
use lintel_domain::{ids::OrgId, settings::Organization};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue, ValueDeserializer};

const SECTIONS: [&str; 10] =
    ["organization", "rules", "absence", "jobs", "mail", "polling", "connections", "properties", "feeds", "local"];

pub(super) fn read(text: &str) -> Result<Configuration, Vec<SettingsFault>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut checker = Checker { text, faults: Vec::new() };
    for error in &errors {
        checker.fault(error.span().map_or(0, |span| span.start), "", error.message());
    }
    if !errors.is_empty() {
        return Err(checker.faults);
    }
    let root = table.get_ref();
    for key in root.keys().filter(|key| !SECTIONS.contains(&key.get_ref().as_ref())) {
        let known = SECTIONS.join(", ");
        checker.fault(key.span().start, key.get_ref(), &format!("is no section; the sections are {known}"));
    }
    let organization: Option<Named> = checker.section(root, "organization");
    if organization.is_none() && !root.contains_key("organization") {
        checker.fault(0, "organization", "the section with `id` and `name` is missing");
    }
    let named = organization.unwrap_or_default();
    let organization = Organization {
        id: OrgId::new(named.id),
        name: named.name,
        rules: checker.section(root, "rules").unwrap_or_default(),
        absence: checker.section(root, "absence").unwrap_or_default(),
        jobs: checker.section(root, "jobs").unwrap_or_default(),
        mail: checker.section(root, "mail").unwrap_or_default(),
        polling: checker.section(root, "polling").unwrap_or_default(),
        connections: checker.entries(root, "connections"),
        properties: checker.entries(root, "properties"),
        feeds: checker.entries(root, "feeds"),
    };
    let local = checker.section::<Local>(root, "local").unwrap_or_default();
    checker.agree(root, &organization);
    if checker.faults.is_empty() {
        return Ok(Configuration { organization, local });
    }
    checker.faults.sort_by_key(|fault| (fault.line, fault.column));
    Err(checker.faults)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
    name: String,
}

struct Checker<'t> {
    text: &'t str,
    faults: Vec<SettingsFault>,
}

impl Checker<'_> {
    fn fault(&mut self, offset: usize, key: &str, message: &str) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        self.faults.push(SettingsFault { line, column, key: key.to_owned(), message: message.to_owned() });
    }

    fn section<T: DeserializeOwned>(&mut self, root: &DeTable<'_>, name: &str) -> Option<T> {
        let value = root.get(name)?;
        self.typed(value, name)
    }

    fn entries<K: for<'k> From<&'k str> + Ord, T: DeserializeOwned>(
        &mut self,
        root: &DeTable<'_>,
        name: &str,
    ) -> BTreeMap<K, T> {
        let mut out = BTreeMap::new();
        let Some(section) = root.get(name) else { return out };
        let Some(table) = section.get_ref().as_table() else {
            self.fault(section.span().start, name, "must be a table of named entries");
            return out;
        };
        for (key, value) in table {
            if let Some(value) = self.typed(value, &format!("{name}.{}", key.get_ref())) {
                out.insert(K::from(key.get_ref().as_ref()), value);
            }
        }
        out
    }

    fn typed<T: DeserializeOwned>(&mut self, value: &toml::Spanned<DeValue<'_>>, path: &str) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => Some(read),
            Err(error) => {
                let offset = error.span().map_or(value.span().start, |span| span.start);
                self.fault(offset, path, error.message());
                None
            }
        }
    }

    /// Faults that only show when entries are held against each other.
    fn agree(&mut self, root: &DeTable<'_>, organization: &Organization) {
        let at = |section: &str, entry: &str| {
            let entries = root.get(section).and_then(|section| section.get_ref().as_table());
            let found = entries.and_then(|entries| entries.iter().find(|(key, _)| key.get_ref() == entry));
            found.map_or(0, |(key, _)| key.span().start)
        };
        let mut listed: BTreeMap<(&str, String), &str> = BTreeMap::new();
        for (id, property) in &organization.properties {
            let (id, offset) = (id.as_str(), at("properties", id.as_str()));
            if TimeZone::get(&property.zone).is_err() {
                let message = format!("`{}` is no IANA time zone", property.zone);
                self.fault(offset, &format!("properties.{id}.zone"), &message);
            }
            for (source, names) in &property.listed_as {
                for name in names {
                    let folded = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                    if let Some(other) = listed.insert((source, folded), id).filter(|other| *other != id) {
                        let message = format!("`{name}` already names the property `{other}`");
                        self.fault(offset, &format!("properties.{id}.listed_as.{source}"), &message);
                    }
                }
            }
            for over in property.owner_overrides.iter().filter(|over| !organization.properties.contains_key(&over.to)) {
                let message = format!("there is no property `{}`", over.to);
                self.fault(offset, &format!("properties.{id}.owner_overrides"), &message);
            }
        }
        for (id, feed) in &organization.feeds {
            let offset = at("feeds", id.as_str());
            if !organization.properties.contains_key(&feed.property) {
                self.fault(
                    offset,
                    &format!("feeds.{id}.property"),
                    &format!("there is no property `{}`", feed.property),
                );
            }
            if !feed.url.expose().starts_with("https://") {
                self.fault(offset, &format!("feeds.{id}.url"), "must begin with https://");
            }
        }
        let jobs = root.get("jobs").map_or(0, |section| section.span().start);
        for (key, connection) in [("connection", &organization.jobs.connection), ("mirror", &organization.jobs.mirror)]
        {
            if let Some(connection) = connection.as_ref().filter(|name| !organization.connections.contains_key(name)) {
                self.fault(jobs, &format!("jobs.{key}"), &format!("there is no connection `{connection}`"));
            }
        }
    }
}
