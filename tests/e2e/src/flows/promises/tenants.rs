//! What is promised of tenants and their contacts.

use super::Listed;
use crate::flows::{
    drive::Drive,
    ledger::{FIELDS, Field, Told, means_the_same},
    places::flow,
    portal::{CONTACTS, addresses},
    shape::Rules,
    tenants::Tenants,
};
use anyhow::{bail, ensure};
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, Policy, WhenGone},
};
use lintel_sandbox::{buildium::Tenant, hubspot::RecordView};

fn key(tenant: u32) -> RecordKey {
    RecordKey::new("tenants", &tenant.to_string())
}

/// What holds after every step, whatever just went wrong.
pub(crate) async fn on_the_way(world: &Tenants, drive: &Drive) -> anyhow::Result<()> {
    nobody_is_there_twice(world)?;
    let Some(cursor) = drive.places.table().flow_row(&flow()).await?.cursor else { return Ok(()) };
    let listed = Listed::read(drive).await?;
    for (id, tenant) in tenants(world) {
        let touched = world.rentals.ledger.open().touched.get(&id).copied();
        if touched.is_none_or(|touched| touched < cursor) {
            accounted_for(world, &listed, id, &tenant).map_err(|error| {
                error.context(format!("the cursor {cursor} is past tenant {id}, touched {touched:?}"))
            })?;
        }
    }
    Ok(())
}

/// What holds when everything has come to rest.
pub(crate) async fn at_rest(world: &Tenants, drive: &Drive) -> anyhow::Result<()> {
    let listed = Listed::read(drive).await?;
    for (id, tenant) in tenants(world) {
        in_step(world, &listed, id, &tenant)?;
    }
    listed.one_contact_is_ones()?;
    what_vanished_is_known(world, &listed)?;
    people_are_right(world)?;
    problems_are_true(world, &listed)
}

fn tenants(world: &Tenants) -> Vec<(u32, Tenant)> {
    let ids = world.rentals.vendor.ids::<Tenant>();
    ids.into_iter().filter_map(|id| Some((id, world.rentals.tenant(id)?))).collect()
}

/// No two living contacts of one tenant.
fn nobody_is_there_twice(world: &Tenants) -> anyhow::Result<()> {
    for property in ["lintel_key", "lintel_comment"] {
        let twice = world.portal.vendor.duplicates(CONTACTS, property);
        ensure!(twice.is_empty(), "{property} is there twice: {twice:?}");
    }
    Ok(())
}

/// A tenant's last change is in the portal, or somebody can find out why not. People may have edited since.
fn accounted_for(world: &Tenants, listed: &Listed, id: u32, tenant: &Tenant) -> anyhow::Result<()> {
    let key = key(id);
    let Some(link) = listed.links.get(&key) else { bail!("there is no link") };
    if listed.problems.contains_key(&key) {
        return Ok(());
    }
    ensure!(
        matches!(link.state, LinkState::Linked | LinkState::Begun),
        "it is {:?} and no problem is listed",
        link.state
    );
    // Somebody may have removed it or merged it away since.
    let Some(contact) = link.target.as_deref().and_then(|id| world.portal.contact(id)) else { return Ok(()) };
    for field in FIELDS.iter().filter(|field| !field.agrees(tenant, &contact)) {
        let said = world.portal.ledger.said.contains_key(&(contact.id.clone(), field.property));
        ensure!(said || link.conflicts.contains_key(field.name), "{}", differs(field, tenant, &contact, link));
    }
    Ok(())
}

fn differs(field: &Field, tenant: &Tenant, contact: &RecordView, link: &Link) -> String {
    let shown = contact.properties.get(field.property);
    let base = (link.base.source.get(field.name), link.base.target.get(field.name));
    format!(
        "{field:?} is {:?} at the source and {shown:?} at contact {}; base {base:?}, withheld {:?}, kept {:?}",
        (field.of)(tenant),
        contact.id,
        link.withheld,
        link.kept,
    )
}

/// A tenant and its contact agree on every field that is not listed as unsettled.
fn in_step(world: &Tenants, listed: &Listed, id: u32, tenant: &Tenant) -> anyhow::Result<()> {
    let key = key(id);
    let Some(link) = listed.links.get(&key) else { bail!("tenant {id} is lost: no link") };
    let (contact, code) = (link.target.as_deref().and_then(|id| world.portal.contact(id)), listed.code(&key));
    let broken = breaks_rules(world, tenant);
    ensure!(broken == (link.state == LinkState::Quarantined), "tenant {id} is {:?}, {code:?}", link.state);
    match (link.state, contact) {
        (LinkState::Quarantined, _) => {
            ensure!(matches!(code, Some("quarantined" | "rejected")), "tenant {id} was set aside in silence: {code:?}");
        }
        (LinkState::Linked, Some(contact)) => {
            for field in FIELDS.iter().filter(|field| !field.agrees(tenant, &contact)) {
                stands(world, listed, link, field, tenant, &contact).map_err(|error| {
                    error.context(format!("tenant {id}: {}", differs(field, tenant, &contact, link)))
                })?;
            }
            status_is_live(world, link, &contact)?;
        }
        (LinkState::Linked, None) => bail!("tenant {id} is linked with {:?}, which is not there", link.target),
        (LinkState::TargetGone, contact) => {
            ensure!(
                matches!(code, Some("target-gone" | "merged")),
                "tenant {id} lost its contact in silence: {code:?}"
            );
            ensure!(contact.is_none(), "tenant {id} has no contact, but {:?} is there", link.target);
        }
        (LinkState::Refused, _) => {
            ensure!(code == Some("refused"), "tenant {id} was refused in silence: {code:?}");
            // The portal takes nobody without a name and an address.
            let told = [&FIELDS[1], &FIELDS[2], &FIELDS[3]];
            let nobody = told.iter().all(|field| !matches!((field.of)(tenant), Told::Text(_)));
            ensure!(nobody, "tenant {id} was refused: {:?}", listed.problems.get(&key));
        }
        (LinkState::SourceGone, _) => bail!("tenant {id} is taken for gone"),
        (LinkState::Begun, _) => bail!("tenant {id} is still being made"),
    }
    Ok(())
}

/// A field that differs does so for a reason that is listed, or because a person has the last word.
fn stands(
    world: &Tenants,
    listed: &Listed,
    link: &Link,
    field: &Field,
    tenant: &Tenant,
    contact: &RecordView,
) -> anyhow::Result<()> {
    if let Some(conflict) = link.conflicts.get(field.name) {
        let told = conflict.target.as_ref().and_then(|value| value.as_str()).map(str::to_owned);
        let same = means_the_same(field.property, told.as_ref(), contact.properties.get(field.property));
        ensure!(same, "the conflict names another value: {told:?}");
        ensure!(world.shape.policy != Policy::Source, "a conflict where the source wins");
        return Ok(());
    }
    let said = world.portal.ledger.said.get(&(contact.id.clone(), field.property));
    let stands = matches!(world.shape.policy, Policy::Target | Policy::Newest);
    // What the source has nothing to say about, a contact that was there before may keep.
    if said.is_some() && (stands || (field.of)(tenant) == Told::Nothing) {
        return Ok(());
    }
    ensure!(field.name == "email", "nothing says why");
    let code = listed.code(&link.key);
    ensure!(matches!(code, Some("shared-value" | "refused-value")), "no problem is listed: {code:?}");
    let Told::Text(wanted) = (field.of)(tenant) else { bail!("it could be emptied") };
    let held = world
        .portal
        .vendor
        .records(CONTACTS)
        .iter()
        .any(|other| other.id != contact.id && addresses(other).any(|address| address == wanted));
    let unfit = wanted.rsplit('.').next().is_none_or(|last| last.len() < 2);
    // Of two who share one address, either may have it, and a person may have settled for neither.
    let shared = tenants(world)
        .iter()
        .any(|(id, other)| key(*id) != link.key && (field.of)(other) == Told::Text(wanted.clone()));
    ensure!(held || unfit || shared, "{wanted} is free, and {} goes without", link.key);
    Ok(())
}

fn breaks_rules(world: &Tenants, tenant: &Tenant) -> bool {
    let unreadable = (FIELDS[3].of)(tenant) == Told::Unreadable;
    let test = tenant.last_name.as_deref() == Some("Test");
    world.shape.rules == Rules::Strict && (unreadable || test)
}

/// Whoever is there is not marked as gone.
fn status_is_live(world: &Tenants, link: &Link, contact: &RecordView) -> anyhow::Result<()> {
    let marked = contact.properties.get("lintel_status").is_some_and(|status| status == "past");
    let really = link.base.source.text("status") == Some("past");
    let unsettled = link.conflicts.contains_key("status");
    // A person who merges two contacts has the word, as with any other field.
    let persons = matches!(world.shape.policy, Policy::Target | Policy::Newest)
        && world.portal.ledger.status_filled_in.contains(&contact.id);
    ensure!(
        !marked || really || unsettled || persons || world.shape.when_gone == WhenGone::Keep,
        "{} is there, and its contact {} is marked as gone; base {:?}",
        link.key,
        contact.id,
        (link.base.source.get("status"), link.base.target.get("status")),
    );
    Ok(())
}

fn what_vanished_is_known(world: &Tenants, listed: &Listed) -> anyhow::Result<()> {
    let ledger = world.rentals.ledger.open();
    for id in ledger.vanished.keys() {
        let Some(link) = listed.links.get(&key(*id)) else { continue };
        let many = listed.has_many_missing();
        ensure!(link.state == LinkState::SourceGone || many, "tenant {id} vanished and is {:?}", link.state);
        let contact = link.target.as_deref().and_then(|id| world.portal.contact(id));
        let Some(contact) = contact.filter(|_| world.shape.when_gone == WhenGone::Mark && !many) else { continue };
        let holder = listed.links.values().find(|one| one.target == link.target && one.state == LinkState::Linked);
        let status = contact.properties.get("lintel_status").map(String::as_str);
        ensure!(holder.is_some() || status == Some("past"), "tenant {id} vanished and its contact says {status:?}");
    }
    Ok(())
}

/// A person's word in the portal is not undone, but where the flow is told to.
fn people_are_right(world: &Tenants) -> anyhow::Result<()> {
    if world.shape.policy == Policy::Source {
        return Ok(());
    }
    for ((id, property), said) in &world.portal.ledger.said {
        let Some(contact) = world.portal.contact(id) else { continue };
        let shown = contact.properties.get(*property);
        let same = means_the_same(property, shown, said.value.as_ref());
        let filled_in = said.value.is_none() && !said.linked;
        ensure!(
            same || filled_in || said.agreed,
            "contact {id}: a person said {property} is {said:?}, and it is {shown:?}"
        );
    }
    Ok(())
}

/// What is listed as a problem is one.
fn problems_are_true(world: &Tenants, listed: &Listed) -> anyhow::Result<()> {
    for (record, row) in &listed.problems {
        let Some(link) = listed.links.get(record) else { continue };
        let id = record.id().parse::<u32>().unwrap_or_default();
        let contact = link.target.as_deref().and_then(|id| world.portal.contact(id));
        let still = match (row.problem.code.as_str(), world.rentals.tenant(id), contact) {
            ("shared-value" | "refused-value", Some(tenant), Some(contact)) => !FIELDS[3].agrees(&tenant, &contact),
            ("target-gone" | "merged", Some(_), contact) => contact.is_none(),
            ("quarantined" | "rejected", Some(tenant), _) => breaks_rules(world, &tenant),
            // Of too many that vanished at once nothing is taken for gone.
            (_, None, _) => listed.has_many_missing(),
            _ => true,
        };
        ensure!(still, "{record} is listed as {} ({}) and is not", row.problem.code, row.problem.reason);
    }
    Ok(())
}
