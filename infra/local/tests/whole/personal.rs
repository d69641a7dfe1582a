//! Personal data of flows shows nowhere but where it has to be: not in logs at DEBUG, not in what commands print, not in rows that tell
//! of runs. The names are ones that occur in nothing else, so that a find is a leak.

use crate::town::{FLOWS, Town};
use aws_sdk_dynamodb::types::AttributeValue;
use lintel_sandbox::buildium::{Address, Lease, Owner, Phone, Property, TaxId, Tenant};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

const SURNAMES: [&str; 8] = [
    "Quillfeather",
    "Brambleworth",
    "Thistlewick",
    "Oakenshaw",
    "Pemberlane",
    "Van Dusterbeck",
    "O'Marrowby",
    "de la Fontabella",
];

/// A tax id that somebody types into the portal.
const AT_THE_PORTAL: &str = "900-55-4997";

/// What must not be found.
#[derive(Default)]
struct Secrets {
    /// Found as they are, whatever their case.
    texts: BTreeSet<String>,
    /// Found as whole words.
    names: BTreeSet<String>,
    /// Found whatever stands between their digits.
    digits: BTreeSet<String>,
    /// The digits of tax ids among them, which are stored nowhere.
    tax_ids: BTreeSet<String>,
}

impl Secrets {
    fn of(town: &Town) -> Self {
        let account = &town.source.vendor;
        let mut all = Self::default();
        for one in account.ids::<Tenant>().into_iter().filter_map(|id| account.get::<Tenant>(id)) {
            all.person(one.last_name.as_ref(), &[&one.email, &one.alternate_email], &one.phone_numbers);
            let close = one.emergency_contact;
            all.person(close.name.as_ref(), &[&close.email], &[Phone { number: close.phone, ..Phone::default() }]);
            all.place(one.address.as_ref());
            all.place(one.alternate_address.as_ref());
            all.tax_id(one.tax_id.as_ref());
        }
        for one in account.ids::<Owner>().into_iter().filter_map(|id| account.get::<Owner>(id)) {
            all.person(one.last_name.as_ref(), &[&one.email, &one.alternate_email], &one.phone_numbers);
            all.place(one.address.as_ref());
            all.tax_id(one.tax_information.tax_payer_id.as_ref());
        }
        for one in account.ids::<Property>().into_iter().filter_map(|id| account.get::<Property>(id)) {
            let manager = one.rental_manager;
            all.person(None, &[&manager.email], &manager.phone_numbers);
        }
        for one in account.ids::<Lease>().into_iter().filter_map(|id| account.get::<Lease>(id)) {
            one.cosigners.iter().for_each(|one| all.person(one.last_name.as_ref(), &[&one.email], &one.phone_numbers));
        }
        all
    }

    fn person<T: AsRef<str>>(&mut self, name: Option<&T>, emails: &[&Option<T>], phones: &[Phone]) {
        let words = name.into_iter().flat_map(|name| name.as_ref().split(|c: char| !c.is_alphanumeric()));
        // A contact's whole name stands in one field: its last word is the surname.
        self.names.extend(words.filter(|word| word.chars().count() > 3).map(str::to_owned));
        self.texts.extend(emails.iter().filter_map(|one| Some(one.as_ref()?.as_ref().to_lowercase())));
        let numbers = phones.iter().filter_map(|one| one.number.as_ref()).map(|one| digits(one));
        self.digits.extend(numbers.filter(|number| !number.is_empty()));
    }

    fn place(&mut self, address: Option<&Address>) {
        self.texts.extend(address.and_then(|one| one.address_line1.as_ref()).map(|line| line.to_lowercase()));
    }

    fn tax_id(&mut self, id: Option<&TaxId>) {
        self.digits.extend(id.map(|id| digits(&id.0)));
        self.tax_ids.extend(id.map(|id| digits(&id.0)));
    }

    /// What of it stands in a text.
    fn found_in(&self, text: &str) -> Vec<&str> {
        let (lower, words) = (text.to_lowercase(), text.split(|c: char| !c.is_alphanumeric()).collect::<BTreeSet<_>>());
        let numbers: String = text.chars().filter(|c| !matches!(c, '(' | ')' | '-' | '.' | ' ' | '/' | '+')).collect();
        let texts = self.texts.iter().filter(|one| lower.contains(one.as_str()));
        let names = self.names.iter().filter(|one| words.contains(one.as_str()));
        let digits = self.digits.iter().filter(|one| numbers.contains(one.as_str()));
        texts.chain(names).chain(digits).map(String::as_str).collect()
    }

    fn assert_absent(&self, place: &str, text: &str) {
        for line in text.lines() {
            let found = self.found_in(line);
            assert!(found.is_empty(), "{place} shows {found:?}: {line}");
        }
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

impl Town {
    /// Gives everybody a name, an address and a tax id that occur in nothing else.
    fn rename(&self) {
        let account = &self.source.vendor;
        for (index, id) in account.ids::<Tenant>().into_iter().enumerate() {
            let name = SURNAMES[index % SURNAMES.len()];
            let edit = |one: &mut Tenant| {
                one.last_name = Some(name.into());
                one.tax_id = Some(TaxId(format!("900-55-{:04}", 3_000 + index)));
                one.address = Some(address(index));
                one.alternate_address = None;
                if let Some(full) = one.emergency_contact.name.as_mut() {
                    *full = format!("Edda {name}").into();
                }
            };
            account.edit(id, edit).unwrap();
        }
        for (index, id) in account.ids::<Owner>().into_iter().enumerate() {
            let edit = |one: &mut Owner| {
                one.last_name = one.last_name.as_ref().map(|_| SURNAMES[index % SURNAMES.len()].into());
                one.tax_information.tax_payer_id = Some(TaxId(format!("900-55-{:04}", 7_000 + index)));
                one.address = Some(address(100 + index));
            };
            account.edit(id, edit).unwrap();
        }
    }

    /// Records of which each meets another kind of trouble.
    fn trouble(&self) {
        let (account, portal) = (&self.source.vendor, &self.target.vendor);
        let ids = account.ids::<Tenant>();
        let edit = |index: usize, change: fn(&mut Tenant)| account.edit(ids[index], change).unwrap();
        // The portal refuses it, and quotes it.
        edit(0, |one| one.email = Some("quill(home)@example.com".into()));
        // A rule sets it aside.
        edit(1, |one| one.last_name = None);
        edit(2, |one| one.email = Some("brambleworths@example.com".into()));
        edit(3, |one| one.email = Some("brambleworths@example.com".into()));
        // They do not read as what they are.
        edit(4, |one| one.email = Some("ask Quillfeather first".into()));
        edit(4, |one| one.phone_numbers = vec![Phone { number: Some("Oakenshaw mobile".into()), kind: "Cell".into() }]);
        // A 409: somebody put this address into the portal before, and an owner has a tenant's.
        edit(5, |one| one.email = Some("known.before@example.com".into()));
        portal.person_creates("contacts", &[("email", "known.before@example.com"), ("city", "Portland")]).unwrap();
        edit(6, |one| one.email = Some("owner.and.tenant@example.com".into()));
        let owner = account.ids::<Owner>()[0];
        account.edit(owner, |one: &mut Owner| one.email = Some("owner.and.tenant@example.com".into())).unwrap();
    }

    /// Both sides change a name, and somebody removes a contact.
    fn change(&self) {
        let (account, portal) = (&self.source.vendor, &self.target.vendor);
        let ids = account.ids::<Tenant>();
        let contact = |index: usize| self.record("contacts", &format!("tenants/{}", ids[index])).unwrap().id;
        portal.person_edits("contacts", &contact(8), &[("lastname", "Thistlewick")]).unwrap();
        account.edit(ids[8], |one: &mut Tenant| one.last_name = Some("Pemberlane".into())).unwrap();
        portal.person_deletes("contacts", &contact(9)).unwrap();
        account.edit(ids[9], |one: &mut Tenant| one.last_name = Some("Oakenshaw".into())).unwrap();
        account.change_phone(ids[10], "(555) 555-0199").unwrap();
        portal.person_edits("contacts", &contact(11), &[("jobtitle", AT_THE_PORTAL)]).unwrap();
        account.edit(ids[11], |one: &mut Tenant| one.tax_id = Some(TaxId("900-55-4999".into()))).unwrap();
        account.edit(ids[12], |one: &mut Tenant| one.tax_id = Some(TaxId("900-55-4998".into()))).unwrap();
    }

    fn tenant(&self, index: usize) -> u32 {
        self.source.vendor.ids::<Tenant>()[index]
    }

    fn tax_id_at_portal(&self, stream: &str, id: u32) -> Option<String> {
        self.record("contacts", &format!("{stream}/{id}"))?.properties.get("jobtitle").cloned()
    }

    /// Tenants' are sent as they are; owners' flow does not say that theirs should be.
    fn assert_tax_ids(&self) {
        let account = &self.source.vendor;
        let there: Vec<(String, String)> = (10..20)
            .filter_map(|index| {
                let id = self.tenant(index);
                Some((account.get::<Tenant>(id)?.tax_id?.0, self.tax_id_at_portal("tenants", id)?))
            })
            .collect();
        assert_eq!(there.len(), 10);
        assert!(there.iter().all(|(ours, theirs)| ours == theirs));
        let owners = account.ids::<Owner>();
        assert!(owners.iter().all(|id| self.tax_id_at_portal("owners", *id).is_none_or(|text| text.is_empty())));
    }

    /// Every row of the table: its partition, and all it holds as text.
    async fn rows(&self) -> Vec<(String, String)> {
        let session = self.session().await;
        let client = aws_sdk_dynamodb::Client::new(session.sdk());
        let mut pages = client.scan().table_name(session.host.table()).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            let item: HashMap<String, AttributeValue> = item.unwrap();
            rows.push((item["PK"].as_s().unwrap().clone(), format!("{item:?}")));
        }
        rows
    }
}

/// Both kinds of people have a field for it at the portal, and one flow sends it.
fn tax_ids_are_sent(text: &str) -> String {
    let to = "fields = { to = { tax_id = \"jobtitle\" } }\n";
    text.replace("[flows.owners]\n", &format!("[flows.owners]\n{to}"))
        .replace("[flows.tenants]\n", &format!("[flows.tenants]\nsend_protected = [\"tax_id\"]\n{to}"))
}

fn address(index: usize) -> Address {
    Address {
        address_line1: Some(format!("{} Hollowbrook Way", 4_000 + index).into()),
        city: Some("Sampletown".into()),
        state: Some("AZ".into()),
        postal_code: Some("00000".into()),
        country: Some("UnitedStates".into()),
        ..Address::default()
    }
}

fn connectors(vendor: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/connectors/src").join(vendor);
    folder.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_printed_logged_or_told_of_runs_shows_whom_it_is_about() {
    let mut town = Town::configured(24, tax_ids_are_sent).await;
    town.rename();
    town.trouble();
    let mut secrets = Secrets::of(&town);
    let (source, target) = (connectors("buildium"), connectors("hubspot"));

    town.succeed(&["setup", "hubspot"]);
    let planned = town.succeed(&["plan", "tenants"]);
    assert!(planned.contains("tax_id is protected, and is sent"), "{planned}");
    let planned = town.succeed(&["plan", "owners"]);
    assert!(planned.contains("tax_id is protected, and is not sent"), "{planned}");
    for flow in FLOWS {
        town.succeed(&["sync", flow]);
    }
    town.assert_tax_ids();
    town.change();
    let changed = Secrets::of(&town);
    secrets.texts.extend(changed.texts);
    secrets.names.extend(changed.names);
    secrets.digits.extend(changed.digits);
    secrets.tax_ids.extend(changed.tax_ids);
    secrets.tax_id(Some(&TaxId(AT_THE_PORTAL.to_owned())));
    town.succeed(&["plan", "tenants"]);
    town.succeed(&["sync", "tenants"]);
    for flow in FLOWS {
        town.succeed(&["flows", flow]);
    }
    let troubles = town.succeed(&["flows", "tenants"]);
    for code in ["refused", "quarantined", "shared-value", "target-gone", "conflict tenants/"] {
        assert!(troubles.contains(code), "no {code} in: {troubles}");
    }
    assert!(town.target.vendor.usage().conflicts > 0, "no 409");
    for stream in ["tenants", "emergency-contacts", "owners", "leases", "current-leases", "rentals", "units"] {
        town.succeed(&["connector", "try", &source, stream, "--records", "50"]);
    }
    for stream in ["contacts", "unit-listings"] {
        town.succeed(&["connector", "try", &target, stream, "--records", "50"]);
    }
    let tenant = format!("tenants/{}", town.source.vendor.ids::<Tenant>()[8]);
    town.succeed(&["settle", "tenants", &tenant, "last_name", "--with", "source"]);
    town.succeed(&["settle", "tenants", &format!("tenants/{}", town.tenant(11)), "tax_id", "--with", "source"]);
    town.succeed(&["sync", "tenants", "--full"]);
    assert_eq!(town.tax_id_at_portal("tenants", town.tenant(11)).as_deref(), Some("900-55-4999"));
    assert_eq!(town.tax_id_at_portal("tenants", town.tenant(12)).as_deref(), Some("900-55-4998"));
    town.succeed(&["queue"]);
    town.succeed(&["flows"]);
    // The run is given up, in the log and in words.
    town.source.vendor.delete_key("sandbox-client-id");
    assert!(!town.lintel(&["sync", "tenants"]).succeeded);
    assert!(!town.lintel(&["plan", "tenants"]).succeeded);

    let log = town.log();
    assert!(log.contains("a run was given up"), "nothing was logged: {log}");
    secrets.assert_absent("the log", &log);
    secrets.assert_absent("a command", &town.printed);

    // Tax ids stand in no row at all. Links hold what else both sides had, and quarantine the record that waits to be mended: content, on purpose, for workers and
    // operators. All else in the table tells what was done, and must not tell to whom: runs, pages, problems, claims, relations, audit.
    let (mut kinds, mut content, mut told) = (BTreeSet::new(), false, false);
    for (partition, row) in town.rows().await {
        let numbers = digits(&row);
        assert!(secrets.tax_ids.iter().all(|id| !numbers.contains(id)), "{partition} holds a tax id");
        let kind = partition.split('#').nth(2).unwrap_or_default().to_owned();
        if matches!(kind.as_str(), "FLOW" | "QUARANTINE") {
            content |= !secrets.found_in(&row).is_empty();
        } else {
            secrets.assert_absent(&partition, &row);
        }
        told |= kind == "AUDIT" && row.contains("tax_id");
        kinds.insert(kind);
    }
    assert!(content, "the search itself finds nothing");
    assert!(told, "no audit row says that a tax id was sent");
    for kind in ["AUDIT", "RUNS", "PAGES", "PROBLEMS", "CLAIMS", "EDGES"] {
        assert!(kinds.contains(kind), "no rows of {kind} in {kinds:?}");
    }
}
