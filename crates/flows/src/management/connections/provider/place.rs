//! Where a provider is, and who it is.

use model::provider::{FixedEndpoints, Provider, ProviderEndpoints};
use protocol::origin::host_name;
use upstream::social::{Place, Preset};
use url::Url;

use super::super::super::body::{BodyInvalid, Fields};
use super::short;
use crate::{RequestContext, Services};

/// What stands behind an issuer (OpenID Connect Discovery 1.0 4).
const WELL_KNOWN: &str = ".well-known/openid-configuration";

const ENDPOINTS: [&str; 5] =
    ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"];

/// Where a provider is asked, and what is known of its issuer.
pub(super) struct Located {
    pub(super) endpoints: ProviderEndpoints,
    pub(super) issuer: Issuer,
}

/// What is known of an issuer before its metadata document was looked at.
pub(super) enum Issuer {
    /// All there is to know; nobody has to look.
    Known(String),
    /// The document must be of this one.
    Named(String),
    /// The document must be of one that it lies below.
    Above(String),
    /// The document says who it is.
    Theirs,
}

pub(super) fn read(svc: &Services, preset: &Preset, options: &mut Fields) -> Result<Located, BodyInvalid> {
    match preset.place {
        Place::Known { issuer, discovery_url } => {
            Ok(Located { endpoints: discovered(discovery_url), issuer: Issuer::Known(issuer.to_owned()) })
        }
        Place::WrittenDown { issuer, authorization, token, userinfo } => {
            let endpoints = FixedEndpoints {
                authorization: authorization.to_owned(),
                token: token.to_owned(),
                userinfo: Some(userinfo.to_owned()),
                ..FixedEndpoints::default()
            };
            written_down(svc, options, issuer, endpoints)
        }
        Place::Named { option, issuer, discovery_url } => {
            let name = host_of(options, option)?;
            match configured(svc, options)? {
                Some(located) => Ok(located),
                None => named(options, option, name, issuer, discovery_url),
            }
        }
        Place::Configured => {
            configured(svc, options)?.ok_or_else(|| options.wrong("discovery_url", "or an issuer must be given"))
        }
    }
}

fn discovered(url: &str) -> ProviderEndpoints {
    ProviderEndpoints::Discovered(url.to_owned())
}

/// A server of one's own in place of the one everybody uses, such as a GitHub Enterprise Server.
fn written_down(
    svc: &Services,
    options: &mut Fields,
    issuer: &str,
    usual: FixedEndpoints,
) -> Result<Located, BodyInvalid> {
    let [authorization, token, userinfo] =
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"].map(|name| options.take::<String>(name));
    let (authorization, token, userinfo) = (authorization?, token?, userinfo?);
    let (endpoints, issuer) = match (authorization, token, userinfo) {
        (None, None, None) => (usual, issuer.to_owned()),
        (Some(authorization), Some(token), Some(userinfo)) => {
            let origin = Url::parse(&authorization).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
            (FixedEndpoints { authorization, token, userinfo: Some(userinfo), ..usual }, origin)
        }
        _ => return Err(options.wrong("userinfo_endpoint", "must be given together with the other two endpoints")),
    };
    check(svc, options, &endpoints)?;
    Ok(Located { endpoints: ProviderEndpoints::Fixed(endpoints), issuer: Issuer::Known(issuer) })
}

/// What `issuer`, `discovery_url` and the endpoints say; none where they say nothing. Auth0 fills in the endpoints of
/// a document it was pointed at, and its tools send them back, so that the document goes first.
fn configured(svc: &Services, options: &mut Fields) -> Result<Option<Located>, BodyInvalid> {
    let issuer: Option<String> = filled(options, "issuer")?;
    let discovery_url: Option<String> = filled(options, "discovery_url")?;
    let [authorization, token, jwks, userinfo, end_session] = ENDPOINTS.map(|name| filled(options, name));
    let (authorization, token, jwks) = (authorization?, token?, jwks?);
    let (userinfo, end_session) = (userinfo?, end_session?);
    let located = match (discovery_url, issuer) {
        (Some(url), Some(issuer)) => Located { endpoints: discovered(&url), issuer: Issuer::Named(issuer) },
        (Some(url), None) => {
            let above = url.strip_suffix(WELL_KNOWN).map(|above| above.trim_end_matches('/').to_owned());
            let unnamed =
                || options.wrong("issuer", format!("is missing: it does not follow from a URL without {WELL_KNOWN}"));
            Located { endpoints: discovered(&url), issuer: Issuer::Above(above.ok_or_else(unnamed)?) }
        }
        (None, Some(issuer)) => {
            if let (Some(authorization), Some(token), jwks @ Some(_)) = (authorization, token, jwks) {
                let endpoints = FixedEndpoints { authorization, token, jwks, userinfo, end_session };
                check(svc, options, &endpoints)?;
                Located { endpoints: ProviderEndpoints::Fixed(endpoints), issuer: Issuer::Known(issuer) }
            } else {
                let url = format!("{}/{WELL_KNOWN}", issuer.trim_end_matches('/'));
                Located { endpoints: discovered(&url), issuer: Issuer::Named(issuer) }
            }
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(located))
}

fn named(
    options: &Fields,
    option: &str,
    name: Option<String>,
    issuer: Option<&str>,
    discovery_url: &str,
) -> Result<Located, BodyInvalid> {
    let name = name.ok_or_else(|| BodyInvalid::Missing { path: options.path_of(option) })?;
    let endpoints = discovered(&discovery_url.replace("{}", &name));
    let issuer = issuer.map_or(Issuer::Theirs, |issuer| Issuer::Named(issuer.replace("{}", &name)));
    Ok(Located { endpoints, issuer })
}

fn check(svc: &Services, options: &Fields, endpoints: &FixedEndpoints) -> Result<(), BodyInvalid> {
    let refused = svc.upstreams.check_endpoints(endpoints);
    refused.map_err(|refused| options.wrong("authorization_endpoint", format!("is refused: {refused}")))
}

fn filled(options: &mut Fields, name: &str) -> Result<Option<String>, BodyInvalid> {
    if options.take_null(name) || options.is_empty_text(name) {
        return Ok(None);
    }
    if options.has(name) { short(options, name).map(Some) } else { Ok(None) }
}

/// The host that an option names; tenants of Microsoft's may also be named by number.
fn host_of(options: &mut Fields, option: &str) -> Result<Option<String>, BodyInvalid> {
    let Some(text) = filled(options, option)? else { return Ok(None) };
    host_name(&text).map(Some).ok_or_else(|| options.wrong(option, "must be a host name"))
}

/// Who the provider is. Its document is looked at when its place is new.
pub(super) async fn settle(
    svc: &Services,
    cx: &RequestContext,
    endpoints: &ProviderEndpoints,
    issuer: &Issuer,
    held: Option<&Provider>,
) -> Result<String, BodyInvalid> {
    let (ProviderEndpoints::Discovered(url), false) = (endpoints, matches!(issuer, Issuer::Known(_))) else {
        return Ok(known(issuer));
    };
    if let Some(held) = held.filter(|held| fits(issuer, &held.issuer)) {
        return Ok(held.issuer.clone());
    }
    let found = svc.upstreams.discover(url, cx.now).await;
    let found =
        found.map_err(|refused| BodyInvalid::wrong("options.discovery_url", format!("is refused: {refused}")))?;
    if fits(issuer, &found) {
        return Ok(found);
    }
    Err(BodyInvalid::wrong("options.issuer", "is not the one that the provider's metadata document names"))
}

fn known(issuer: &Issuer) -> String {
    match issuer {
        Issuer::Known(issuer) | Issuer::Named(issuer) => issuer.clone(),
        Issuer::Above(_) | Issuer::Theirs => unreachable!("only endpoints that are written down have a known issuer"),
    }
}

fn fits(expected: &Issuer, found: &str) -> bool {
    match expected {
        Issuer::Known(issuer) | Issuer::Named(issuer) => issuer == found,
        Issuer::Above(prefix) => found.trim_end_matches('/') == prefix,
        Issuer::Theirs => true,
    }
}
