//! `lintel vault`: the keys of protected fields, what is sealed under them, and how they are changed.

use super::super::Common;
use super::{By, audit, decisions, known};
use crate::{counted::counted, session::Session};
use anyhow::bail;
use clap::{Args, Subcommand};
use lintel_cloud::{
    store::Purpose,
    vault::{KeyId, KeyStand},
};
use lintel_domain::{records::RecordKey, sync::Side};
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(crate) struct Vault {
    #[command(subcommand)]
    doing: Option<Doing>,
}

#[derive(Debug, Subcommand)]
enum Doing {
    /// Show what is kept of a protected field: of a conflict, or of a record that is set aside. It is written down who asked, and why.
    Open {
        flow: String,
        /// As `lintel flows FLOW` shows it: `tenants/7`.
        record: String,
        field: String,
        /// Why it has to be seen.
        #[arg(long, value_parser = reason)]
        why: String,
        #[command(flatten)]
        by: By,
    },
    /// Make a new data key. Earlier ones still open what they sealed.
    Rotate {
        #[command(flatten)]
        by: By,
    },
    /// Seal what is kept under the current key.
    Reseal,
    /// Give an earlier key up, once nothing is sealed under it.
    Retire {
        key: KeyId,
        #[command(flatten)]
        by: By,
    },
}

impl Vault {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        match &self.doing {
            None => keys(&session).await,
            Some(Doing::Open { flow, record, field, why, by }) => {
                let (flow, key) = (known(&session, flow)?, RecordKey::from_text(record));
                let purpose = Purpose::new(by.who(), why);
                let decisions = decisions(&session)?;
                let values = decisions.protected_values(&session.settings, &flow, (&key, field), &purpose).await?;
                for side in [Side::Source, Side::Target] {
                    let shown = values.get(&side).map_or("nothing is kept", |value| value.expose());
                    println!("{}: {shown}", side.as_str());
                }
                Ok(())
            }
            Some(Doing::Rotate { by }) => {
                let vault = session.connections()?.vault().clone();
                let rotation =
                    vault.rotate(&session.settings.id, &Purpose::new(by.who(), "lintel vault rotate")).await?;
                println!(
                    "data key {} is in force; from {} on nothing is sealed under an earlier one: `lintel vault reseal` then",
                    rotation.key,
                    rotation.settled_at.strftime("%F %H:%M UTC")
                );
                Ok(())
            }
            Some(Doing::Reseal) => reseal(&session).await,
            Some(Doing::Retire { key, by }) => {
                let purpose = Purpose::new(by.who(), "lintel vault retire");
                decisions(&session)?.retire(&session.settings, key, &purpose).await?;
                println!("data key {key} is given up");
                Ok(())
            }
        }
    }
}

/// What tells the audit's readers nothing is refused.
fn reason(text: &str) -> Result<String, String> {
    if Purpose::takes(text) {
        return Ok(text.to_owned());
    }
    Err(format!("it has 1 to {} characters, on one line", Purpose::LONGEST))
}

async fn keys(session: &Session) -> anyhow::Result<()> {
    let vault = session.connections()?.vault().clone();
    let mut keys = vault.keys(&session.settings.id).await?;
    keys.sort_by_key(|stand| stand.made_at);
    let mut kept = decisions(session)?.kept(&session.settings).await?;
    if keys.is_empty() && kept.is_empty() {
        println!("no key yet: the first is made when a flow sends a protected field");
    }
    for KeyStand { key, made_at, superseded_at } in keys {
        let made = made_at.strftime("%F %H:%M UTC");
        let until =
            superseded_at.map_or("in force".to_owned(), |at| at.strftime("superseded %F %H:%M UTC").to_string());
        let values = kept.remove(&key).unwrap_or_default();
        println!("{key} · made {made} · {until} · {}", counted(values, "value under it", "values under it"));
    }
    for (key, values) in kept {
        println!(
            "{key} · given up or missing · {}",
            counted(values, "value under it opens no more", "values under it open no more")
        );
    }
    for entry in vault.key_audit(&session.settings.id).await? {
        println!("{}", audit::told(&entry));
    }
    Ok(())
}

/// Of protected fields, what the doctor says; `None` where no flow sends one.
pub(crate) async fn health(session: &Session) -> anyhow::Result<Option<Result<String, String>>> {
    let settings = &session.settings;
    if settings.flows.values().all(|flow| flow.send_protected.is_empty()) {
        return Ok(None);
    }
    let keys = match session.connections()?.vault().keys(&settings.id).await {
        Ok(keys) => keys,
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    let held: BTreeSet<&KeyId> = keys.iter().map(|stand| &stand.key).collect();
    let kept = decisions(session)?.kept(settings).await?;
    let lost = kept.iter().find(|(key, _)| !held.contains(key));
    Ok(Some(match (lost, keys.iter().find(|stand| stand.superseded_at.is_none())) {
        (Some((key, values)), _) => {
            let values = counted(*values, "value is", "values are");
            Err(format!("{values} kept under {key}, which was given up or is missing"))
        }
        (None, Some(current)) => Ok(format!("{} is in force", current.key)),
        (None, None) => Ok("the first is made when it is needed".to_owned()),
    }))
}

async fn reseal(session: &Session) -> anyhow::Result<()> {
    let resealed = decisions(session)?.reseal(&session.settings).await?;
    for (key, values) in &resealed.found {
        println!("{} under {key}", counted(*values, "value was", "values were"));
    }
    if resealed.changed > 0 {
        println!("{} of them changed meanwhile: run it again", resealed.changed);
    }
    if resealed.lost > 0 {
        let values = counted(resealed.lost, "value does", "values do");
        bail!("{values} not open: their key was given up or is missing, or they were changed (`lintel vault`)");
    }
    if resealed.changed == 0 {
        println!("all that is kept is under the current key; `lintel vault retire KEY` gives an earlier one up");
    }
    Ok(())
}
