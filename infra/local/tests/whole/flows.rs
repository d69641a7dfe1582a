//! Flows of records from end to end: commands, dispatcher, queues, workers, and what then stands at the portal.

use crate::town::{FLOWS, Town};
use jiff::civil::Date;
use lintel_sandbox::{
    buildium::{Lease, Owner, Property, Record, Tenant, Unit},
    hubspot::RecordView,
};
use std::collections::{BTreeMap, BTreeSet};

/// The counts a run printed, by what they count.
fn counts(text: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (count, what) = line.trim().split_once(' ')?;
        Some((what.to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Labels by contact and listing, each by its key.
type Labels = BTreeMap<(String, String), BTreeSet<String>>;

/// How a tenant stands on a lease, on a day.
fn standing(lease: &Lease, tenant: u32, today: Date) -> &'static str {
    let left = lease.move_out_data.iter().find(|out| out.tenant_id == tenant);
    if left.is_some_and(|out| out.move_out_date <= today) {
        "Past tenant"
    } else if lease.lease_from_date.is_some_and(|from| from > today) {
        "Future tenant"
    } else {
        "Active tenant"
    }
}

impl Town {
    fn all<T: Record>(&self) -> Vec<T> {
        let account = &self.source.vendor;
        account.ids::<T>().into_iter().filter_map(|id| account.get(id)).collect()
    }

    /// Who belongs where by the account's own records.
    fn wanted(&self) -> Labels {
        let today = self.source.vendor.today();
        let mut labels = Labels::new();
        let mut say = |person: String, home: String, label: &str| {
            labels.entry((person, home)).or_default().insert(label.to_owned());
        };
        let leases = self.all::<Lease>();
        for lease in &leases {
            let home = format!("units/{}", lease.unit_id);
            // Owners in their own homes rent nothing.
            for tenant in lease.tenants.iter().filter(|_| lease.term_type != "Owner") {
                say(format!("tenants/{}", tenant.id), home.clone(), standing(lease, tenant.id, today));
            }
            for cosigner in &lease.cosigners {
                say(format!("cosigners/{}", cosigner.id), home.clone(), "Cosigner");
            }
        }
        for tenant in self.all::<Tenant>().into_iter().filter(|one| one.emergency_contact.name.is_some()) {
            let on = |label: &str| {
                let stands = |lease: &&Lease| {
                    lease.tenants.iter().any(|one| one.id == tenant.id) && standing(lease, tenant.id, today) == label
                };
                leases.iter().find(stands)
            };
            if let Some(lease) = on("Active tenant").or_else(|| on("Future tenant")) {
                let contact = format!("emergency-contacts/{}/emergency", tenant.id);
                say(contact, format!("units/{}", lease.unit_id), "Emergency contact");
            }
        }
        for owner in self.all::<Owner>() {
            for property in &owner.property_ids {
                say(format!("owners/{}", owner.id), format!("rentals/{property}"), "Owner");
            }
        }
        labels
    }

    /// The same as the portal has it.
    fn labels(&self) -> Labels {
        let portal = &self.target.vendor;
        let key = |record: &RecordView| {
            record.properties.get("lintel_key").and_then(|key| key.strip_prefix("buildium/")).unwrap().to_owned()
        };
        let listings: BTreeMap<String, String> =
            portal.records("0-420").iter().map(|listing| (listing.id.clone(), key(listing))).collect();
        let mut labels = Labels::new();
        for contact in portal.records("contacts") {
            for (listing, names) in portal.associated("contacts", &contact.id, "0-420") {
                labels.insert((key(&contact), listings[&listing].clone()), names);
            }
        }
        labels
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_and_every_home_arrives_once_and_the_next_full_runs_write_nothing() {
    let mut town = Town::open(40).await;
    town.succeed(&["setup", "hubspot"]);
    for flow in FLOWS {
        let told = counts(&town.succeed(&["sync", flow]));
        assert_eq!(told.get("refused"), None, "{flow}: {told:?}");
        assert!(told["read"] > 0, "{flow}");
    }
    let account = &town.source.vendor;
    let tenants = town.all::<Tenant>();
    let contacts = tenants.iter().filter(|one| one.emergency_contact.name.is_some()).count();
    let portal = &town.target.vendor;
    let leases = town.all::<Lease>();
    let cosigners: BTreeSet<u32> = leases.iter().flat_map(|lease| &lease.cosigners).map(|one| one.id).collect();
    assert!(!cosigners.is_empty(), "a sample without cosigners shows nothing of them");
    let owners = account.ids::<Owner>().len();
    assert_eq!(portal.count("contacts"), tenants.len() + contacts + owners + cosigners.len());
    assert_eq!(portal.count("0-420"), account.ids::<Property>().len() + account.ids::<Unit>().len());
    assert_eq!(portal.duplicates("contacts", "email"), Vec::<String>::new());
    assert_eq!(town.labels(), town.wanted());
    for unit in account.ids::<Unit>() {
        let rent = account.ids::<Lease>().into_iter().filter_map(|id| account.get::<Lease>(id)).find(|lease| {
            let today = account.today();
            lease.unit_id == unit
                && lease.lease_from_date.is_some_and(|from| from <= today)
                && lease.lease_to_date.is_none_or(|to| to >= today)
        });
        let shown = town.record("0-420", &format!("units/{unit}")).unwrap().properties;
        let rent = rent.and_then(|lease| lease.account_details.rent);
        let number = |text: &String| text.parse::<f64>().ok();
        assert_eq!(shown.get("lintel_rent").and_then(number), rent, "unit {unit}");
    }

    let before = town.target.vendor.usage();
    for flow in FLOWS {
        let told = counts(&town.succeed(&["sync", flow, "--full"]));
        assert_eq!((told.get("created"), told.get("updated")), (None, None), "{flow}: {told:?}");
    }
    let after = town.target.vendor.usage();
    assert_eq!(after.writes, before.writes, "calls that change something");
}
