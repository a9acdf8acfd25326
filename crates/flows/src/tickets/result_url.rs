//! Where a browser is sent once a link has been followed, and what is told there, in Auth0's words.

use model::ClientId;
use protocol::origin::origin_of;
use store::{Read, StoreError};
use url::Url;

use super::followed::Ended;

/// What is told at a result URL.
pub(super) struct Told<'a> {
    pub(super) success: bool,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) email: Option<&'a str>,
}

impl<'a> Told<'a> {
    pub(super) fn success(message: &'static str, email: Option<&'a str>) -> Self {
        Told { success: true, code: "success", message, email }
    }

    pub(super) fn ended(why: Ended, email: Option<&'a str>) -> Self {
        let (code, message) = match why {
            Ended::Expired => ("access_expired", "Access expired."),
            Ended::Spent | Ended::Unknown => ("used_ticket", "This URL can be used only once"),
            Ended::VerifiedAlready => ("already_verified", "This account is already verified."),
        };
        Told { success: false, code, message, email }
    }
}

/// Whether browsers may be sent there: to an origin of this client, or of any where none is named, or to one of the
/// tenant's logout URLs.
pub(crate) async fn is_allowed(
    db: &mut impl Read,
    address: &str,
    client: Option<&ClientId>,
) -> Result<bool, StoreError> {
    if !is_plain(address) {
        return Ok(false);
    }
    let Some(origin) = origin_of(address) else { return Ok(false) };
    if store::clients::is_origin(db, &origin, client).await? {
        return Ok(true);
    }
    let tenant = store::settings::tenant(db).await?;
    Ok(tenant.allowed_logout_urls.iter().any(|own| own == address))
}

/// Nothing that browsers and parsers could read in two ways.
fn is_plain(address: &str) -> bool {
    let is_one_place = |url: &Url| url.host_str().is_some_and(|host| !host.contains('*'));
    let is_bare = |url: Url| url.username().is_empty() && url.password().is_none() && is_one_place(&url);
    address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && Url::parse(address).is_ok_and(is_bare)
}

/// The address with what is told there. What its query holds already stays.
pub(super) fn with(address: &str, told: &Told<'_>) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    {
        let mut query = url.query_pairs_mut();
        if let Some(email) = told.email {
            query.append_pair("email", email);
        }
        query.append_pair("success", if told.success { "true" } else { "false" });
        query.append_pair("code", told.code).append_pair("message", told.message);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: bool) {
        assert_eq!(is_plain(address), expected, "{address:?}");
    }

    #[test]
    fn pw_13_an_address_that_can_be_read_in_two_ways_is_none() {
        check("https://app.example/done?x=1", true);
        check("https://app.example@evil.example/", false);
        check("https://:secret@app.example/", false);
        check("https://app.example\\@evil.example/", false);
        check("https://app.example/\r\nSet-Cookie: x", false);
        check("https://*.app.example/done", false);
        check("//app.example/", false);
        check("/done", false);
        check("", false);
    }

    #[test]
    fn what_happened_is_told_in_the_query_behind_what_is_there() {
        let told = Told::success("Done & dusted", Some("a+b@x.io"));
        assert_eq!(
            with("https://app.example/done?x=1#part", &told).as_deref(),
            Some(
                "https://app.example/done?x=1&email=a%2Bb%40x.io&success=true&code=success&message=Done+%26+dusted#part"
            )
        );
        let ended = Told::ended(Ended::Expired, None);
        assert_eq!(
            with("https://app.example", &ended).as_deref(),
            Some("https://app.example/?success=false&code=access_expired&message=Access+expired.")
        );
    }
}
