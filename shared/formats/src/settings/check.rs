//! Keys and ranges first, then types entry by entry, then what must agree between entries.

use super::{Configuration, Local, SettingsFault, VendorFolder, keys::nearest, places, shape};
use crate::expression::Expression;
use jiff::tz::TimeZone;
use lintel_domain::{
    ids::OrgId,
    records::{Entity, Field},
    settings::Organization,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// `shipped` are the vendors that everybody has; `None` where nobody knows them.
pub(super) fn read(text: &str, shipped: Option<&[&str]>) -> Result<Configuration, Vec<SettingsFault>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut checker = Checker { faults: Faults { text, found: Vec::new() } };
    for error in &errors {
        checker.faults.add(error.span().map_or(0, |span| span.start), "", error.message());
    }
    if !errors.is_empty() {
        return Err(checker.faults.sorted());
    }
    let root = table.get_ref();
    shape::check(root, &mut checker.faults);
    let named: Named = checker.section(root, "organization").unwrap_or_default();
    let organization = Organization {
        id: OrgId::new(named.id),
        name: named.name,
        protected: named.protected,
        rules: checker.section(root, "rules").unwrap_or_default(),
        absence: checker.section(root, "absence").unwrap_or_default(),
        jobs: checker.section(root, "jobs").unwrap_or_default(),
        mail: checker.section(root, "mail").unwrap_or_default(),
        polling: checker.section(root, "polling").unwrap_or_default(),
        connections: checker.entries(root, "connections"),
        vendors: BTreeMap::new(),
        properties: checker.entries(root, "properties"),
        feeds: checker.entries(root, "feeds"),
        reactions: checker.entries(root, "reactions"),
        flows: checker.entries(root, "flows"),
    };
    let local = checker.section::<Local>(root, "local").unwrap_or_default();
    let own: BTreeMap<String, Own> = checker.entries(root, "vendors");
    let folder = |(vendor, own): (String, Own)| {
        let (line, column) = checker.faults.position(own.manifest.span().start);
        (vendor, VendorFolder { folder: own.manifest.into_inner(), line, column })
    };
    let vendors = own.into_iter().map(folder).collect();
    Agreement {
        root,
        organization: &organization,
        vendors: &vendors,
        shipped,
        local: &local,
        faults: &mut checker.faults,
    }
    .check();
    if checker.faults.found.is_empty() {
        return Ok(Configuration { organization, vendors, local });
    }
    Err(checker.faults.sorted())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    id: String,
    name: String,
    protected: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Own {
    manifest: Spanned<String>,
}

/// The faults found so far, each with its byte offset.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: Vec<(usize, SettingsFault)>,
}

impl Faults<'_> {
    /// Of two faults of one key at one place the first tells more, since keys and ranges are looked at before types.
    pub(super) fn add(&mut self, offset: usize, key: &str, message: &str) {
        if !key.is_empty() && self.found.iter().any(|(known, fault)| *known == offset && fault.key == key) {
            return;
        }
        let (line, column) = self.position(offset);
        self.found.push((offset, SettingsFault { line, column, key: key.to_owned(), message: message.to_owned() }));
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        places::position(self.text, offset)
    }

    fn sorted(self) -> Vec<SettingsFault> {
        let mut found = self.found;
        found.sort_by_key(|(offset, _)| *offset);
        found.into_iter().map(|(_, fault)| fault).collect()
    }
}

struct Checker<'t> {
    faults: Faults<'t>,
}

impl Checker<'_> {
    fn section<T: DeserializeOwned>(&mut self, root: &DeTable<'_>, name: &str) -> Option<T> {
        self.typed(root.get(name)?, name)
    }

    fn entries<K: for<'k> From<&'k str> + Ord, T: DeserializeOwned>(
        &mut self,
        root: &DeTable<'_>,
        name: &str,
    ) -> BTreeMap<K, T> {
        let mut out = BTreeMap::new();
        let Some(section) = root.get(name) else { return out };
        let Some(table) = section.get_ref().as_table() else {
            self.faults.add(section.span().start, name, "must be a table of named entries");
            return out;
        };
        for (key, value) in table {
            if let Some(value) = self.typed(value, &format!("{name}.{}", key.get_ref())) {
                out.insert(K::from(key.get_ref().as_ref()), value);
            }
        }
        out
    }

    /// Reads one entry. Reading stops at the first fault, so what is at fault is taken out and the rest read again.
    fn typed<T: DeserializeOwned>(&mut self, value: &Spanned<DeValue<'_>>, path: &str) -> Option<T> {
        let mut rest = value.clone();
        loop {
            let error = match T::deserialize(ValueDeserializer::from(rest.clone())) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let offset = error.span().map_or(value.span().start, |span| span.start);
            let DeValue::Table(table) = rest.get_mut() else {
                self.faults.add(value.span().start, path, error.message());
                return None;
            };
            let holds = |found: &Spanned<DeValue<'_>>| found.span().contains(&offset) || found.span().start == offset;
            let Some(key) = table.iter().find(|(_, found)| holds(found)).map(|(key, _)| key.get_ref().to_string())
            else {
                // Missing keys are told by the table of known ones.
                if !error.message().starts_with("missing field") {
                    self.faults.add(offset, path, error.message());
                }
                return None;
            };
            let (inner, start) = shape::innermost(value, offset, path);
            self.faults.add(start, &inner, error.message());
            table.remove(key.as_str());
        }
    }
}

/// Faults that only show when entries are held against each other.
struct Agreement<'c, 't> {
    root: &'c DeTable<'c>,
    organization: &'c Organization,
    vendors: &'c BTreeMap<String, VendorFolder>,
    shipped: Option<&'c [&'c str]>,
    local: &'c Local,
    faults: &'c mut Faults<'t>,
}

impl Agreement<'_, '_> {
    fn check(&mut self) {
        self.properties();
        self.protected(&["organization"], &self.organization.protected);
        for (id, feed) in &self.organization.feeds {
            let path = ["feeds", id.as_str()];
            self.refers(&path, "property", "properties", feed.property.as_str());
            self.address(&path, "url", feed.url.expose());
        }
        for (id, connection) in &self.organization.connections {
            self.vendor(&["connections", id.as_str()], "vendor", &connection.vendor);
            if let Some(base) = &connection.base_url {
                self.address(&["connections", id.as_str()], "base_url", base);
            }
            if self.vendors.contains_key(&connection.vendor)
                && let Some(name) = self.organization.foreign_secret(id)
            {
                let message = format!("`{name}` is another vendor's secret, which an own vendor may not be sent");
                self.add(&["connections", id.as_str()], "secret", &message);
            }
        }
        let jobs = &self.organization.jobs;
        for (key, connection) in [("connection", &jobs.connection), ("mirror", &jobs.mirror)] {
            if let Some(connection) = connection {
                self.refers(&["jobs"], key, "connections", connection.as_str());
            }
        }
        for (id, flow) in &self.organization.flows {
            self.refers(&["flows", id.as_str()], "from", "connections", flow.from.as_str());
            self.refers(&["flows", id.as_str()], "to", "connections", flow.to.as_str());
            self.protected(&["flows", id.as_str()], &flow.protected);
            if let Some(ends) = &flow.ends {
                self.refers(&["flows", id.as_str(), "ends"], "from", "flows", ends.from.as_str());
                self.refers(&["flows", id.as_str(), "ends"], "to", "flows", ends.to.as_str());
            }
            if let Some(onto) = &flow.onto {
                self.refers(&["flows", id.as_str(), "onto"], "flow", "flows", onto.flow.as_str());
            }
        }
        for (id, reaction) in &self.organization.reactions {
            self.vendor(&["reactions", id], "source", &reaction.source);
            if let Some(Err(error)) = reaction.when.as_deref().map(Expression::compile) {
                self.add(&["reactions", id], "when", &error.to_string());
            }
        }
        let rules = &self.organization.rules;
        if rules.instructions_limit > rules.line_limit {
            let message = format!("must not be above `line_limit`, which is {}", rules.line_limit);
            self.add(&["rules"], "instructions_limit", &message);
        }
    }

    fn properties(&mut self) {
        let mut listed: BTreeMap<(&str, String), &str> = BTreeMap::new();
        for (id, property) in &self.organization.properties {
            let id = id.as_str();
            let path = ["properties", id];
            if !property.zone.trim().is_empty() && TimeZone::get(&property.zone).is_err() {
                self.add(&path, "zone", &format!("`{}` is no IANA time zone", property.zone));
            }
            for (source, names) in &property.listed_as {
                for name in names {
                    let folded = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                    if let Some(other) = listed.insert((source, folded), id).filter(|other| *other != id) {
                        let message = format!("`{name}` already names the property `{other}`");
                        self.add(&["properties", id, "listed_as"], source, &message);
                    }
                }
            }
            for over in &property.owner_overrides {
                self.refers(&path, "owner_overrides", "properties", over.to.as_str());
            }
        }
    }

    /// Fields that are named as protected.
    fn protected(&mut self, path: &[&str], names: &BTreeSet<String>) {
        let fields = || Entity::ALL.into_iter().flat_map(Entity::fields);
        for name in names.iter().filter(|name| !name.trim().is_empty()) {
            let known: Vec<&Field> = fields().filter(|field| field.name == name).collect();
            if known.is_empty() {
                let near = nearest(name, fields().map(|field| field.name));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                self.add(path, "protected", &format!("no record has a field `{name}`{hint}"));
            } else if !known.iter().any(|field| field.may_be_protected()) {
                let message =
                    format!("`{name}` cannot be protected: it holds no text, address, phone number, date or moment");
                self.add(path, "protected", &message);
            }
        }
    }

    fn vendor(&mut self, path: &[&str], key: &str, vendor: &str) {
        let Some(shipped) = self.shipped else { return };
        let known = || shipped.iter().copied().chain(self.vendors.keys().map(String::as_str));
        if vendor.trim().is_empty() || known().any(|known| known == vendor) {
            return;
        }
        let hint = nearest(vendor, known()).map_or_else(
            || "one of your own is described under [vendors]".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.add(path, key, &format!("there is no vendor `{vendor}`; {hint}"));
    }

    fn refers(&mut self, path: &[&str], key: &str, section: &str, to: &str) {
        let entries = self.root.get(section).and_then(|section| section.get_ref().as_table());
        if to.trim().is_empty() || entries.is_some_and(|entries| entries.contains_key(to)) {
            return;
        }
        let known = entries.into_iter().flat_map(|entries| entries.keys()).map(|key| key.get_ref().as_ref());
        let hint = nearest(to, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        self.add(path, key, &format!("`{to}` does not stand in [{section}]{hint}"));
    }

    /// The message does not repeat the address: it may carry a token.
    fn address(&mut self, path: &[&str], key: &str, url: &str) {
        let begins = |scheme: &str| {
            let (start, rest) = url.split_at_checked(scheme.len()).unwrap_or_default();
            start.eq_ignore_ascii_case(scheme) && !rest.is_empty()
        };
        if url.trim().is_empty() || begins("https://") || (self.local.allow_http && begins("http://")) {
            return;
        }
        self.add(path, key, "must begin with https:// (`allow_http = true` in [local] permits http:// for trying out)");
    }

    fn add(&mut self, path: &[&str], key: &str, message: &str) {
        let whole: Vec<&str> = path.iter().copied().chain([key]).collect();
        let mut table = Some(self.root);
        let mut offset = 0;
        for step in &whole {
            let Some((_, found)) = table.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == *step)) else {
                break;
            };
            offset = found.span().start;
            table = found.get_ref().as_table();
        }
        self.faults.add(offset, &whole.join("."), message);
    }
}
