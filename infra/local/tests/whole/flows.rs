//! Flows of records from end to end: commands, dispatcher, queues, workers, and what then stands at the portal.

use crate::town::{FLOWS, Town};
use lintel_sandbox::buildium::{Lease, Owner, Property, Tenant, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// The counts a run printed, by what they count.
fn counts(text: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (count, what) = line.trim().split_once(' ')?;
        Some((what.to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

impl Town {
    /// Who lives where by the account's own leases: labels by tenant and unit.
    fn homes(&self) -> BTreeMap<(u32, u32), BTreeSet<&'static str>> {
        let (account, today) = (&self.source.vendor, self.source.vendor.today());
        let mut homes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for lease in account.ids::<Lease>().into_iter().filter_map(|id| account.get::<Lease>(id)) {
            for tenant in &lease.tenants {
                let left = lease.move_out_data.iter().find(|out| out.tenant_id == tenant.id);
                let label = if left.is_some_and(|out| out.move_out_date <= today) {
                    "Past tenant"
                } else if lease.lease_from_date.is_some_and(|from| from > today) {
                    "Future tenant"
                } else {
                    "Active tenant"
                };
                homes.entry((tenant.id, lease.unit_id)).or_default().insert(label);
            }
        }
        homes
    }

    /// The same as the portal has it.
    fn labels(&self) -> BTreeMap<(u32, u32), BTreeSet<String>> {
        let portal = &self.target.vendor;
        let units: BTreeMap<String, u32> = self
            .source
            .vendor
            .ids::<Unit>()
            .into_iter()
            .map(|unit| (self.record("0-420", &format!("units/{unit}")).unwrap().id, unit))
            .collect();
        let mut labels = BTreeMap::new();
        for tenant in self.source.vendor.ids::<Tenant>() {
            let contact = self.record("contacts", &format!("tenants/{tenant}")).unwrap();
            for (listing, names) in portal.associated("contacts", &contact.id, "0-420") {
                labels.insert((tenant, units[&listing]), names);
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
    let tenants: Vec<Tenant> = account.ids::<Tenant>().into_iter().filter_map(|id| account.get(id)).collect();
    let contacts = tenants.iter().filter(|one| one.emergency_contact.name.is_some()).count();
    let portal = &town.target.vendor;
    assert_eq!(portal.count("contacts"), tenants.len() + contacts + account.ids::<Owner>().len());
    assert_eq!(portal.count("0-420"), account.ids::<Property>().len() + account.ids::<Unit>().len());
    assert_eq!(portal.duplicates("contacts", "email"), Vec::<String>::new());
    let expected: BTreeMap<_, BTreeSet<String>> = town
        .homes()
        .into_iter()
        .map(|(home, labels)| (home, labels.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(town.labels(), expected);
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
