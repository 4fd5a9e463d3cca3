//! One gap in a session: how long it has been seen, what was asked about it, and what to do next.

use super::reassembly::Settings;

/// The first run of missing messages. It begins at the message that delivery waits for.
#[derive(Debug)]
pub(super) struct Gap {
    /// The message after the last one missing.
    end: u64,
    since_ns: u64,
    later_packets: u32,
    asked: Option<Asked>,
    /// Requests since anything came of one.
    tries: u32,
}

#[derive(Debug)]
struct Asked {
    first: u64,
    end: u64,
    at_ns: u64,
    /// When a part of it last came in.
    filled_ns: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Wait,
    Ask,
    GiveUp,
}

impl Gap {
    pub(super) const fn new(end: u64, now_ns: u64) -> Self {
        Self { end, since_ns: now_ns, later_packets: 0, asked: None, tries: 0 }
    }

    /// Another packet came and messages from `expected` to `end` are still missing.
    pub(super) fn seen_again(&mut self, expected: u64, end: u64) {
        if expected >= self.end {
            // The gap was filled; behind it is another, whose far side arrived long enough ago.
            *self = Self::new(end, self.since_ns);
        }
        self.end = end;
        self.later_packets = self.later_packets.saturating_add(1);
    }

    /// Messages `first..next` are here. Returns how many of them had been asked for.
    pub(super) fn filled(&mut self, first: u64, next: u64, now_ns: u64) -> u64 {
        let Some(asked) = &mut self.asked else { return 0 };
        let count = next.min(asked.end).saturating_sub(first.max(asked.first));
        if count > 0 {
            asked.filled_ns = Some(now_ns);
            self.tries = 0;
        }
        count
    }

    pub(super) fn step(&self, settings: &Settings, unheard: bool, expected: u64, now_ns: u64) -> Step {
        let since = |then: u64| now_ns.saturating_sub(then);
        match &self.asked {
            None if since(self.since_ns) < settings.reorder_ns && self.later_packets < settings.reorder_packets => {
                Step::Wait
            }
            None if settings.requests => Step::Ask,
            None => Step::GiveUp,
            Some(asked) if expected >= asked.end => Step::Ask,
            Some(Asked { filled_ns: Some(then), .. }) if since(*then) >= settings.partial_ns => Step::Ask,
            Some(asked) if since(asked.at_ns) < settings.retry_ns => Step::Wait,
            Some(_) if self.tries >= if unheard { 1 } else { settings.tries } => Step::GiveUp,
            Some(_) => Step::Ask,
        }
    }

    /// `count` messages from `first` on are being asked for; true when that is the first time for this gap.
    pub(super) fn ask(&mut self, first: u64, count: u64, now_ns: u64) -> bool {
        self.tries += 1;
        self.asked.replace(Asked { first, end: first + count, at_ns: now_ns, filled_ns: None }).is_none()
    }

    pub(super) const fn was_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// When [`Self::step`] may next say something other than [`Step::Wait`] without a further packet.
    pub(super) fn deadline_ns(&self, settings: &Settings) -> u64 {
        match &self.asked {
            None => self.since_ns.saturating_add(settings.reorder_ns),
            Some(Asked { filled_ns: Some(then), .. }) => then.saturating_add(settings.partial_ns),
            Some(asked) => asked.at_ns.saturating_add(settings.retry_ns),
        }
    }
}
