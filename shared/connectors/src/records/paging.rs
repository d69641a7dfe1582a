//! From one page of a list to the next.

use crate::manifest::{Paging, Stream};
use http::{HeaderMap, header::LINK};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where in a list a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageToken {
    #[default]
    First,
    /// Records before the page.
    Offset(u64),
    /// From 1.
    Number(u32),
    Cursor(String),
    /// Path and query below the base URL.
    Target(String),
    /// A page of the list of the stream through which this one's records change as well.
    Through(Box<PageToken>),
    /// A page of the stream's whole list in a read of what changed: more changed through another stream than are read one by one.
    Whole(Box<PageToken>),
}

/// The parameters that ask for a page.
pub(super) fn parameters(stream: &Stream, token: &PageToken) -> Vec<(String, String)> {
    let size = stream.page_size.to_string();
    match (&stream.paging, token) {
        (Paging::Offset { offset, limit, .. }, token) => {
            let from = if let PageToken::Offset(from) = token { *from } else { 0 };
            vec![(limit.clone(), size), (offset.clone(), from.to_string())]
        }
        (Paging::Page { number, size: name, .. }, token) => {
            let page = if let PageToken::Number(page) = token { *page } else { 1 };
            vec![(name.clone(), size), (number.clone(), page.to_string())]
        }
        (Paging::Cursor { parameter, size: name, .. }, token) => {
            let sized = name.iter().map(|name| (name.clone(), size.clone()));
            let cursor = match token {
                PageToken::Cursor(cursor) => Some((parameter.clone(), cursor.clone())),
                _ => None,
            };
            sized.chain(cursor).collect()
        }
        (Paging::LinkHeader | Paging::NextUrl { .. }, _) => Vec::new(),
    }
}

/// What comes after a page that held `count` records.
pub(super) fn next(
    stream: &Stream,
    token: &PageToken,
    base_url: &str,
    headers: &HeaderMap,
    body: &Value,
    count: usize,
) -> Option<PageToken> {
    let size = stream.page_size.get() as usize;
    match &stream.paging {
        Paging::Offset { total, .. } => {
            let from = if let PageToken::Offset(from) = token { *from } else { 0 };
            let until = from + count as u64;
            let more = match total.as_ref().and_then(|name| number(headers, name.name().as_str())) {
                Some(total) => until < total && count > 0,
                None => count >= size,
            };
            more.then_some(PageToken::Offset(until))
        }
        Paging::Page { pages, .. } => {
            let page = if let PageToken::Number(page) = token { *page } else { 1 };
            let pages = pages.as_ref().and_then(|pages| pages.find(body)?.as_u64());
            let more = pages.map_or(count >= size, |pages| u64::from(page) < pages);
            more.then_some(PageToken::Number(page + 1))
        }
        Paging::Cursor { next, .. } => next.text(body).map(PageToken::Cursor),
        Paging::LinkHeader => linked(headers).and_then(|url| below(base_url, &url)).map(PageToken::Target),
        Paging::NextUrl { next } => {
            next.find(body)?.as_str().and_then(|url| below(base_url, url)).map(PageToken::Target)
        }
    }
}

/// How many records the list has, where the answer tells.
pub(super) fn total(stream: &Stream, headers: &HeaderMap) -> Option<u64> {
    match &stream.paging {
        Paging::Offset { total: Some(total), .. } => number(headers, total.name().as_str()),
        _ => None,
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// `<url>; rel="next"` (RFC 8288).
fn linked(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(", <")).find_map(
        |link| {
            let (url, parameters) = link.trim_start_matches('<').split_once('>')?;
            let relations = ["rel=\"next\"", "rel=next"];
            relations.iter().any(|relation| parameters.contains(relation)).then(|| url.to_owned())
        },
    )
}

/// A next page elsewhere than at the vendor's own address is not followed: credentials go with the request.
fn below(base_url: &str, url: &str) -> Option<String> {
    let base = base_url.trim_end_matches('/');
    let rest = url.strip_prefix(base).or_else(|| {
        let path = url::Url::parse(base).ok()?.path().trim_end_matches('/').to_owned();
        url.starts_with('/').then(|| url.strip_prefix(path.as_str())).flatten()
    })?;
    rest.starts_with('/').then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_the_vendors_own_pages_are_followed() {
        let base = "https://api.example.com/v1";
        assert_eq!(below(base, "https://api.example.com/v1/people?page=2"), Some("/people?page=2".to_owned()));
        assert_eq!(below(base, "/v1/people?page=2"), Some("/people?page=2".to_owned()));
        assert_eq!(below(base, "https://evil.example/v1/people"), None);
        assert_eq!(below(base, "https://api.example.com/v1.evil.example/people"), None);
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let links = "<https://a.example/1>; rel=\"prev\", <https://a.example/3>; rel=\"next\"";
        headers.insert(LINK, HeaderValue::from_static(links));
        assert_eq!(linked(&headers), Some("https://a.example/3".to_owned()));
    }
}
