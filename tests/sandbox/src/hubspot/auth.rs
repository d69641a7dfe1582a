//! Who may call: a static token, or OAuth tokens that expire (section 1).

use super::{
    PortalSettings, State,
    rates::App,
    replies::{Refusal, Replied, Reply},
};
use crate::{answer::Ask, clock::later, ids::hex32};
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// Access tokens that were issued, with the moment they expire.
#[derive(Debug, Default)]
pub(super) struct Tokens(HashMap<String, Timestamp>);

impl Tokens {
    pub(super) fn who(&self, settings: &PortalSettings, ask: &Ask) -> Result<App, Refusal> {
        let Some(token) = ask.authorization().strip_prefix("Bearer ").map(str::trim) else {
            return Err(Refusal::new(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."));
        };
        if token == settings.private_token {
            return Ok(App::Private);
        }
        match self.0.get(token) {
            Some(expires) if *expires > ask.now => Ok(App::OAuth),
            Some(_) => {
                Err(Refusal::new(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired."))
            }
            None => {
                Err(Refusal::new(401, "INVALID_AUTHENTICATION", "The OAuth token used to make this call is invalid."))
            }
        }
    }

    /// Everybody has to come for a new one.
    pub(super) fn expire_all(&mut self, now: Timestamp) {
        for expires in self.0.values_mut() {
            *expires = now;
        }
    }
}

/// A refresh; everything is in the form.
pub(super) fn token(state: &mut State, ask: &Ask) -> Replied {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&ask.body).into_owned().collect();
    let is = |key: &str, wanted: &str| form.get(key).is_some_and(|given| given == wanted);
    let refuse = |status: &str, message: &str| Err(Refusal::bare(400, message).with("status", json!(status)));
    let settings = &state.settings;
    if !is("grant_type", "refresh_token") {
        return refuse("BAD_GRANT_TYPE", "missing or unknown grant_type");
    }
    if !is("client_id", &settings.client_id) || !is("client_secret", &settings.client_secret) {
        return refuse("BAD_CLIENT_ID", "missing or invalid client id or client secret");
    }
    if !is("refresh_token", &settings.refresh_token) {
        return refuse("BAD_REFRESH_TOKEN", "missing or invalid refresh token");
    }
    // Tokens are as long as the vendor says they get.
    let access: String = (0..10).map(|_| hex32(&mut state.rng, "")).collect();
    state.tokens.0.insert(access.clone(), later(ask.now, settings.token_life));
    Ok(Reply::json(
        200,
        json!({
            "access_token": access, "refresh_token": settings.refresh_token,
            "expires_in": settings.token_life.as_secs(), "token_type": "bearer", "token_use": "access_token",
            "hub_id": settings.portal_id, "user_id": 1, "scopes": ["oauth"], "id_token": null,
        }),
    ))
}
