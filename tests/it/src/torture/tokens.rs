//! Applications that refresh one token after another.

use serde_json::json;

use super::people::CONNECTION;
use super::{Cut, Writing};
use crate::harness::{Admin, Answer, Application, PASSWORD, Tokens};

/// One refresh token and its successors.
pub(super) struct Chain {
    application: Application,
    email: &'static str,
    /// Whether a token may be presented again because the answer was lost.
    has_leeway: bool,
    token: String,
    is_in_doubt: bool,
    count: u64,
}

impl Chain {
    pub(super) async fn begin(admin: &Admin, application: Application, email: &'static str, has_leeway: bool) -> Self {
        admin.user(CONNECTION, email, &json!({})).await;
        let token = first_token(&application, email).await;
        Chain { application, email, has_leeway, token, is_in_doubt: false, count: 0 }
    }

    fn take(&mut self, answer: Answer) {
        Tokens(answer.expect(200).json()).refresh_token().clone_into(&mut self.token);
        self.is_in_doubt = false;
    }
}

impl Writing for Chain {
    async fn write(&mut self) -> Result<(), Cut> {
        self.is_in_doubt = true;
        let answer = self.application.try_refresh(&self.token).await?;
        self.take(answer);
        self.count += 1;
        Ok(())
    }

    async fn check(&mut self, _: &Admin) {
        let answer = self.application.refresh(&self.token).await;
        if self.is_in_doubt && !self.has_leeway && answer.status != 200 {
            // It was refreshed, and nobody has the successor.
            assert_eq!(answer.expect(400).error(), "invalid_grant");
            self.token = first_token(&self.application, self.email).await;
            self.is_in_doubt = false;
        } else {
            self.take(answer);
        }
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

async fn first_token(application: &Application, email: &str) -> String {
    application.sign_in(email, PASSWORD).await.refresh_token().to_owned()
}
