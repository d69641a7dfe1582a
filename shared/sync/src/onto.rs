//! Records that are written onto another flow's: a lease's dates and rent onto its unit.

use crate::{SyncError, pull::Pulled, push::Pushed, relate::NOT_LINKED};
use lintel_cloud::store::OrgTable;
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, Onto},
};

/// New records with the target's record each is written onto; and those whose record is not there yet, which are looked at again
/// whenever they are read.
pub(crate) async fn resolve(
    onto: &Onto,
    table: &OrgTable,
    records: Vec<(Pulled, Option<Link>)>,
) -> Result<(Vec<(Pulled, Link, String)>, Vec<Pushed>), SyncError> {
    let keys: Vec<RecordKey> = records.iter().filter_map(|(record, _)| under(onto, record)).collect();
    let targets = table.targets_of(&onto.flow, &keys).await?;
    let (mut found, mut waiting) = (Vec::new(), Vec::new());
    for (record, was) in records {
        let under = under(onto, &record);
        let target = under.as_ref().and_then(|key| targets.get(key).cloned());
        let mut link = Link::new(record.key.clone(), LinkState::Linked, String::new());
        match target {
            Some(target) => {
                // The target has had something of it before, if only nothing.
                link.target = Some(target.clone());
                found.push((record, link, target));
            }
            None => {
                link.state = LinkState::Refused;
                link.waits_for = under.iter().map(ToString::to_string).collect();
                let what = under
                    .map_or_else(|| format!("it has no {}", onto.by), |key| format!("{key}: not at the target yet"));
                waiting.push(Pushed { problem: Some((NOT_LINKED, what)), ..Pushed::untold(was, link) });
            }
        }
    }
    Ok((found, waiting))
}

fn under(onto: &Onto, record: &Pulled) -> Option<RecordKey> {
    record.all.text(&onto.by).map(RecordKey::from_text)
}
