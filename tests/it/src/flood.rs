//! Five hundred people who sign in at the same moment: as many passwords are hashed as there is room for, and whoever asks
//! for something else does not wait for them.

use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::times::{ms, timed, within};
use crate::harness::{
    Admin, Answer, Application, Browser, Engine, Installation, PASSWORD, Tokens, http, on_each_engine,
};

const EMAIL: &str = "ada@example.com";
const PEOPLE: usize = 500;

on_each_engine! {
    rl_07_nobody_else_waits_for_a_flood_of_passwords,
}

async fn rl_07_nobody_else_waits_for_a_flood_of_passwords(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let application = Admin::of(&broker).await.application_for(EMAIL).await;
    let mut tokens = application.sign_in(EMAIL, PASSWORD).await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        let mut browser = Browser::through(http());
        let page = application.open(&mut browser).await;
        people.push((browser, page));
    }
    let flood =
        join_all(people.iter_mut().map(async |(browser, page)| page.submit(browser, EMAIL, PASSWORD).await.status));
    let mut times = Vec::new();
    let statuses = tokio::select! {
        statuses = flood => statuses,
        () = ask(&application, &mut tokens, &mut times) => unreachable!("it goes on asking"),
    };
    let (signed_in, busy) = (count(&statuses, 303), count(&statuses, 503));
    assert_eq!(signed_in + busy, PEOPLE, "{statuses:?}");
    assert!(signed_in > 0 && !times.is_empty());
    println!(
        "{engine:?}: of {PEOPLE} at once {signed_in} are signed in, and {busy} are told to try again; {} other questions \
         meanwhile, 99 of 100 within {:.0} ms",
        times.len(),
        ms(within(&times, 990)),
    );
    application.sign_in(EMAIL, PASSWORD).await;
    broker.stop().await;
}

/// Asks for what needs no password, again and again.
async fn ask(application: &Application, tokens: &mut Tokens, times: &mut Vec<Duration>) {
    let http = http();
    loop {
        let (time, keys) = timed(Answer::of(http.get(application.url(".well-known/jwks.json")))).await;
        keys.expect(200);
        times.push(time);
        let (time, user) = timed(application.userinfo(tokens)).await;
        user.expect(200);
        times.push(time);
        let (time, refreshed) = timed(application.refresh(tokens.refresh_token())).await;
        *tokens = Tokens(refreshed.expect(200).json());
        times.push(time);
    }
}

fn count(statuses: &[u16], wanted: u16) -> usize {
    statuses.iter().filter(|status| **status == wanted).count()
}
