//! What is promised of two portals that are kept in step both ways.

use super::Listed;
use crate::flows::{
    drive::Drive,
    ledger::{FIELDS, Field, PortalLedger, means_the_same},
    pair::Pair,
    places::flow,
    portal::{CONTACTS, Portal, addresses},
    shape::{Rules, Ways},
};
use anyhow::{bail, ensure};
use jiff::Timestamp;
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, Policy, WhenNew},
};
use lintel_sandbox::hubspot::RecordView;

/// Records that the engine may make or change for each deed of a person: the other side's, those whose address it takes or frees, and
/// what is made good after a death.
const WRITES_FOR_A_DEED: u64 = 3;

/// What holds after every step, whatever just went wrong.
pub(crate) async fn on_the_way(pair: &Pair, drive: &Drive) -> anyhow::Result<()> {
    nobody_is_there_twice(pair)?;
    nothing_goes_round_in_circles(pair)?;
    let stand = drive.places.table().flow_row(&flow()).await?;
    let listed = Listed::read(drive).await?;
    if let Some(cursor) = stand.cursor {
        for near in pair.near.vendor.records(CONTACTS).iter().filter(|one| untouched_since(&pair.near, one, cursor)) {
            near_is_accounted_for(pair, &listed, near)
                .map_err(|error| error.context(format!("the cursor {cursor} is past near contact {}", near.id)))?;
        }
    }
    if let Some(cursor) = stand.back_at {
        for far in pair.far.vendor.records(CONTACTS).iter().filter(|one| untouched_since(&pair.far, one, cursor)) {
            far_is_accounted_for(pair, &listed, far).map_err(|error| {
                error.context(format!("the way back's cursor {cursor} is past far contact {}", far.id))
            })?;
        }
    }
    Ok(())
}

/// What holds when everything has come to rest.
pub(crate) async fn at_rest(pair: &Pair, drive: &Drive) -> anyhow::Result<()> {
    let listed = Listed::read(drive).await?;
    for near in pair.near.vendor.records(CONTACTS) {
        near_has_its_pair(pair, &listed, &near).map_err(|error| error.context(format!("near contact {}", near.id)))?;
    }
    for far in pair.far.vendor.records(CONTACTS) {
        far_has_its_pair(pair, &listed, &far).map_err(|error| error.context(format!("far contact {}", far.id)))?;
    }
    for link in listed.links.values() {
        what_vanished_is_known(pair, &listed, link)?;
    }
    listed.one_contact_is_ones()?;
    people_are_right(pair, &listed)?;
    problems_are_true(pair, &listed)
}

fn untouched_since(portal: &Portal, contact: &RecordView, cursor: Timestamp) -> bool {
    portal.ledger.touched.get(&contact.id).is_some_and(|touched| *touched < cursor)
}

fn key(near: &str) -> RecordKey {
    RecordKey::new("contacts", near)
}

/// No two living contacts of one portal that one person made.
fn nobody_is_there_twice(pair: &Pair) -> anyhow::Result<()> {
    for (name, portal) in [("near", &pair.near), ("far", &pair.far)] {
        for property in ["lintel_key", "lintel_comment"] {
            let mut twice = portal.vendor.duplicates(CONTACTS, property);
            twice.retain(|value| ![&pair.near, &pair.far].iter().any(|one| one.ledger.blended.contains(value)));
            ensure!(twice.is_empty(), "{name}: {property} is there twice: {twice:?}");
        }
    }
    Ok(())
}

/// What the engine writes is no reason to write.
fn nothing_goes_round_in_circles(pair: &Pair) -> anyhow::Result<()> {
    let of = |portal: &Portal| portal.vendor.usage().records_created + portal.vendor.usage().records_changed;
    let (written, outside) = (of(&pair.near) + of(&pair.far), pair.at_first + pair.deeds);
    ensure!(written <= outside * WRITES_FOR_A_DEED, "{written} records were written because of {outside} deeds");
    Ok(())
}

fn value<'a>(contact: &'a RecordView, field: &Field) -> Option<&'a String> {
    contact.properties.get(field.property)
}

fn agree(field: &Field, near: &RecordView, far: &RecordView) -> bool {
    means_the_same(field.property, value(near, field), value(far, field))
}

/// A number that is none, and so nothing to the flow; the run says so.
fn is_unreadable(field: &Field, near: &RecordView) -> bool {
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).count();
    field.property.contains("phone") && value(near, field).is_some_and(|text| digits(text) < 10)
}

fn has_said(ledger: &PortalLedger, contact: &RecordView, field: &Field) -> bool {
    ledger.said.contains_key(&(contact.id.clone(), field.property))
}

fn differs(field: &Field, near: &RecordView, far: &RecordView, link: &Link) -> String {
    format!(
        "{field:?} is {:?} at near contact {} and {:?} at far contact {}; base {:?}, withheld {:?}",
        value(near, field),
        near.id,
        value(far, field),
        far.id,
        (link.base.source.get(field.name), link.base.target.get(field.name)),
        link.withheld,
    )
}

/// A near contact's last change is at its far one, or somebody can find out why not. People at the far one may have edited since.
fn near_is_accounted_for(pair: &Pair, listed: &Listed, near: &RecordView) -> anyhow::Result<()> {
    let key = key(&near.id);
    let Some(link) = listed.links.get(&key) else { bail!("there is no link") };
    if listed.problems.contains_key(&key) {
        return Ok(());
    }
    ensure!(matches!(link.state, LinkState::Linked | LinkState::Begun), "it is {:?} in silence", link.state);
    let Some((near, far)) = pair.both(link) else { return Ok(()) };
    for field in FIELDS.iter().filter(|field| !agree(field, &near, &far)) {
        let listed = link.conflicts.contains_key(field.name) || is_unreadable(field, &near);
        ensure!(listed || has_said(&pair.far.ledger, &far, field), "{}", differs(field, &near, &far, link));
    }
    Ok(())
}

/// A far contact's last change is at its near one. People at the near one may have edited since.
fn far_is_accounted_for(pair: &Pair, listed: &Listed, far: &RecordView) -> anyhow::Result<()> {
    let link = listed.links.values().find(|link| link.target.as_ref() == Some(&far.id));
    let Some(link) = link.filter(|link| link.state == LinkState::Linked) else { return Ok(()) };
    if listed.problems.contains_key(&link.key) {
        return Ok(());
    }
    let Some((near, far)) = pair.both(link) else { return Ok(()) };
    for field in FIELDS.iter().filter(|field| !agree(field, &near, &far)) {
        let listed = link.conflicts.contains_key(field.name) || is_unreadable(field, &near);
        ensure!(listed || has_said(&pair.near.ledger, &near, field), "{}", differs(field, &near, &far, link));
    }
    Ok(())
}

/// A near contact is in step with a far one, or it is listed why not.
fn near_has_its_pair(pair: &Pair, listed: &Listed, near: &RecordView) -> anyhow::Result<()> {
    let key = key(&near.id);
    let Some(link) = listed.links.get(&key) else { bail!("it is lost: no link") };
    let (far, code) = (link.target.as_deref().and_then(|id| pair.far.contact(id)), listed.code(&key));
    ensure!(breaks_rules(pair, near) == (link.state == LinkState::Quarantined), "it is {:?}, {code:?}", link.state);
    match (link.state, far) {
        (LinkState::Quarantined, _) => ensure!(matches!(code, Some("quarantined" | "rejected")), "{code:?}"),
        (LinkState::Linked, Some(far)) => {
            for field in FIELDS.iter().filter(|field| !agree(field, near, &far)) {
                stands(pair, listed, link, field, near, &far)
                    .map_err(|error| error.context(differs(field, near, &far, link)))?;
            }
            let status = |one: &RecordView| one.properties.get("lintel_status").cloned();
            let unsettled = link.conflicts.contains_key("status");
            ensure!(status(near) == status(&far) || unsettled, "{:?} and {:?}", status(near), status(&far));
        }
        (LinkState::Linked, None) => bail!("it is linked with {:?}, which is not there", link.target),
        (LinkState::TargetGone, far) => {
            ensure!(matches!(code, Some("target-gone" | "merged")), "it lost its pair in silence: {code:?}");
            let owner = far.as_ref().and_then(|far| far.properties.get("lintel_key"));
            ensure!(owner.is_none_or(|owner| !owner.ends_with(&format!("/{}", near.id))), "{:?} is there", link.target);
        }
        (LinkState::Refused, _) => {
            ensure!(code == Some("refused"), "it was refused in silence: {code:?}");
            // A portal takes nobody without a name and an address.
            let nobody = ["firstname", "lastname", "email"].iter().all(|name| !near.properties.contains_key(*name));
            ensure!(nobody, "it was refused: {:?}", listed.problems.get(&key));
        }
        (LinkState::SourceGone | LinkState::Begun, _) => bail!("it is {:?}", link.state),
    }
    Ok(())
}

fn breaks_rules(pair: &Pair, near: &RecordView) -> bool {
    pair.shape.rules == Rules::Strict && near.properties.get("lastname").is_some_and(|name| name == "Test")
}

/// A field that differs does so for a reason that is listed.
fn stands(
    pair: &Pair,
    listed: &Listed,
    link: &Link,
    field: &Field,
    near: &RecordView,
    far: &RecordView,
) -> anyhow::Result<()> {
    if let Some(conflict) = link.conflicts.get(field.name) {
        let told = |side: &Option<serde_json::Value>| side.as_ref().and_then(|one| one.as_str()).map(str::to_owned);
        let same = means_the_same(field.property, told(&conflict.target).as_ref(), value(far, field))
            && means_the_same(field.property, told(&conflict.source).as_ref(), value(near, field));
        ensure!(same || is_unreadable(field, near), "the conflict names other values: {conflict:?}");
        ensure!(!matches!(pair.shape.policy, Policy::Source | Policy::Target), "a conflict where one side wins");
        return Ok(());
    }
    if is_unreadable(field, near) {
        return Ok(());
    }
    ensure!(field.name == "email", "nothing says why");
    let code = listed.code(&link.key);
    ensure!(matches!(code, Some("shared-value" | "refused-at-source")), "no problem is listed: {code:?}");
    // Somebody else of one side has what the other side's has.
    let held = |portal: &Portal, own: &RecordView, wanted: Option<&String>| {
        let others = portal.vendor.records(CONTACTS).into_iter().filter(|other| other.id != own.id);
        wanted.is_some_and(|wanted| others.into_iter().any(|other| addresses(&other).any(|one| one == wanted)))
    };
    let taken = held(&pair.far, far, value(near, field)) || held(&pair.near, near, value(far, field));
    ensure!(taken, "it is free, and one of them goes without");
    Ok(())
}

/// Whoever was made at the far portal is at the near one, too, if the flow says so; else it is listed.
fn far_has_its_pair(pair: &Pair, listed: &Listed, far: &RecordView) -> anyhow::Result<()> {
    let owned = far.properties.contains_key("lintel_key");
    let linked = listed.links.values().find(|link| link.target.as_ref() == Some(&far.id));
    if owned || linked.is_some() || pair.shape.ways == Ways::Two(WhenNew::Leave) {
        return Ok(());
    }
    // Whoever was made for it there, or has its address, is set aside.
    let made = format!("target/contacts/{}", far.id);
    let is_it = |near: &RecordView| {
        let shares = addresses(near).any(|one| addresses(far).any(|other| one == other));
        shares || near.properties.get("lintel_key") == Some(&made)
    };
    if pair.near.vendor.records(CONTACTS).iter().any(|near| is_it(near) && listed.problems.contains_key(&key(&near.id)))
    {
        return Ok(());
    }
    let code = listed.code(&RecordKey::new("target", &far.id));
    ensure!(code == Some("not-made-at-source"), "it is nobody's, and no problem is listed: {code:?}");
    Ok(())
}

fn what_vanished_is_known(pair: &Pair, listed: &Listed, link: &Link) -> anyhow::Result<()> {
    let gone = pair.near.contact(link.key.id()).is_none();
    let known = link.state == LinkState::SourceGone || listed.has_many_missing();
    ensure!(!gone || known, "{} vanished and is {:?}", link.key, link.state);
    Ok(())
}

/// A person's word at one side is not undone by the other, but where both spoke and the flow says who wins.
fn people_are_right(pair: &Pair, listed: &Listed) -> anyhow::Result<()> {
    for (name, portal) in [("near", &pair.near), ("far", &pair.far)] {
        for ((id, property), said) in portal.ledger.said.iter().filter(|(_, said)| !said.agreed) {
            let Some(contact) = portal.contact(id) else { continue };
            let shown = contact.properties.get(*property);
            let filled_in = said.value.is_none() && !said.linked;
            let is_its =
                |link: &&Link| if name == "near" { link.key.id() == id } else { link.target.as_ref() == Some(id) };
            let link = listed.links.values().find(is_its);
            let withheld = *property == "email" && link.is_some_and(|link| link.withheld.contains_key("email"));
            ensure!(
                filled_in || withheld || means_the_same(property, shown, said.value.as_ref()),
                "{name} contact {id}: a person said {property} is {said:?}, and it is {shown:?}"
            );
        }
    }
    Ok(())
}

/// What is listed as a problem is one.
fn problems_are_true(pair: &Pair, listed: &Listed) -> anyhow::Result<()> {
    for (record, row) in &listed.problems {
        let link = listed.links.get(record);
        let both = link.and_then(|link| pair.both(link));
        let near = pair.near.contact(record.id());
        let still = match (row.problem.code.as_str(), near, both) {
            ("not-made-at-source", ..) => {
                let far = pair.far.contact(record.id());
                far.is_some_and(|far| !far.properties.contains_key("lintel_key"))
            }
            ("shared-value" | "refused-at-source" | "refused-value", _, Some((near, far))) => {
                FIELDS.iter().any(|field| !agree(field, &near, &far))
            }
            ("target-gone", Some(_), both) => both.is_none(),
            ("quarantined" | "rejected", Some(near), _) => breaks_rules(pair, &near),
            // Of too many that vanished at once nothing is taken for gone.
            (_, None, _) => listed.has_many_missing(),
            _ => true,
        };
        ensure!(still, "{record} is listed as {} ({}) and is not", row.problem.code, row.problem.reason);
    }
    Ok(())
}
