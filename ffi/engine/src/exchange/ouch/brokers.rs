//! OUCH on the matching side: the sessions' orders, in step with the engine.
//!
//! An input becomes commands when everything about the one before is known, so the answer to it follows from the order of the ring alone.
//! The log keeps each input as received beside the first command it gives; one that gives none rides on the clock it came by. What the
//! log has no room for is not taken at all: the client is told so outside its session's numbers, which a recovery must find again.

use super::super::desk::Desk;
use super::super::lane::{ClientId, Inbound};
use super::mail::{Mail, Unnumbered};
use hftz_gateway::{Input, Traders};
use hftz_model::Command;
use std::collections::VecDeque;

/// What an input needs in the log: its clock, itself, a long command, and the heads of their records.
const ROOM: usize = 1024;

/// Every OUCH session's orders, and the messages about them.
pub struct Brokers {
    traders: Traders,
    pub mail: Mail,
    /// The clock of the input before.
    time_ns: u64,
    commands: Vec<Command>,
    /// Logins and goodbyes that came while the log had no room, in their order: at most two a session.
    late: VecDeque<Vec<u8>>,
}

impl Brokers {
    pub fn new(traders: Traders) -> Self {
        Self { traders, mail: Mail::default(), time_ns: 0, commands: Vec::new(), late: VecDeque::new() }
    }

    /// Takes what the ring brings, an input of the gateway or a command of somebody else.
    #[inline]
    pub fn hear(&mut self, desk: &mut Desk, inbound: &Inbound, message: &[u8]) {
        if inbound.client == ClientId::GATEWAY {
            self.input(desk, &inbound.command, message);
        } else {
            self.apply(desk, inbound, message);
        }
    }

    /// Applies a command. Reports on orders of these sessions become messages; nobody else waits for them.
    fn apply(&mut self, desk: &mut Desk, inbound: &Inbound, message: &[u8]) {
        let Self { traders, mail, .. } = self;
        traders.begin(&inbound.command);
        let before = desk.client_reports().len();
        desk.apply(inbound, message);
        desk.sift_client_reports(before, |event| traders.report(event, mail));
    }

    fn input(&mut self, desk: &mut Desk, clock: &Command, message: &[u8]) {
        while let Some(late) = self.late.pop_front() {
            if !desk.has_room(ROOM) {
                self.late.push_front(late);
                break;
            }
            self.take(desk, clock, &late);
        }
        if self.late.is_empty() && desk.has_room(ROOM) {
            self.take(desk, clock, message);
        } else {
            self.turn_away(message);
        }
    }

    fn take(&mut self, desk: &mut Desk, clock: &Command, message: &[u8]) {
        let Ok(input) = Input::decode(message) else { return };
        let own = |command| Inbound { command, arrival_ns: 0, client: ClientId::NOBODY, message_bytes: 0 };
        if clock.time_ns > self.time_ns {
            self.time_ns = clock.time_ns;
            self.apply(desk, &own(*clock), &[]);
        }
        let mut commands = std::mem::take(&mut self.commands);
        self.traders.take(&input, &mut commands, &mut self.mail);
        if commands.is_empty() {
            commands.push(*clock);
        }
        let mut message = message;
        for command in commands.drain(..) {
            self.apply(desk, &own(command), message);
            message = &[];
        }
        self.commands = commands;
    }

    #[cold]
    fn turn_away(&mut self, message: &[u8]) {
        let Ok(input) = Input::decode(message) else { return };
        let is_known = self.traders.knows(input.session());
        match input {
            Input::Message { .. } => self.traders.turn_away(&input, &mut Unnumbered(&mut self.mail)),
            // A session that is open needs no second opening.
            Input::Login { .. } if is_known => {}
            Input::Login { .. } | Input::Gone { .. } | Input::End => {
                if !self.late.iter().any(|late| late == message) {
                    self.late.push_back(message.to_vec());
                }
            }
        }
    }

    /// Ends the day for every session.
    pub fn end_of_day(&mut self, desk: &mut Desk) {
        let mut end = Vec::new();
        Input::End.encode(&mut end);
        self.input(desk, &Command::clock(self.time_ns), &end);
    }
}
