//! `--count-only`: framing and types, nothing decoded.

use super::config::OnError;
use super::feed::{Feed, Step};
use super::report::{self, Report};
use crate::run::{Control, Counter, Outcome};
use hftz_wire::itch::TypeCounts;

/// Walks the whole input.
pub fn run(mut feed: Box<dyn Feed>, on_error: Option<OnError>, control: Control<'_>) -> Outcome {
    let mut counts = TypeCounts::new();
    let mut report = Report::default();
    let halt = || control.over();
    loop {
        let step = feed.count(&mut counts, &halt);
        control.show(Counter::BytesIn, feed.taken());
        control.show(Counter::Messages, counts.total());
        control.tick();
        match step {
            Ok(Step::More) if !control.over() => {}
            Ok(Step::More | Step::Stopped) => {
                report.stop(control);
                break;
            }
            Ok(Step::End) => break,
            Err(fault) => {
                if !report.pass_over(fault, on_error) {
                    break;
                }
                feed.skip();
            }
        }
    }
    report.close(feed.gzip(), on_error);
    report::outcome(feed.as_ref(), &counts, report, control)
}
