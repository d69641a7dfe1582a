//! Vendors that an organization describes itself, beside those that everybody has.

use super::{Auth, FindError, Manifest, ManifestFault, Source, TokenUrl, find, mappings, read, vendors};
use crate::{mapping::Mappings, transport::AddressPolicy};
use lintel_domain::settings::{Organization, OwnVendor};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;

/// Longest text of a manifest or of mappings. Bytes; the longest of our own has some 20,000.
pub const LONGEST_TEXT: usize = 128 * 1024;

/// The vendors one organization knows. A name that everybody has never leads to a description of one's own.
#[derive(Clone, Copy, Debug)]
pub struct Vendors<'a>(&'a BTreeMap<String, OwnVendor>);

impl<'a> Vendors<'a> {
    pub fn of(organization: &'a Organization) -> Self {
        Self(&organization.vendors)
    }

    /// The organization's own description of a vendor; none where everybody has one.
    pub fn own(self, vendor: &str) -> Option<&'a OwnVendor> {
        self.0.get(vendor).filter(|_| !is_taken(vendor))
    }

    /// The manifest of a vendor. Reads its text anew at every call: find once, keep what was found.
    pub fn find(self, vendor: &str) -> Result<Manifest, FindError> {
        self.own(vendor).map_or_else(|| find(vendor), |own| Ok(of_own(vendor, own)?.0))
    }

    /// How a vendor's records are mapped; none where they are not.
    pub fn mappings(self, manifest: &Manifest) -> Result<Mappings, FindError> {
        let vendor = manifest.vendor.as_str();
        self.own(vendor).map_or_else(|| mappings(manifest), |own| Ok(of_own(vendor, own)?.1))
    }
}

/// Reads what an organization wrote of a vendor. `folder` is where faults say its files stand.
///
/// # Errors
/// Whatever a connector's own files would be refused for; a name that everybody has, or another than the one it goes by; an
/// address that leads inwards.
pub fn read_own(vendor: &str, folder: &str, own: &OwnVendor) -> Result<(Manifest, Mappings), Vec<ManifestFault>> {
    let (file, mapping) = (format!("{folder}/connector.toml"), format!("{folder}/mapping.toml"));
    for (file, text) in [(&file, &own.manifest), (&mapping, &own.mapping)] {
        if text.len() > LONGEST_TEXT {
            let source = Source { file, text: "" };
            return Err(vec![source.fault(0, "", &format!("is longer than {LONGEST_TEXT} bytes"))]);
        }
    }
    let manifest = read(&file, &own.manifest)?;
    let source = Source { file: &file, text: &own.manifest };
    let mut faults: Vec<ManifestFault> = inward(&manifest)
        .into_iter()
        .map(|key| source.fault_at(&key, "leads inwards, where no vendor of an organization's own may be"))
        .collect();
    if is_taken(vendor) {
        faults.push(source.fault_at("vendor", &format!("`{vendor}` is the name of a vendor that everybody has")));
    }
    if manifest.vendor != vendor {
        faults.push(source.fault_at("vendor", &format!("must be `{vendor}`, as the configuration calls it")));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mappings = Mappings::read(&mapping, &own.mapping, &manifest)?;
    Ok((manifest, mappings))
}

fn of_own(vendor: &str, own: &OwnVendor) -> Result<(Manifest, Mappings), FindError> {
    read_own(vendor, vendor, own).map_err(|faults| FindError::Faulty { vendor: vendor.to_owned(), faults })
}

fn is_taken(vendor: &str) -> bool {
    vendors().any(|known| known == vendor)
}

/// The keys of addresses that lead inwards as they are written. Names are looked at when they are resolved.
fn inward(manifest: &Manifest) -> Vec<String> {
    let Some(api) = &manifest.api else { return Vec::new() };
    let mut urls = vec![("api.production".to_owned(), api.production.as_str())];
    urls.extend(api.sandbox.iter().map(|url| ("api.sandbox".to_owned(), url.as_str())));
    let alternatives = api.alternatives.iter().map(|(name, one)| (format!("api.alternatives.{name}.auth"), &one.auth));
    for (key, auth) in std::iter::once(("api.auth".to_owned(), &api.auth)).chain(alternatives) {
        if let Auth::ClientCredentials { token_url, .. } | Auth::AuthorizationCode { token_url, .. } = auth
            && let TokenUrl::Elsewhere(url) = token_url
        {
            urls.push((key, url.as_str()));
        }
    }
    let is_inward = |url: &str| {
        let url = Url::parse(url).ok();
        url.is_some_and(|url| url.host_str() == Some("localhost") || AddressPolicy::PublicHttps.check(&url).is_err())
    };
    urls.into_iter().filter(|(_, url)| is_inward(url)).map(|(key, _)| key).collect()
}

/// What was read of vendors, kept for as long as their descriptions are the same.
pub struct Known<T>(Mutex<BTreeMap<Name, Entry<T>>>);

/// A vendor of an organization's own belongs to that one alone.
type Name = (Option<String>, String);

/// What was read, and the description it was read from.
type Entry<T> = (Option<OwnVendor>, Arc<T>);

impl<T> Known<T> {
    pub fn get(
        &self,
        organization: &Organization,
        vendor: &str,
        read: impl FnOnce(Vendors<'_>) -> Result<T, FindError>,
    ) -> Result<Arc<T>, FindError> {
        let vendors = Vendors::of(organization);
        let own = vendors.own(vendor);
        let name = (own.map(|_| organization.id.to_string()), vendor.to_owned());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known.get(&name).filter(|(from, _)| from.as_ref() == own) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(read(vendors)?);
        known.insert(name, (own.cloned(), Arc::clone(&found)));
        Ok(found)
    }
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}
