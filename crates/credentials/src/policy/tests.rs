use super::*;

const ALL: [Level; 5] = [Level::None, Level::Low, Level::Fair, Level::Good, Level::Excellent];
const ALICE: PersonalInfo<'static> =
    PersonalInfo { email: Some("Alice.Doe@example.com"), username: Some("wonder"), tenant: Some("Landbridge") };

fn assessed(level: Level, password: &str) -> Assessment {
    assess(level, &Prepared::new(password).unwrap(), &ALICE)
}

fn check(level: Level, password: &str, expected: Option<Refusal>) {
    let assessment = assessed(level, password);
    assert_eq!(assessment.refusal(), expected, "{level:?}: {password}");
    assert_eq!(assessment.verified, expected.is_none(), "{level:?}: {password}");
}

#[test]
fn pw_10_seven_characters_are_refused_by_every_policy() {
    for level in ALL {
        check(level, "aB3$eF7", Some(Refusal::Strength));
    }
}

#[test]
fn pw_10_long_passwords_are_accepted_whole() {
    for length in [64, 128, 1000] {
        for level in ALL {
            check(level, &"aB3$eF7 ".repeat(125)[..length], None);
        }
    }
}

#[test]
fn length_counts_characters_and_not_bytes() {
    check(Level::Low, "\u{1f511}\u{1f511}\u{1f511}", Some(Refusal::Strength));
    check(Level::Low, "\u{1f511}\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f511}\u{1f40e}\u{1f50b}\u{1f4ce}", None);
    check(Level::Low, "e\u{301}e\u{301}e\u{301}e\u{301}", Some(Refusal::Strength));
}

#[test]
fn each_policy_asks_for_what_auth0_documents() {
    check(Level::None, "eight letters", None);
    check(Level::Low, "eightletters", None);
    check(Level::Fair, "eightletters1", Some(Refusal::Strength));
    check(Level::Fair, "eightLetters$", Some(Refusal::Strength));
    check(Level::Fair, "eightLetters1", None);
    check(Level::Good, "eightletters1", Some(Refusal::Strength));
    check(Level::Good, "eightletters1$", None);
    check(Level::Good, "eight Letters", None);
    check(Level::Excellent, "aB3$eF7gh", Some(Refusal::Strength));
    check(Level::Excellent, "aB3$eF7ghi", None);
    check(Level::Excellent, "aB3$eF7ggg", Some(Refusal::Strength));
    check(Level::Excellent, "aB3$eF7ggh", None);
}

#[test]
fn pw_10_the_most_common_passwords_are_refused_by_every_policy() {
    for level in ALL {
        assert!(!assessed(level, "Password1").verified, "{level:?}");
    }
    check(Level::Good, "P@ssw0rd", Some(Refusal::Dictionary));
}

#[test]
fn pw_10_personal_words_are_refused_wherever_they_stand() {
    for password in ["alice.doe@example.com", "x-ALICE.DOE-1", "sheWONDERs9", "mylandbridge1"] {
        check(Level::Low, password, Some(Refusal::UserInfo));
    }
    check(Level::Low, "correct horse battery", None);
}

#[test]
fn a_short_local_part_forbids_nothing() {
    let bo = PersonalInfo { email: Some("bo@example.com"), ..PersonalInfo::default() };
    assert!(assess(Level::Low, &Prepared::new("rainbow trout").unwrap(), &bo).verified);
}

#[test]
fn the_answer_lists_every_rule_in_auth0s_words() {
    let assessment = assessed(Level::Excellent, "alice.doe");
    let held: Vec<_> = assessment.rules.iter().map(|rule| (rule.code, rule.verified)).collect();
    assert_eq!(
        held,
        [
            ("lengthAtLeast", false),
            ("containsAtLeast", false),
            ("identicalChars", true),
            ("commonPassword", true),
            ("noPersonalInfo", false),
        ]
    );
    assert_eq!(
        assessment.policy_text(),
        "* At least 10 characters in length\n\
         * Contain at least 3 of the following 4 types of characters:\n \
         * lower case letters (a-z)\n \
         * upper case letters (A-Z)\n \
         * numbers (i.e. 0-9)\n \
         * special characters (e.g. !@#$%^&*)\n\
         * No more than 2 identical characters in a row (e.g., \"aaa\" not allowed)\n\
         * Not one of the most common passwords\n\
         * Not containing your email address or name"
    );
}

#[test]
fn an_assessment_has_the_wire_shape_of_auth0() {
    let json = serde_json::to_value(assessed(Level::Low, "short")).unwrap();
    assert_eq!(json["verified"], false);
    assert_eq!(
        json["rules"][0],
        serde_json::json!({
            "code": "lengthAtLeast", "message": "At least %d characters in length", "format": [8], "verified": false
        })
    );
}
