//! The HTTP surface as browsers and relying parties meet it. A test that shows a case of the security catalogue
//! begins with its id; a test of a refusal also shows that nothing changed.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod api_sign_up;
mod authorize;
mod backchannel_logout;
mod claims_parameter;
mod client_assertions;
mod codes;
mod consent;
mod cross_origin;
mod cross_site;
mod deleted_meanwhile;
mod deployments;
mod dpop;
mod email_verification;
mod erased;
mod floods;
mod headers;
mod introspection;
mod jobs;
mod languages;
mod late_repeats;
mod limits;
mod links;
mod logging;
mod login;
mod logout;
mod metrics;
mod moving;
mod password_reset;
mod permissions;
mod pushed_requests;
mod refresh;
mod refusals;
mod registration;
mod reserved_claims;
mod response_types;
mod revocation;
mod sessions;
mod sign_up;
mod signed_requests;
mod site;
mod subdomain_wildcards;
mod swept_refresh_tokens;
mod token_endpoint;
mod userinfo;
mod way_back;
