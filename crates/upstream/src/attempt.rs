//! What a source is asked about.

use std::net::IpAddr;

use model::UserId;
use secrecy::SecretString;

/// A password somebody typed, to be checked at a source.
///
/// The caller caps the length of both texts, and sees to it that neither is empty.
pub struct PasswordAttempt<'a> {
    /// The address, username or phone number as the source knows it: of a person in the directory the stored
    /// spelling, otherwise what was typed.
    pub username: &'a str,
    /// The password, as it was typed.
    pub password: &'a SecretString,
    /// Where the person is, so that the source counts attempts against them and not against us.
    pub end_user_ip: Option<IpAddr>,
    /// Whose password it must be, where the directory knows the person. An answer for any other `sub` is
    /// [`crate::Garbage::OtherPerson`]. Without it, the answer must name the `username`.
    pub expected: Option<&'a UserId>,
}
