//! LOBSTER pairs: what is compared, what is not knowable, and how a difference is told.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_engine::run::Status;
use serde_json::json;
use support::{Scratch, replay};

const MESSAGES: &str = "\
34200.1,1,11,100,1000000,1
34200.2,1,12,50,1010000,-1
34200.3,4,12,20,1010000,-1
34200.4,5,0,7,1005000,1
34200.5,3,11,100,1000000,1
";

const BOOKS: &str = "\
9999999999,0,1000000,100
1010000,50,1000000,100
1010000,30,1000000,100
1010000,30,1000000,100
1010000,30,990000,5
";

fn pair(name: &str, messages: &str, books: &str) -> (Scratch, Scratch) {
    (
        Scratch::new(&format!("{name}-message_1.csv"), messages.as_bytes()),
        Scratch::new(&format!("{name}-book_1.csv"), books.as_bytes()),
    )
}

fn three_rows(text: &str) -> &str {
    let (end, _) = text.match_indices('\n').nth(2).unwrap();
    &text[..=end]
}

#[test]
fn every_knowable_level_is_compared_and_a_revealed_one_is_not() {
    let (messages, books) = pair("agree", MESSAGES, BOOKS);
    let outcome = replay(messages.path(), json!({"verify": books.path()}));
    assert_eq!(outcome.status, Status::Done);
    let figures = outcome.result;
    assert_eq!((&figures["rowsChecked"], &figures["rowsAgreed"]), (&json!(4), &json!(4)));
    // The bid that moved up after the delete came from outside the window.
    assert_eq!((&figures["levelsCompared"], &figures["levelsUnknowable"]), (&json!(7), &json!(1)));
}

#[test]
fn a_difference_is_told_in_full_and_counted_once() {
    let wrong = BOOKS
        .replace("1010000,30,1000000,100\n1010000,30,1000000,100", "1010000,31,1000000,100\n1010000,31,1000000,100");
    let (messages, books) = pair("differ", MESSAGES, &wrong);
    let outcome = replay(messages.path(), json!({"verify": books.path()}));
    assert_eq!((outcome.status, outcome.error.as_deref()), (Status::CheckFailed, Some("2 of 4 rows differ")));
    let first = &outcome.result["firstDifference"];
    assert_eq!(first["row"], json!(3));
    assert_eq!((&first["side"], &first["level"]), (&json!("ask"), &json!(1)));
    assert_eq!((&first["expected"]["size"], &first["found"]["size"]), (&json!(30), &json!(31)));
    assert_eq!(first["message"], json!("34200.3,4,12,20,1010000,-1"));
}

#[test]
fn files_of_different_lengths_do_not_belong_together() {
    for (file, messages, books, other) in [
        ("orderbook", MESSAGES, three_rows(BOOKS), "34200.4,5,0,7,1005000,1"),
        ("message", three_rows(MESSAGES), BOOKS, "1010000,30,1000000,100"),
    ] {
        let (messages, books) = pair("short", messages, books);
        let outcome = replay(messages.path(), json!({"verify": books.path()}));
        let text = format!("the {file} file ends before row 4: the two files do not belong together");
        assert_eq!((outcome.status, outcome.error), (Status::CheckFailed, Some(text)));
        assert_eq!(outcome.result["firstDifference"], json!({"row": 4, "missing": file, "other": other}));
        assert_eq!((&outcome.result["rowsChecked"], &outcome.result["rowsAgreed"]), (&json!(2), &json!(2)));
    }
}

#[test]
fn a_difference_counts_even_when_a_file_is_too_short() {
    let wrong = BOOKS.replacen("1010000,50", "1010000,51", 1);
    let (messages, books) = pair("both", MESSAGES, three_rows(&wrong));
    let outcome = replay(messages.path(), json!({"verify": books.path()}));
    assert_eq!(outcome.status, Status::CheckFailed);
    assert!(outcome.error.unwrap().starts_with("2 of 2 rows differ; and the orderbook file ends before row 4"));
}

#[test]
fn a_pair_the_wrong_way_round_is_told_as_that() {
    let (messages, books) = pair("swapped", MESSAGES, BOOKS);
    let outcome = replay(books.path(), json!({"verify": messages.path()}));
    assert_eq!(outcome.status, Status::Failed);
    assert!(outcome.error.unwrap().contains("the other one of a pair"));
}

#[test]
fn a_bad_field_names_its_file_line_and_column() {
    let (messages, books) = pair("field", &MESSAGES.replace("12,50", "12,fifty"), BOOKS);
    let verified = replay(messages.path(), json!({"verify": books.path()}));
    assert_eq!(verified.error.unwrap(), "message file, line 2 (offset 27): column 4 is no whole number in range");
    let replayed = replay(messages.path(), json!({}));
    assert_eq!(replayed.error.unwrap(), "line 2 (offset 27): column 4 is no whole number in range");
    let skipped = replay(messages.path(), json!({"onError": "skip"}));
    assert_eq!((skipped.status, &skipped.result["messages"]), (Status::Done, &json!(4)));
}

#[test]
fn rows_replay_as_the_feed_messages_they_stand_for() {
    let file = Scratch::new("TICK_2012-06-21_message_1.csv", MESSAGES.as_bytes());
    let (rows, feed) = (Scratch::new("rows", b""), Scratch::new("feed", b""));
    let outcome = replay(file.path(), json!({"output": "trades", "out": rows.path(), "to": feed.path(), "hash": true}));
    assert_eq!(outcome.result["byType"], json!({"A": 2, "E": 1, "D": 1, "P": 1}));
    let text = std::fs::read_to_string(rows.path()).unwrap();
    assert_eq!(text.lines().nth(1), Some("34200300000000,LOBSTER,101.0000,20,S,0"));
    // What was sent on is ITCH, and its books are the same.
    let again = replay(feed.path(), json!({"hash": true}));
    assert_eq!(again.result["hash"], outcome.result["hash"]);
}
