use super::*;

const NOW: i64 = 10_000_000;
const IDLE: u64 = 1_000;
const ABSOLUTE: u64 = 5_000;
const FAMILY: FamilyFacts<'static> = FamilyFacts { client_id: "app", is_revoked: false };
const FRESH: TokenFacts =
    TokenFacts { idle_expires_at_ms: Some(NOW + 1), expires_at_ms: Some(NOW + 2_000_000), consumed: None };

fn settings(leeway: Option<u64>) -> RefreshTokenSettings {
    RefreshTokenSettings { leeway, idle_token_lifetime: IDLE, token_lifetime: ABSOLUTE, ..Default::default() }
}

/// A token that was exchanged `seconds` ago and whose answer nobody has followed up.
fn consumed(seconds: i64) -> ConsumedFacts {
    ConsumedFacts {
        at_ms: NOW - seconds * 1000,
        response_is_kept: true,
        successor_was_seen: false,
        successor_was_consumed: false,
    }
}

fn decide_consumed(consumed: ConsumedFacts, leeway: Option<u64>) -> Decision {
    decide(&TokenFacts { consumed: Some(consumed), ..FRESH }, &FAMILY, "app", &settings(leeway), NOW)
}

#[test]
fn an_unused_token_is_exchanged_and_its_absolute_end_stays() {
    let lifetimes = Lifetimes { idle_expires_at_ms: Some(NOW + 1_000_000), expires_at_ms: Some(NOW + 2_000_000) };
    assert_eq!(decide(&FRESH, &FAMILY, "app", &settings(None), NOW), Decision::Issue(lifetimes));
    let stays = RefreshTokenSettings { rotation_type: RotationType::NonRotating, ..settings(None) };
    assert_eq!(decide(&FRESH, &FAMILY, "app", &stays, NOW), Decision::Keep(lifetimes));
}

#[test]
fn rt_09_each_end_holds_by_itself() {
    let idle = TokenFacts { idle_expires_at_ms: Some(NOW), ..FRESH };
    let over = TokenFacts { expires_at_ms: Some(NOW), ..FRESH };
    let decided = |token: &TokenFacts| decide(token, &FAMILY, "app", &settings(None), NOW);
    assert_eq!(decided(&idle), Decision::Refuse(RefreshRefused::Idle));
    assert_eq!(decided(&over), Decision::Refuse(RefreshRefused::Expired));
}

#[test]
fn rt_06_another_client_s_token_has_leaked() {
    assert_eq!(decide(&FRESH, &FAMILY, "other", &settings(None), NOW), Decision::WrongClient);
}

#[test]
fn a_revoked_family_stays_revoked_whoever_asks() {
    let revoked = FamilyFacts { is_revoked: true, ..FAMILY };
    let expected = Decision::Refuse(RefreshRefused::Revoked);
    assert_eq!(decide(&FRESH, &revoked, "app", &settings(None), NOW), expected);
    assert_eq!(decide(&FRESH, &revoked, "other", &settings(None), NOW), expected);
}

#[test]
fn without_a_leeway_repeats_are_answered_until_the_successor_is_seen() {
    assert_eq!(decide_consumed(consumed(0), None), Decision::Replay);
    assert_eq!(decide_consumed(consumed(999), None), Decision::Replay);
    assert_eq!(decide_consumed(consumed(1_000), None), Decision::Reuse);
    let seen = ConsumedFacts { successor_was_seen: true, ..consumed(0) };
    assert_eq!(decide_consumed(seen, None), Decision::Reuse);
}

#[test]
fn rt_01_rt_02_a_leeway_counts_seconds_and_zero_is_strict() {
    assert_eq!(decide_consumed(consumed(0), Some(0)), Decision::Reuse);
    // The loser of a race, whose clock was read before the winner's.
    assert_eq!(decide_consumed(consumed(-1), Some(0)), Decision::Reuse);
    assert_eq!(decide_consumed(consumed(29), Some(30)), Decision::Replay);
    assert_eq!(decide_consumed(consumed(30), Some(30)), Decision::Reuse);
    let seen = ConsumedFacts { successor_was_seen: true, ..consumed(5) };
    assert_eq!(decide_consumed(seen, Some(30)), Decision::Replay);
}

#[test]
fn only_the_immediately_previous_token_is_ever_answered() {
    for leeway in [None, Some(30)] {
        let two_back = ConsumedFacts { successor_was_consumed: true, ..consumed(1) };
        let forgotten = ConsumedFacts { response_is_kept: false, ..consumed(1) };
        assert_eq!(decide_consumed(two_back, leeway), Decision::Reuse);
        assert_eq!(decide_consumed(forgotten, leeway), Decision::Reuse);
    }
}

/// What a sweep may remove, and nothing before: the decision does not depend on whether it came.
#[test]
fn rt_01_a_swept_token_is_judged_as_if_its_row_were_there() {
    let decided = |family: &FamilyFacts<'_>, leeway| decide(&TokenFacts::SWEPT, family, "app", &settings(leeway), NOW);
    for leeway in [None, Some(0), Some(u64::MAX)] {
        assert_eq!(decided(&FAMILY, leeway), Decision::Reuse);
        assert_eq!(decided(&FamilyFacts { client_id: "other", ..FAMILY }, leeway), Decision::WrongClient);
        let revoked = Decision::Refuse(RefreshRefused::Revoked);
        assert_eq!(decided(&FamilyFacts { is_revoked: true, ..FAMILY }, leeway), revoked);
    }
}

#[test]
fn a_repeat_is_answered_within_the_window_alone() {
    let endless = RefreshTokenSettings { infinite_idle_token_lifetime: true, ..settings(None) };
    for (settings, window) in [(settings(None), Some(1_000_000)), (settings(Some(30)), Some(30_000)), (endless, None)] {
        assert_eq!(repeat_window_ms(&settings), window);
        let token = |age_ms: i64| TokenFacts {
            consumed: Some(ConsumedFacts { at_ms: NOW - age_ms, ..consumed(0) }),
            expires_at_ms: None,
            ..FRESH
        };
        let decided = |age_ms| decide(&token(age_ms), &FAMILY, "app", &settings, NOW);
        let last = window.map_or(i64::MAX / 2, |window| window - 1);
        assert_eq!(decided(last), Decision::Replay);
        if let Some(window) = window {
            assert_eq!(decided(window), Decision::Reuse);
        }
    }
}

#[test]
fn an_answer_wears_out_a_little_before_its_tokens_end() {
    let cases = [
        (86_400_000, 86_339_999, false),
        (86_400_000, 86_340_000, true),
        (86_400_000, i64::MAX, true),
        // A tenth of a short life.
        (10_000, 8_999, false),
        (10_000, 9_000, true),
        (0, -1, false),
        (0, 0, true),
    ];
    for (lifetime, age, expected) in cases {
        let now = NOW.saturating_add(age);
        assert_eq!(is_worn_out(NOW, NOW + lifetime, now), expected, "{age} of {lifetime}");
    }
}

#[test]
fn idleness_never_outlives_the_absolute_end() {
    let first = first_lifetimes(&RefreshTokenSettings { token_lifetime: 10, ..settings(None) }, NOW);
    assert_eq!(first, Lifetimes { idle_expires_at_ms: Some(NOW + 10_000), expires_at_ms: Some(NOW + 10_000) });
}

#[test]
fn infinite_lifetimes_have_no_end() {
    let endless =
        RefreshTokenSettings { infinite_token_lifetime: true, infinite_idle_token_lifetime: true, ..settings(None) };
    assert_eq!(first_lifetimes(&endless, NOW), Lifetimes { idle_expires_at_ms: None, expires_at_ms: None });
    let non_expiring = RefreshTokenSettings { expiration_type: ExpirationType::NonExpiring, ..settings(None) };
    assert_eq!(first_lifetimes(&non_expiring, NOW).expires_at_ms, None);
}

#[test]
fn rt_08_a_scope_may_only_narrow() {
    let granted = ScopeSet::parse("openid email");
    assert_eq!(narrowed_scope(&granted, None), Some(granted.clone()));
    assert_eq!(narrowed_scope(&granted, Some(&ScopeSet::parse("email"))), Some(ScopeSet::parse("email")));
    assert_eq!(narrowed_scope(&granted, Some(&ScopeSet::parse("email admin"))), None);
}
