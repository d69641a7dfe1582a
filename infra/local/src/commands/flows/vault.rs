//! `lintel vault`: the keys of protected fields, what is sealed under them, and how they are changed.

use super::super::Common;
use super::{By, decisions, known};
use crate::{counted::counted, session::Session};
use clap::{Args, Subcommand};
use lintel_cloud::{
    store::Purpose,
    vault::{KeyId, KeyStand},
};
use lintel_domain::{records::RecordKey, sync::Side};

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
        #[arg(long)]
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

async fn keys(session: &Session) -> anyhow::Result<()> {
    let keys = session.connections()?.vault().keys(&session.settings.id).await?;
    if keys.is_empty() {
        println!("no key yet: the first is made when a flow sends a protected field");
    }
    for KeyStand { key, made_at, superseded_at } in keys {
        let made = made_at.strftime("%F %H:%M UTC");
        let until =
            superseded_at.map_or("in force".to_owned(), |at| at.strftime("superseded %F %H:%M UTC").to_string());
        println!("{key} · made {made} · {until}");
    }
    Ok(())
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
        println!("{} under no key any more", counted(resealed.lost, "value opens", "values open"));
    }
    if resealed.found.is_empty() {
        println!("all that is kept is under the current key; `lintel vault retire KEY` gives an earlier one up");
    }
    Ok(())
}
