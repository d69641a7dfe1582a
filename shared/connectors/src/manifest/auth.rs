//! How a call proves who makes it.

use super::BaseUrl;
use crate::webhooks::HeaderField;
use serde::Deserialize;

/// How a call proves who makes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// The secret in a header, behind a prefix.
    Header {
        name: HeaderField,
        #[serde(default)]
        prefix: String,
    },
    /// The secret is `user:password`.
    Basic,
    Bearer,
    /// A pair of headers; the secret is `id:secret`.
    KeyPair {
        id: HeaderField,
        secret: HeaderField,
    },
    /// OAuth 2 without a person (RFC 6749 section 4.4); the secret is a JSON object `{client_id, client_secret}`.
    ClientCredentials {
        token_url: TokenUrl,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        client: ClientProof,
        /// Further members of the secret that go into the form: `customer_key`.
        #[serde(default)]
        also: Vec<String>,
    },
    /// OAuth 2 with a person's consent (RFC 6749 section 4.1), from its refresh token on; the secret is a JSON object
    /// `{client_id, client_secret, refresh_token}`.
    AuthorizationCode {
        /// Where the person consents. Asked for these scopes; Lintel itself never opens it.
        authorize_url: BaseUrl,
        token_url: TokenUrl,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        client: ClientProof,
        #[serde(default)]
        also: Vec<String>,
    },
}

/// Where the token endpoint is. `{name}` stands for a setting of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TokenUrl {
    /// A path behind the API's own base URL.
    Below(String),
    Elsewhere(BaseUrl),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a path, or an https URL without a slash at its end; neither with a query")]
pub struct TokenUrlError;

impl TryFrom<String> for TokenUrl {
    type Error = TokenUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['?', '#']);
        if path {
            Ok(Self::Below(text))
        } else {
            BaseUrl::try_from(text).map(Self::Elsewhere).map_err(|_| TokenUrlError)
        }
    }
}

/// How a client proves itself at the token endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientProof {
    /// `client_id` and `client_secret` in the form.
    #[default]
    Form,
    /// In an `Authorization: Basic` header.
    Basic,
}
