//! What a request proves itself with: headers that never change, or a token that is renewed.

use super::keeper::{Errand, TokenKeeper};
use crate::error::Error;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use lintel_domain::private::Private;

/// What a driver's requests prove themselves with.
#[derive(Debug)]
pub enum Credentials {
    Fixed(HeaderMap),
    Renewed(Box<TokenKeeper>),
}

/// What one request went out with.
pub(super) enum Proof {
    Fixed(HeaderMap),
    Token(Private),
}

impl Credentials {
    pub(super) async fn proof(&self, errand: Errand<'_>) -> Result<Proof, Error> {
        match self {
            Self::Fixed(headers) => Ok(Proof::Fixed(headers.clone())),
            Self::Renewed(keeper) => keeper.token(errand).await.map(Proof::Token),
        }
    }

    /// After a request was refused for its proof: another proof worth one try, if there is one.
    pub(super) async fn another(&self, errand: Errand<'_>, refused: &Proof) -> Result<Option<Proof>, Error> {
        match (self, refused) {
            (Self::Renewed(keeper), Proof::Token(refused)) => {
                Ok(keeper.another(errand, refused).await?.map(Proof::Token))
            }
            _ => Ok(None),
        }
    }

    /// The vendor took the proof.
    pub(super) fn accepted(&self, proof: &Proof) {
        if let (Self::Renewed(keeper), Proof::Token(token)) = (self, proof) {
            keeper.accepted(token);
        }
    }
}

impl Proof {
    pub(super) fn put_into(&self, headers: &mut HeaderMap) -> Result<(), http::Error> {
        match self {
            Self::Fixed(fixed) => headers.extend(fixed.clone()),
            Self::Token(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(())
    }
}
