//! The engine with the risk limits before it: what a command goes through on its way, wherever it comes from.

use super::risk::Risk;
use super::terms::Terms;
use crate::publish::Names;
use hftz_book::matching::{Both, Engine, Sink};
use hftz_model::Command;

/// Bytes of a saved state that say how many belong to the limits.
const LENGTH: usize = 4;

/// The books, and what their owner allows.
pub struct Market {
    engine: Engine,
    risk: Option<Box<Risk>>,
}

impl Market {
    /// Before its first command, and what its symbols are called.
    ///
    /// # Errors
    /// When a table is wrong or memory is short.
    pub fn new(terms: &Terms) -> Result<(Self, Names), String> {
        let (engine, names) = terms.engine()?;
        let risk = terms.risk()?.map(Box::new);
        Ok((Self { engine, risk }, names))
    }

    /// In a saved state of a market of these terms.
    ///
    /// # Errors
    /// Why it is no such state, in words.
    pub fn restored(terms: &Terms, state: &[u8]) -> Result<Self, String> {
        let (Self { engine, mut risk }, _) = Self::new(terms)?;
        let short = || "it ends before its end".to_owned();
        let (length, rest) = state.split_first_chunk::<LENGTH>().ok_or_else(short)?;
        let (limits, books) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
        let engine = engine.restored(books).map_err(|error| error.to_string())?;
        match &mut risk {
            Some(risk) => risk.restore(limits, &engine)?,
            None if limits.is_empty() => {}
            None => return Err("it is that of a market with risk limits".into()),
        }
        Ok(Self { engine, risk })
    }

    /// Everything that decides what it will answer: the length of what the limits have (u32, little-endian), that, and the engine.
    #[must_use]
    pub fn saved(&self) -> Vec<u8> {
        let mut state = vec![0; LENGTH];
        if let Some(risk) = &self.risk {
            risk.save(&mut state);
        }
        let length = u32::try_from(state.len() - LENGTH).unwrap_or(0);
        state[..LENGTH].copy_from_slice(&length.to_le_bytes());
        self.engine.save(|piece| state.extend_from_slice(piece));
        state
    }

    /// Applies one command completely.
    #[inline]
    pub fn apply<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        match &mut self.risk {
            None => self.engine.apply(command, sink),
            Some(risk) => within(&mut self.engine, risk, command, sink),
        }
    }

    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }
}

#[inline(never)]
fn within<S: Sink>(engine: &mut Engine, risk: &mut Risk, command: &Command, sink: &mut S) {
    if risk.admits(command, engine) {
        engine.apply(command, &mut Both(risk, sink));
    } else {
        engine.apply_beyond_risk(command, &mut Both(risk, sink));
    }
}
