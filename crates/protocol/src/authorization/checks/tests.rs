use super::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn rules<'a>(callbacks: &'a [String], grant_types: &'static [GrantType], is_public: bool) -> ClientRules<'a> {
    ClientRules {
        callbacks,
        web_origins: &[],
        wildcards: SubdomainWildcards::On,
        app_type: AppType::RegularWeb,
        grant_types,
        is_public,
        must_push: false,
    }
}

const WEB: &[GrantType] = &[GrantType::AuthorizationCode];
const IMPLICIT: &[GrantType] = &[GrantType::AuthorizationCode, GrantType::Implicit];

fn asked(query: &str, grants: &'static [GrantType], is_public: bool) -> Result<AuthorizationRequest, Refusal> {
    let callbacks = ["https://app.example/cb".to_owned()];
    let params = Params::from_form(query.as_bytes()).expect("a readable query");
    check(&params, &rules(&callbacks, grants, is_public), callbacks[0].clone())
}

#[track_caller]
fn refused(query: &str, grants: &'static [GrantType], is_public: bool, error: ErrorCode) {
    let outcome = asked(query, grants, is_public);
    assert_eq!(outcome.map_err(|refusal| refusal.error), Err(error), "{query}");
}

#[test]
fn a_plain_code_request_is_read() {
    let query = format!(
        "client_id=c&response_type=code&scope=openid+email&state=s&nonce=n&max_age=0&prompt=login+consent\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&audience=https%3A%2F%2Fapi"
    );
    let request = asked(&query, WEB, true).expect("nothing is wrong with it");
    assert_eq!(request.response_mode, ResponseMode::Query);
    assert_eq!(request.prompt, [Prompt::Login, Prompt::Consent]);
    assert_eq!((request.max_age, request.audience.as_deref()), (Some(0), Some("https://api")));
    assert!(!request.redirect_uri_was_sent);
}

#[test]
fn each_check_refuses_with_its_own_code() {
    let overlong = format!("response_type=code&state={}", "s".repeat(9000));
    let cases = [
        ("response_type=code&state=1&state=2", ErrorCode::InvalidRequest),
        (overlong.as_str(), ErrorCode::InvalidRequest),
        ("response_type=code&request_uri=x", ErrorCode::InvalidRequestUri),
        ("", ErrorCode::InvalidRequest),
        ("response_type=none", ErrorCode::UnsupportedResponseType),
        ("response_type=code+code", ErrorCode::UnsupportedResponseType),
        ("response_type=code&response_mode=web_message", ErrorCode::InvalidRequest),
        ("response_type=code&scope=a%22b", ErrorCode::InvalidScope),
        ("response_type=code&prompt=maybe", ErrorCode::InvalidRequest),
        ("response_type=code&prompt=none+login", ErrorCode::InvalidRequest),
        ("response_type=code&max_age=soon", ErrorCode::InvalidRequest),
        ("response_type=code&dpop_jkt=x", ErrorCode::InvalidRequest),
        ("response_type=code&claims=email", ErrorCode::InvalidRequest),
        (r#"response_type=code&claims={"id_token":{"email":true}}"#, ErrorCode::InvalidRequest),
        (
            r#"response_type=code&claims={"id_token":{"acr":{"essential":true,"values":["x"]}}}"#,
            ErrorCode::UnmetAuthenticationRequirements,
        ),
        ("response_type=code&max_age=-1", ErrorCode::InvalidRequest),
    ];
    for (query, error) in cases {
        refused(query, WEB, false, error);
    }
}

#[test]
fn az_10_front_channel_tokens_need_the_implicit_grant_and_a_nonce() {
    for asks in FRONT_CHANNEL {
        let query = format!("response_type={asks}&nonce=n");
        refused(&query, WEB, false, ErrorCode::UnauthorizedClient);
        assert!(asked(&query, IMPLICIT, false).is_ok(), "{asks}");
        if asks.contains("id_token") {
            refused(&format!("response_type={asks}"), IMPLICIT, false, ErrorCode::InvalidRequest);
        }
        if asks.contains("code") {
            refused(&query, &[GrantType::Implicit], false, ErrorCode::UnauthorizedClient);
            refused(&query, IMPLICIT, true, ErrorCode::InvalidRequest);
        }
    }
    refused("response_type=code", &[GrantType::ClientCredentials], false, ErrorCode::UnauthorizedClient);
}

const FRONT_CHANNEL: [&str; 7] =
    ["id_token", "token", "id_token+token", "token+id_token", "code+id_token", "code+token", "token+code+id_token"];

#[test]
fn az_11_no_token_is_ever_sent_in_a_query() {
    for asks in FRONT_CHANNEL {
        let query = format!("response_type={asks}&nonce=n");
        refused(&format!("{query}&response_mode=query"), IMPLICIT, false, ErrorCode::InvalidRequest);
        for (mode, expected) in [
            ("", ResponseMode::Fragment),
            ("&response_mode=fragment", ResponseMode::Fragment),
            ("&response_mode=form_post", ResponseMode::FormPost),
        ] {
            let request = asked(&format!("{query}{mode}"), IMPLICIT, false).expect("allowed");
            assert_eq!(request.response_mode, expected, "{asks} {mode}");
        }
    }
}

/// What becomes of this request of a native application with this callback.
fn asked_natively(callback: &str, query: &str) -> Result<AuthorizationRequest, Refusal> {
    let callbacks = [callback.to_owned()];
    let client = ClientRules { app_type: AppType::Native, ..rules(&callbacks, IMPLICIT, false) };
    let params = Params::from_form(query.as_bytes()).expect("a readable query");
    check(&params, &client, callback.to_owned())
}

#[test]
fn az_11_a_form_is_posted_to_the_web_alone() {
    let own_scheme = "com.example.app:/cb";
    let description = "response_mode=form_post needs an http or https redirect_uri; leave response_mode out";
    let refusal = Refusal { error: ErrorCode::InvalidRequest, description: description.to_owned() };
    for asks in ["response_type=code", "response_type=id_token&nonce=n"] {
        let by_form = format!("{asks}&response_mode=form_post");
        assert_eq!(asked_natively(own_scheme, &by_form).as_ref(), Err(&refusal), "{asks}");
        let named = format!("{by_form}&redirect_uri=com.example.app%3A%2Fcb");
        assert_eq!(asked_natively(own_scheme, &named).as_ref(), Err(&refusal), "{asks}");
        assert!(asked_natively(own_scheme, asks).is_ok(), "{asks}");
        assert!(asked_natively(own_scheme, &format!("{asks}&response_mode=fragment")).is_ok(), "{asks}");
        for web in ["https://app.example/cb", "HTTPS://app.example/cb", "http://127.0.0.1/cb", "http://[::1]:8000/cb"] {
            assert!(asked_natively(web, &by_form).is_ok(), "{asks} {web}");
        }
    }
}

#[test]
fn az_14_a_silent_request_hears_that_nobody_has_a_second_factor() {
    let silently = "response_type=code&prompt=none&acr_values=";
    for acr_values in [MULTI_FACTOR.to_owned(), format!("other+{MULTI_FACTOR}")] {
        refused(&format!("{silently}{acr_values}"), WEB, false, ErrorCode::InteractionRequired);
        assert!(asked(&format!("response_type=code&acr_values={acr_values}"), WEB, false).is_ok());
    }
    assert!(asked(&format!("{silently}other"), WEB, false).is_ok());
    assert!(asked(&format!("{silently}{MULTI_FACTOR}x"), WEB, false).is_ok());
}

#[test]
fn co_08_only_s256_counts_as_a_challenge() {
    for method in ["", "&code_challenge_method=plain", "&code_challenge_method=s256"] {
        let query = format!("response_type=code&code_challenge={CHALLENGE}{method}");
        refused(&query, WEB, false, ErrorCode::InvalidRequest);
    }
    refused(
        "response_type=code&code_challenge=short&code_challenge_method=S256",
        WEB,
        false,
        ErrorCode::InvalidRequest,
    );
    refused("response_type=code&code_challenge_method=S256", WEB, false, ErrorCode::InvalidRequest);
}

#[test]
fn co_09_a_public_client_needs_pkce() {
    refused("response_type=code", WEB, true, ErrorCode::InvalidRequest);
    assert!(asked("response_type=code", WEB, false).is_ok());
}

#[test]
fn az_20_who_must_push_cannot_send_a_browser_with_parameters() {
    let callbacks = ["https://app.example/cb".to_owned()];
    let params = Params::from_form(b"response_type=code").expect("a readable query");
    let client = ClientRules { must_push: true, ..rules(&callbacks, WEB, false) };
    let outcome = check(&params, &client, callbacks[0].clone());
    assert_eq!(outcome.map_err(|refusal| refusal.error), Err(ErrorCode::InvalidRequest));
}

#[test]
fn the_redirect_uri_is_found_or_nothing_may_be_sent() {
    let one = ["https://app.example/cb".to_owned()];
    let two = ["https://app.example/cb".to_owned(), "https://app.example/other".to_owned()];
    let find = |query: &str, callbacks: &[String]| {
        let params = Params::from_form(query.as_bytes()).expect("a readable query");
        find_redirect_uri(&params, &rules(callbacks, WEB, false)).map_err(|refusal| refusal.error)
    };
    assert_eq!(find("", &one).as_deref(), Ok("https://app.example/cb"));
    assert_eq!(find("", &two), Err(ErrorCode::InvalidRequest));
    assert_eq!(
        find("redirect_uri=https%3A%2F%2Fapp.example%2Fother", &two).as_deref(),
        Ok("https://app.example/other")
    );
    assert_eq!(find("redirect_uri=https%3A%2F%2Fevil.example%2F", &one), Err(ErrorCode::InvalidRequest));
    let twice = "redirect_uri=https%3A%2F%2Fapp.example%2Fcb&redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
    assert_eq!(find(twice, &one), Err(ErrorCode::InvalidRequest));
    assert_eq!(find("client_id=a&client_id=a", &one), Err(ErrorCode::InvalidRequest));
    let wildcard = ["https://*.app.example/cb".to_owned()];
    let below = "https://one.app.example/cb";
    assert_eq!(find(&format!("redirect_uri={below}"), &wildcard).as_deref(), Ok(below));
    assert_eq!(find("", &wildcard), Err(ErrorCode::InvalidRequest));
}

#[test]
fn a_refusal_travels_as_the_answer_would_have() {
    let mode = |query: &str, redirect_uri: &str| {
        let rules = ClientRules { web_origins: &["https://app.example".to_owned()], ..rules(&[], WEB, false) };
        refusal_mode(&Params::from_form(query.as_bytes()).expect("a readable query"), redirect_uri, &rules)
    };
    let (web, own_scheme) = ("https://app.example/cb", "com.example.app:/cb");
    assert_eq!(mode("response_type=id_token", web), ResponseMode::Fragment);
    assert_eq!(mode("response_type=id_token", own_scheme), ResponseMode::Fragment);
    assert_eq!(mode("response_type=token+code", web), ResponseMode::Fragment);
    assert_eq!(mode("response_type=code&response_mode=form_post", web), ResponseMode::FormPost);
    assert_eq!(mode("response_type=code&response_mode=form_post", own_scheme), ResponseMode::Query);
    assert_eq!(mode("response_type=code&response_mode=web_message", web), ResponseMode::WebMessage);
    assert_eq!(mode("response_type=code&response_mode=web_message", "https://x.example/"), ResponseMode::Query);
    assert_eq!(mode("response_type=nonsense", web), ResponseMode::Query);
}

#[test]
fn az_28_a_message_goes_to_an_origin_that_the_client_has_named() {
    let allowed = |redirect_uri: &str, web_origins: &[&str]| {
        let callbacks = [redirect_uri.to_owned()];
        let web_origins: Vec<_> = web_origins.iter().map(|origin| (*origin).to_owned()).collect();
        let client = ClientRules { web_origins: &web_origins, ..rules(&callbacks, WEB, false) };
        let params = Params::from_form(b"response_type=code&response_mode=web_message").expect("a readable query");
        check(&params, &client, callbacks[0].clone()).map(|request| request.response_mode).map_err(|r| r.error)
    };
    let (sent, refused) = (Ok(ResponseMode::WebMessage), Err(ErrorCode::InvalidRequest));
    assert_eq!(allowed("https://app.example/cb", &["https://app.example"]), sent);
    assert_eq!(allowed("http://localhost:3000", &["https://app.example", "http://localhost:3000/"]), sent);
    assert_eq!(allowed("https://app.example/cb", &[]), refused);
    assert_eq!(allowed("https://app.example/cb", &["http://app.example"]), refused);
    assert_eq!(allowed("https://app.example:8443/cb", &["https://app.example"]), refused);
    assert_eq!(allowed("https://app.example.evil.example/cb", &["https://app.example"]), refused);
    assert_eq!(allowed("com.example.app:/cb", &["https://app.example"]), refused);
}
