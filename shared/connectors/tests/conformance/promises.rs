//! The promises, one a test, each kept by every connector.

use crate::{
    subject::{Credentials, Subject, WRONG, all},
    time::Time,
};
use jiff::SignedDuration;
use lintel_connectors::{Error, Retry, surroundings::Clock};
use lintel_sandbox::faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm};
use std::time::Duration;

const A_WHILE: SignedDuration = SignedDuration::from_mins(2);

fn once(fault: Fault) -> FaultScript {
    FaultScript { seed: 1, rules: vec![FaultRule { times: Some(1), ..FaultRule::anywhere(fault) }] }
}

/// As a worker does it: whenever trying again helps, and as late as it is told to.
async fn make_at_last(subject: &dyn Subject, time: &Time, number: usize) -> Result<(), Error> {
    for _ in 0..20 {
        let error = match subject.make(number, time.within(A_WHILE)).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error.retry() {
            Retry::Now => {}
            Retry::After(pause) => time.pass(pause),
            Retry::At(moment) => {
                let pause = moment.duration_since(Clock::now(time));
                time.pass(Duration::try_from(pause).unwrap_or_default());
            }
            Retry::Never | Retry::NeedsPerson => return Err(error),
        }
    }
    panic!("{}: it never comes to an end", subject.name());
}

#[tokio::test]
async fn wrong_credentials_need_a_person_and_are_never_shown() {
    for (subject, time) in all(Credentials::Wrong).await {
        let error = subject.read(time.within(A_WHILE)).await.unwrap_err();
        assert_eq!(error.retry(), Retry::NeedsPerson, "{}: {error}", subject.name());
        let shown = format!("{error} {error:?} {subject:?}");
        assert!(!shown.contains(WRONG), "{} shows its credentials", subject.name());
    }
}

#[tokio::test]
async fn a_passing_trouble_of_any_kind_is_got_over() {
    let troubles = [
        Fault::ServerError { status: 500, body: ErrorBody::Text },
        Fault::ServerError { status: 502, body: ErrorBody::Html },
        Fault::CutBeforeCommit,
        Fault::CutAfterCommit,
        Fault::Truncated { keep_percent: 50 },
    ];
    for (subject, time) in all(Credentials::Right).await {
        for trouble in &troubles {
            subject.load_faults(once(trouble.clone()));
            let read = subject.read(time.within(A_WHILE)).await;
            assert!(read.is_ok(), "{} after {trouble:?}: {read:?}", subject.name());
        }
    }
}

#[tokio::test]
async fn however_a_vendor_says_wait_it_is_waited_for() {
    for (subject, time) in all(Credentials::Right).await {
        for (number, form) in LimitForm::ALL.into_iter().enumerate() {
            subject.load_faults(once(Fault::TooManyRequests { form, seconds: 90 }));
            let began = Clock::now(time.as_ref());
            let made = make_at_last(subject.as_ref(), &time, number).await;
            assert!(made.is_ok(), "{} after {form:?}: {made:?}", subject.name());
            let waited = Clock::now(time.as_ref()).duration_since(began);
            let least = if form == LimitForm::Bare { 1 } else { 29 };
            assert!(waited.as_secs() >= least, "{} after {form:?} waited {waited:#} only", subject.name());
        }
        assert_eq!(subject.over_limit(), 0, "{}", subject.name());
    }
}

#[tokio::test]
async fn nothing_is_made_twice_whatever_becomes_of_the_answer() {
    let doubts = [
        Fault::CutBeforeCommit,
        Fault::CutAfterCommit,
        Fault::Truncated { keep_percent: 30 },
        Fault::ServerError { status: 502, body: ErrorBody::Html },
    ];
    for (subject, time) in all(Credentials::Right).await {
        for (number, doubt) in doubts.iter().enumerate() {
            // Wherever in the making it strikes.
            for call in 1..=2 {
                let number = number * 10 + call;
                let rule = FaultRule { nth: vec![call as u64], ..FaultRule::anywhere(doubt.clone()) };
                subject.load_faults(FaultScript { seed: 1, rules: vec![rule] });
                make_at_last(subject.as_ref(), &time, number).await.unwrap();
                subject.load_faults(FaultScript::default());
                make_at_last(subject.as_ref(), &time, number).await.unwrap();
                assert_eq!(subject.made(number), 1, "{} after {doubt:?}", subject.name());
            }
        }
    }
}

#[tokio::test]
async fn a_walk_meets_everything_once_and_stays_within_the_limit() {
    const THINGS: usize = 230;
    for (subject, time) in all(Credentials::Right).await {
        for number in 0..THINGS {
            make_at_last(subject.as_ref(), &time, number).await.unwrap();
        }
        let mut met = subject.walk(time.within(A_WHILE)).await.unwrap();
        met.sort_unstable();
        assert_eq!(met, (0..THINGS).collect::<Vec<_>>(), "{}", subject.name());
        assert_eq!(subject.over_limit(), 0, "{}", subject.name());
    }
}
