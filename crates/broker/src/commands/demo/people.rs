//! The people at the old provider. Nobody of these names was asked.

use serde_json::{Value, json};

/// How many there are.
pub(super) const COUNT: usize = 1000;
/// How many of them the new directory knows; the others are found when they first sign in.
const KNOWN: usize = 900;
/// Everybody's password. A real directory has a thousand of them, which take a minute to hash.
pub(super) const PASSWORD: &str = "harbour-lights-1";
/// Its bcrypt hash, as the old provider keeps it.
const HASH: &str = "$2b$10$K1NsEG8SFUeK7Ls3it8/DOXfq1/QUiQbBPOh8BwB5w/kEEXgeDM/2";

const GIVEN: [&str; 40] = [
    "Ada", "Amara", "Anton", "Aylin", "Bela", "Bruno", "Carla", "Chidi", "Clara", "Dara", "Dilan", "Edda", "Elif",
    "Emil", "Esra", "Farid", "Freya", "Gita", "Hana", "Hugo", "Ines", "Ivo", "Jana", "Kenji", "Lale", "Liam", "Lucia",
    "Malik", "Mara", "Mei", "Nadia", "Nils", "Oona", "Pavel", "Rana", "Samir", "Selma", "Tomas", "Yara", "Zofia",
];
const FAMILY: [&str; 25] = [
    "Albrecht",
    "Baptiste",
    "Castellan",
    "Dimitrov",
    "Eriksen",
    "Ferreira",
    "Gallo",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowal",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quispe",
    "Rossi",
    "Sato",
    "Tanaka",
    "Usman",
    "Varga",
    "Weber",
    "Yildiz",
    "Zeman",
];
/// The one whom an administrator of the old provider has shut out.
const BLOCKED: usize = 7;

fn name(index: usize) -> (&'static str, &'static str) {
    (GIVEN[index % GIVEN.len()], FAMILY[index / GIVEN.len() % FAMILY.len()])
}

fn email(index: usize) -> String {
    let (given, family) = name(index);
    format!("{given}.{family}@example.com").to_lowercase()
}

/// Three accounts worth trying: in the directory, at the old provider alone, blocked.
pub(super) fn to_try() -> [String; 3] {
    [email(0), email(COUNT - 1), email(BLOCKED)]
}

fn profile(index: usize) -> Value {
    let (given, family) = name(index);
    json!({
        "email": email(index),
        "email_verified": true,
        "given_name": given,
        "family_name": family,
        "name": format!("{given} {family}"),
        "nickname": given.to_lowercase(),
    })
}

fn external_id(index: usize) -> String {
    format!("5f1a{index:020x}")
}

/// Everybody, as an import file with password hashes.
pub(super) fn with_hashes() -> Vec<u8> {
    let person = |index| {
        let mut person = profile(index);
        person["user_id"] = json!(external_id(index));
        person["password_hash"] = json!(HASH);
        person["app_metadata"] = json!({ "plan": if index % 3 == 0 { "captain" } else { "crew" } });
        if index == BLOCKED {
            person["blocked"] = json!(true);
        }
        person
    };
    (0..COUNT).map(person).collect::<Value>().to_string().into_bytes()
}

/// Those the new directory knows, as an export without any secret: one profile a line.
pub(super) fn known() -> Vec<u8> {
    let line = |index| {
        let mut person = profile(index);
        person["user_id"] = json!(format!("auth0|{}", external_id(index)));
        format!("{person}\n")
    };
    (0..KNOWN).map(line).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everybody_has_an_address_of_their_own() {
        let addresses: HashSet<_> = (0..COUNT).map(email).collect();
        assert_eq!(addresses.len(), COUNT);
    }

    #[test]
    fn the_hash_is_of_the_password() {
        let password = credentials::password::Prepared::new(PASSWORD).expect("short");
        let limits = credentials::password::Limits::default();
        assert_eq!(credentials::password::verify("bcrypt", HASH, &password, &limits), Ok(true));
    }
}
