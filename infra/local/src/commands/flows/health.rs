//! Whether the vendors of flows can be reached, let us in, and are ready: one call each, and of a target what its set-up reads.

use super::{patience, setup};
use crate::{counted::counted, session::Session};
use lintel_cloud::connections::{ConnectionError, Connections};
use lintel_connectors::{
    records::{PageAsk, PageToken},
    roles::OpenError,
};
use lintel_domain::{ids::ConnectionId, settings::Organization};
use lintel_sync::Streams;
use std::collections::BTreeSet;

/// Of each connection that flows use, what is said of it, and what there is to say.
pub(crate) async fn of_connections(session: &Session) -> anyhow::Result<Vec<(String, Result<String, String>)>> {
    let (settings, connections, streams) = (&session.settings, session.connections()?, Streams::default());
    let used: BTreeSet<&ConnectionId> = settings.flows.values().flat_map(|flow| [&flow.from, &flow.to]).collect();
    let mut told = Vec::new();
    for id in used {
        let answers = answers(settings, &connections, &streams, id).await;
        told.push((format!("connection {id} for records"), answers));
        if settings.flows.values().any(|flow| flow.to == *id)
            && let Some(outcome) = set_up(session, &connections, id).await?
        {
            told.push((format!("target {id}"), outcome));
        }
    }
    Ok(told)
}

/// Asks for the first page of one of the streams that flows read or write.
async fn answers(
    settings: &Organization,
    connections: &Connections,
    streams: &Streams,
    id: &ConnectionId,
) -> Result<String, String> {
    let client = connections.records(settings, id).await.map_err(|error| error.to_string())?;
    let vendor = streams.of(settings, &client.manifest().vendor).map_err(|error| error.to_string())?;
    let ends = settings.flows.values().flat_map(|flow| [(&flow.from, &flow.stream), (&flow.to, &flow.into)]);
    // Relations are no stream of their own, and some streams take a call for each record.
    let one_call = |stream: &&str| client.manifest().streams.get(*stream).is_some_and(|stream| stream.detail.is_none());
    let mapped = ends.filter(|(end, _)| *end == id).filter_map(|(_, name)| Some((name, vendor.1.get(name)?)));
    let mut streams = mapped.map(|(name, mapping)| mapping.stream.as_deref().unwrap_or(name)).filter(one_call);
    let Some(stream) = streams.next() else { return Ok("nothing of it is read in one call".to_owned()) };
    let ask = PageAsk { stream, token: PageToken::First, changed_since: None, fields: &[] };
    let page = client.page(&ask, patience()).await.map_err(|error| format!("{} · {error}", error.code()))?;
    let total =
        page.total.map(|total| format!(", which has {}", counted(total, "record", "records"))).unwrap_or_default();
    Ok(format!("answers for {stream}{total}"))
}

/// Whether a target was made ready, and has everything that flows write by now; `None` where there is nothing to make ready.
async fn set_up(
    session: &Session,
    connections: &Connections,
    id: &ConnectionId,
) -> anyhow::Result<Option<Result<String, String>>> {
    let setup = match connections.record_setup(&session.settings, id).await {
        Ok(setup) => setup,
        Err(ConnectionError::Open(OpenError::WrongRole { .. })) => return Ok(None),
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    if session.org().target_ids(id).await?.is_none() {
        return Ok(Some(Err(format!("was not set up: `lintel setup {id}`"))));
    }
    let plan = match setup.plan(&setup::mapped(session, id)?, patience()).await {
        Ok(plan) => plan,
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    Ok(Some(match (plan.faults.first(), plan.missing.first()) {
        (Some(fault), _) => Err(fault.to_string()),
        (None, Some(part)) => {
            let parts = counted(plan.missing.len(), "part", "parts");
            Err(format!("lacks {parts} by now, such as {part}: `lintel setup {id}`"))
        }
        (None, None) => Ok("was set up".to_owned()),
    }))
}
