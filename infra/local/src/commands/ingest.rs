//! `lintel ingest FILE...`: delivers files to the running or a fresh local host, by the doors they would come through.

use super::Common;
use crate::{counted::counted, session::Session};
use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;
use lintel_cloud::{secrets::Secrets, store::MailState};
use lintel_connectors::{
    surroundings::SystemClock,
    transport::{HttpClient, ReqwestClient},
};
use lintel_domain::ids::FeedId;
use serde_json::json;
use std::{fs, net::SocketAddr, path::Path, path::PathBuf, sync::Arc, time::Duration};

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Mails (.eml, inbound-mail .json), reports (.csv), calendars (.ics).
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The feed a calendar belongs to; the file's name without its ending unless given.
    #[arg(long)]
    feed: Option<String>,
}

impl Ingest {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        session.publish().await?;
        let serving = match session.running() {
            Some(_) => None,
            None => Some(session.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?),
        };
        let url = match (session.running(), &serving) {
            (Some(note), _) => note.url.clone(),
            (None, Some(serving)) => format!("http://{}", serving.address),
            (None, None) => bail!("there is no host"),
        };
        let mut delivered = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let delivering = || format!("deliver {}", file.display());
            delivered.push((file, self.deliver(&session, &url, file, bytes).await.with_context(delivering)?));
        }
        session.host.quiet().wait(Duration::from_mins(2), |_, _| {}).await?;
        if serving.is_some() {
            crate::session::forget_host(&session.data_folder());
        }
        report(&session, &delivered).await
    }

    async fn deliver(&self, session: &Session, url: &str, file: &Path, bytes: Vec<u8>) -> anyhow::Result<Delivered> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("ics") => self.calendar(session, file, bytes).await,
            Some("csv") => post(session, url, "application/json", wrapped(session, &name, &bytes)?).await,
            _ => post(session, url, content_type(&name), bytes).await,
        }
    }

    async fn calendar(&self, session: &Session, file: &Path, bytes: Vec<u8>) -> anyhow::Result<Delivered> {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let feed = FeedId::new(self.feed.clone().unwrap_or(stem));
        if !session.settings.feeds.contains_key(&feed) {
            bail!("no feed {feed} is configured; name one with --feed");
        }
        session.host.take_calendar(&session.settings.id, &feed, Bytes::from(bytes)).await?;
        Ok(Delivered::Calendar(feed))
    }
}

/// What a file became.
enum Delivered {
    /// The mail's id.
    Mail(String),
    Calendar(FeedId),
}

/// The content type by which a mail file is read.
pub(crate) fn content_type(name: &str) -> &'static str {
    let ending = name.rsplit('.').next().unwrap_or_default();
    if ending.eq_ignore_ascii_case("json") { "application/json" } else { "message/rfc822" }
}

/// A report on its own becomes a mail from the first sender that is allowed.
pub(super) fn wrapped(session: &Session, name: &str, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let sender = session.settings.mail.senders.first().context("[mail] senders is empty")?;
    let sender = if sender.contains('@') { sender.clone() } else { format!("reports@{sender}") };
    let mail = json!({
        "headers": {
            "from": sender,
            "subject": name,
            "message_id": format!("<{}@lintel.example>", Timestamp::now().as_nanosecond()),
        },
        "envelope": { "to": "reports@lintel.example", "recipients": ["reports@lintel.example"], "from": sender },
        "plain": "",
        "attachments": [{
            "file_name": name,
            "content_type": "text/csv",
            "size": bytes.len(),
            "disposition": "attachment",
            "content": STANDARD.encode(bytes),
        }],
    });
    Ok(serde_json::to_vec(&mail)?)
}

async fn post(session: &Session, url: &str, content_type: &str, body: Vec<u8>) -> anyhow::Result<Delivered> {
    let settings = &session.settings;
    let name = settings.mail.secret.as_deref().context("[mail] secret is not configured")?;
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(session.sdk()), "dev", Arc::new(SystemClock));
    let credentials = secrets.get(&settings.id, name).await?;
    let mail = lintel_email_ingest::posted_id(&body);
    post_mail(&format!("{url}/email/{}", settings.id), credentials.expose(), content_type, body).await?;
    Ok(Delivered::Mail(mail))
}

/// Posts a mail as the inbound-mail vendor does.
pub(super) async fn post_mail(
    target: &str,
    credentials: &str,
    content_type: &str,
    body: Vec<u8>,
) -> anyhow::Result<()> {
    let request = http::Request::post(target)
        .header("authorization", format!("Basic {}", STANDARD.encode(credentials)))
        .header("content-type", content_type)
        .body(Bytes::from(body))?;
    let answer = ReqwestClient::default().send(request, Duration::from_secs(30)).await?;
    if !answer.status().is_success() {
        bail!("the host answered {}: {}", answer.status(), String::from_utf8_lossy(answer.body()));
    }
    Ok(())
}

async fn report(session: &Session, delivered: &[(&PathBuf, Delivered)]) -> anyhow::Result<()> {
    let org = session.org();
    let (mut set_aside, mut not_believed) = (0, 0);
    for (file, delivered) in delivered {
        let file = file.display();
        match delivered {
            Delivered::Mail(id) => {
                let mail = org.mail(id).await?.with_context(|| format!("{file}: mail {id} was not written down"))?;
                set_aside += usize::from(mail.state == MailState::Quarantined);
                println!("{file}: mail {id}: {} ({})", mail.outcome, mail.state.as_str());
            }
            Delivered::Calendar(feed) => match org.feed_row(feed).await?.failure {
                None => println!("{file}: feed {feed} was read"),
                Some(code) => {
                    not_believed += 1;
                    let told = org.attention().await?;
                    let entry = told.iter().find(|entry| entry.code == code && entry.subject == feed.as_str());
                    println!("{file}: {code}: {}", entry.map_or("the feed could not be read", |entry| &entry.text));
                }
            },
        }
    }
    let rows = org.quarantined().await?.len();
    println!("{}; `lintel queue` lists them", counted(rows, "quarantined row", "quarantined rows"));
    let unused = [
        (set_aside, "mail was", "mails were", "set aside"),
        (not_believed, "calendar was", "calendars were", "not believed"),
    ];
    let told: Vec<String> = unused
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many, what)| format!("{} {what}", counted(count, one, many)))
        .collect();
    if told.is_empty() { Ok(()) } else { bail!("{}", told.join(" and ")) }
}
