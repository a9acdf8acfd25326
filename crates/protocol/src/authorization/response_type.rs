use serde::{Deserialize, Serialize};

/// What the answer brings (RFC 6749 3.1.1, OAuth 2.0 Multiple Response Types 3 and 5): a code, an access token, an ID
/// token, or several of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub struct ResponseType {
    code: bool,
    id_token: bool,
    token: bool,
}

impl ResponseType {
    /// A code alone, the one response type that brings nothing secret through the browser.
    pub const CODE: ResponseType = ResponseType { code: true, id_token: false, token: false };
    /// An ID token alone.
    pub const ID_TOKEN: ResponseType = ResponseType { code: false, id_token: true, token: false };
    const TOKEN: ResponseType = ResponseType { code: false, id_token: false, token: true };

    /// Every response type.
    pub const ALL: [ResponseType; 7] = [
        ResponseType::CODE,
        ResponseType::ID_TOKEN,
        ResponseType::TOKEN,
        ResponseType { token: true, ..ResponseType::ID_TOKEN },
        ResponseType { id_token: true, ..ResponseType::CODE },
        ResponseType { token: true, ..ResponseType::CODE },
        ResponseType { code: true, id_token: true, token: true },
    ];

    /// Reads words in any order, each at most once.
    pub(super) fn from_wire(text: &str) -> Option<Self> {
        let mut read = ResponseType { code: false, id_token: false, token: false };
        for word in text.split_ascii_whitespace() {
            let asked = match word {
                "code" => &mut read.code,
                "id_token" => &mut read.id_token,
                "token" => &mut read.token,
                _ => return None,
            };
            if std::mem::replace(asked, true) {
                return None;
            }
        }
        (read.code || read.id_token || read.token).then_some(read)
    }

    /// The registered spelling.
    pub fn as_str(self) -> &'static str {
        match (self.code, self.id_token, self.token) {
            (true, false, false) => "code",
            (false, true, false) => "id_token",
            (false, true, true) => "id_token token",
            (true, true, false) => "code id_token",
            (true, false, true) => "code token",
            (true, true, true) => "code id_token token",
            (false, false, _) => "token",
        }
    }

    /// Whether the answer brings a code.
    pub fn brings_code(self) -> bool {
        self.code
    }

    /// Whether the answer brings an ID token.
    pub fn brings_id_token(self) -> bool {
        self.id_token
    }

    /// Whether the answer brings an access token.
    pub fn brings_access_token(self) -> bool {
        self.token
    }

    /// Whether tokens travel through the browser.
    pub fn is_front_channel(self) -> bool {
        self.id_token || self.token
    }
}

impl From<ResponseType> for &'static str {
    fn from(response_type: ResponseType) -> Self {
        response_type.as_str()
    }
}

impl TryFrom<String> for ResponseType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        ResponseType::from_wire(&text).ok_or_else(|| format!("{text:?} is no response type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_as_it_is_spelled() {
        for response_type in ResponseType::ALL {
            assert_eq!(ResponseType::from_wire(response_type.as_str()), Some(response_type));
        }
        let mut spellings = ResponseType::ALL.map(ResponseType::as_str);
        spellings.sort_unstable();
        assert!(spellings.windows(2).all(|pair| pair[0] != pair[1]), "{spellings:?}");
    }

    #[test]
    fn the_order_of_words_says_nothing() {
        for text in ["code id_token token", "token code id_token", " id_token  token code"] {
            assert_eq!(ResponseType::from_wire(text).map(ResponseType::as_str), Some("code id_token token"), "{text}");
        }
    }

    #[test]
    fn az_10_what_is_no_response_type() {
        for text in ["", " ", "none", "code code", "code none", "CODE", "code,token", "token token"] {
            assert_eq!(ResponseType::from_wire(text), None, "{text:?}");
        }
    }

    #[test]
    fn saved_requests_keep_their_spelling() {
        for (response_type, stored) in [(ResponseType::CODE, "\"code\""), (ResponseType::ID_TOKEN, "\"id_token\"")] {
            assert_eq!(serde_json::to_string(&response_type).expect("text"), stored);
            assert_eq!(serde_json::from_str::<ResponseType>(stored).expect("readable"), response_type);
        }
        assert!(serde_json::from_str::<ResponseType>("\"nonsense\"").is_err());
    }
}
