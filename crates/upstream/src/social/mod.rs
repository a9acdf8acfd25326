//! What is known beforehand of providers that many people use, as data; and code for the one that bends the protocol.

pub(crate) mod github;
mod presets;

use model::provider::{EmailVerification, ProviderLogout, ProviderProtocol, UserIdForm};

pub use presets::PRESETS;

/// What a strategy knows of its provider before an administrator has said anything.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a provider")]
pub struct Preset {
    /// Auth0's name for it.
    pub strategy: &'static str,
    /// What its button says.
    pub label: &'static str,
    /// Whether anybody can have an account there, rather than a customer's own people.
    pub is_social: bool,
    /// What it speaks.
    pub protocol: ProviderProtocol,
    /// Where it is.
    pub place: Place,
    /// What is asked for unless the connection says otherwise.
    pub scope: &'static [&'static str],
    /// What an address is worth that it vouches for, unless the connection says otherwise.
    pub email_verification: EmailVerification,
    /// The form of the ids of its people.
    pub user_id_form: UserIdForm,
    /// How people sign out there.
    pub logout: ProviderLogout,
    /// Whether it can be told to ask the person again.
    pub reauthenticates: bool,
    /// Whether it says who is signed in there without showing a page (`prompt=none`).
    pub answers_silently: bool,
    /// Whether its secret is a private key that signs a JWT, and its answer a form, as Apple has it.
    pub is_apple: bool,
}

/// Where a provider is found.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In one place for everybody.
    Known {
        /// Its issuer.
        issuer: &'static str,
        /// Its metadata document.
        discovery_url: &'static str,
    },
    /// In one place for everybody, without a metadata document.
    WrittenDown {
        /// What stands for the issuer.
        issuer: &'static str,
        /// Where browsers are sent.
        authorization: &'static str,
        /// Where codes are exchanged.
        token: &'static str,
        /// Who it is.
        userinfo: &'static str,
    },
    /// At each customer's own, named by an option. `{}` stands for its value.
    Named {
        /// The option.
        option: &'static str,
        /// The issuer; none where only the metadata document knows it.
        issuer: Option<&'static str>,
        /// The metadata document.
        discovery_url: &'static str,
    },
    /// As the options `issuer`, `discovery_url` and the endpoints say.
    Configured,
}

impl Preset {
    /// The preset of a strategy; none for a strategy that is no provider's.
    pub fn of(strategy: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.strategy == strategy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::AddressPolicy;
    use crate::urls::UrlPolicy;

    #[test]
    fn every_place_is_one_that_may_be_asked() {
        let urls = UrlPolicy { allow_http: false, addresses: AddressPolicy::new(&[]) };
        for preset in PRESETS {
            let places = match preset.place {
                Place::Known { issuer, discovery_url } => vec![issuer, discovery_url],
                Place::WrittenDown { issuer, authorization, token, userinfo } => {
                    vec![issuer, authorization, token, userinfo]
                }
                Place::Named { issuer, discovery_url, .. } => issuer.into_iter().chain([discovery_url]).collect(),
                Place::Configured => Vec::new(),
            };
            for place in places {
                assert!(urls.check(&place.replace("{}", "acme.example")).is_ok(), "{} {place}", preset.strategy);
            }
        }
    }

    #[test]
    fn a_document_lies_below_the_issuer_it_is_of_except_where_the_issuer_is_elsewhere() {
        for preset in PRESETS {
            let (Place::Known { issuer, discovery_url } | Place::Named { issuer: Some(issuer), discovery_url, .. }) =
                preset.place
            else {
                continue;
            };
            let expected = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            let is_microsoft = preset.strategy == "windowslive";
            assert_eq!(discovery_url == expected, !is_microsoft, "{}", preset.strategy);
        }
    }

    /// Each of these sections has a line for it, in a table or as an example: how a connection to it is made, and what
    /// the ids of its people look like.
    #[test]
    fn the_guide_tells_of_every_preset() {
        let guide = include_str!("../../../../docs/guides/federation.md");
        for heading in ["## Here: a connection", "## Who they are"] {
            let (_, rest) = guide.split_once(heading).expect("the guide has this section");
            let section = rest.split("\n## ").next().expect("a text has a beginning");
            for Preset { strategy, .. } in PRESETS {
                assert!(tells_of(section, strategy), "docs/guides/federation.md, {heading}: no line for {strategy}");
            }
        }
    }

    fn tells_of(section: &str, strategy: &str) -> bool {
        let mut first_cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        section.contains(&format!(r#""strategy": "{strategy}""#))
            || first_cells.any(|cell| cell.contains(&format!("`{strategy}`")))
    }

    #[test]
    fn strategies_are_found_by_name() {
        assert_eq!(Preset::of("google-oauth2").map(|preset| preset.label), Some("Google"));
        assert!(Preset::of("auth0").is_none(), "our own database is no provider");
        assert!(Preset::of("samlp").is_none());
    }
}
