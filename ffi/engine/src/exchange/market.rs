//! The engine with what its owner keeps beside it, risk limits and the numbers of clients' orders: what a command goes through on its
//! way, wherever it comes from.

use super::numbers::Numbers;
use super::risk::Risk;
use super::terms::Terms;
use crate::publish::Names;
use crate::run::Refusal;
use hftz_book::matching::{Both, Engine, Objection, Sink};
use hftz_model::{Command, CommandKind};

/// Bytes of a saved state that say how long its next part is.
const LENGTH: usize = 4;

/// How a command came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By the owner's file or pipe, or from a gateway that keeps its clients' numbers itself.
    House,
    /// From a native client: the numbers of its session's orders must rise.
    Client,
}

/// The books, and what their owner allows.
pub struct Market {
    engine: Engine,
    risk: Option<Box<Risk>>,
    numbers: Numbers,
}

impl Market {
    /// Before its first command, and what its symbols are called.
    ///
    /// # Errors
    /// As [`Terms::engine`], and when the limits are wrong.
    pub fn new(terms: &Terms) -> Result<(Self, Names), Refusal> {
        let (engine, names) = terms.engine()?;
        let risk = terms.risk().map_err(Refusal::new)?.map(Box::new);
        Ok((Self { engine, risk, numbers: Numbers::new() }, names))
    }

    /// This one, which has seen no command, in a saved state of a market of the same terms.
    ///
    /// # Errors
    /// Why it is no such state, in words.
    pub fn restored(self, state: &[u8]) -> Result<Self, String> {
        let Self { engine, mut risk, mut numbers } = self;
        let (limits, rest) = part(state)?;
        let (used, books) = part(rest)?;
        let engine = engine.restored(books).map_err(|error| error.to_string())?;
        match &mut risk {
            Some(risk) => risk.restore(limits, &engine)?,
            None if limits.is_empty() => {}
            None => return Err("it is that of a market with risk limits".into()),
        }
        numbers.restore(used)?;
        Ok(Self { engine, risk, numbers })
    }

    /// Everything that decides what it will answer: what the limits have and the numbers of the sessions, each with its length (u32,
    /// little-endian) before it, and the engine.
    #[must_use]
    pub fn saved(&self) -> Vec<u8> {
        let mut state = Vec::new();
        append(&mut state, |state| {
            if let Some(risk) = &self.risk {
                risk.save(state);
            }
        });
        append(&mut state, |state| self.numbers.save(state));
        self.engine.save(|piece| state.extend_from_slice(piece));
        state
    }

    /// Applies one command completely.
    #[inline]
    pub fn apply<S: Sink>(&mut self, command: &Command, origin: Origin, sink: &mut S) {
        if self.risk.is_none() && origin == Origin::House {
            self.engine.apply(command, sink);
        } else {
            self.judge(command, origin, sink);
        }
    }

    #[inline(never)]
    fn judge<S: Sink>(&mut self, command: &Command, origin: Origin, sink: &mut S) {
        let Self { engine, risk, numbers } = self;
        let is_new = matches!(command.kind, CommandKind::New | CommandKind::NewLong);
        let is_used = origin == Origin::Client && is_new && !numbers.take(command.order_id);
        // The limits count what is refused, too.
        let is_beyond = risk.as_mut().is_some_and(|risk| !risk.admits(command, engine));
        let objection = match (is_used, is_beyond) {
            (true, _) => Some(Objection::UsedId),
            (_, true) => Some(Objection::BeyondRisk),
            _ => None,
        };
        match risk {
            None => pass(engine, command, objection, sink),
            Some(risk) => pass(engine, command, objection, &mut Both(&mut **risk, sink)),
        }
    }

    /// Applies commands of the owner's one after the other.
    #[inline]
    pub fn apply_all<S: Sink>(&mut self, commands: &[Command], sink: &mut S) {
        if self.risk.is_none() {
            self.engine.apply_all(commands, sink);
        } else {
            commands.iter().for_each(|command| self.judge(command, Origin::House, sink));
        }
    }

    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }
}

#[inline]
fn pass<S: Sink>(engine: &mut Engine, command: &Command, objection: Option<Objection>, sink: &mut S) {
    match objection {
        None => engine.apply(command, sink),
        Some(objection) => engine.apply_against(command, objection, sink),
    }
}

/// The first part of a saved state, and what follows it.
fn part(state: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let short = || "it ends before its end".to_owned();
    let (length, rest) = state.split_first_chunk::<LENGTH>().ok_or_else(short)?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)
}

/// Appends a part, its length before it.
fn append(state: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = state.len();
    state.extend_from_slice(&[0; LENGTH]);
    write(state);
    // At most 64 Ki accounts or sessions of a few bytes each.
    let length = u32::try_from(state.len() - at - LENGTH).unwrap_or(u32::MAX);
    state[at..at + LENGTH].copy_from_slice(&length.to_le_bytes());
}
