//! What an exchange was set up with: all that, beside the orders themselves, decides its reports (rule 12). A journal
//! keeps them, so that a recovery needs no flag to be given again.

use super::config::{MatchConfig, SelfTrade};
use super::risk::Risk;
use super::{room, symbols, table};
use crate::publish::Names;
use crate::run::Refusal;
use hftz_book::matching::{Engine, Settings, SetupError};
use hftz_gateway::Symbols;
use hftz_model::SelfTradeMode;
use serde::{Deserialize, Serialize};

/// The terms of trade of one exchange.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    capacity: u32,
    self_trade: SelfTrade,
    /// Text of the symbol table, if there is one.
    symbols: Option<String>,
    /// Text of the table of risk limits, if there is one.
    #[serde(default)]
    risk: Option<String>,
}

impl Terms {
    /// # Errors
    /// When the symbol table or the risk limits cannot be read.
    pub fn of(config: &MatchConfig) -> Result<Self, String> {
        let symbols = config.symbols.as_deref().map(table::read).transpose()?;
        let risk = config.risk.as_deref().map(table::read).transpose()?;
        let terms = Self { capacity: config.capacity, self_trade: config.self_trade, symbols, risk };
        // Checked here, where the file has a name.
        let path = config.symbols.as_deref().unwrap_or_default();
        terms.listings().map_err(|e| format!("{path}: {e}"))?;
        let path = config.risk.as_deref().unwrap_or_default();
        terms.risk().map_err(|e| format!("{path}: {e}"))?;
        Ok(terms)
    }

    /// # Errors
    /// When the bytes are not what [`Self::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|e| format!("the journal's settings cannot be read: {e}"))
    }

    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The engine before its first command, and what its symbols are called.
    ///
    /// # Errors
    /// When the symbol table is wrong; [`Status::Unavailable`](crate::run::Status) when memory is short.
    pub fn engine(&self) -> Result<(Engine, Names), Refusal> {
        let listings = self.listings().map_err(Refusal::new)?;
        let settings = Settings {
            capacity: self.capacity,
            self_trade: self.self_trade.into(),
            any_symbol: listings.is_none(),
            ..Settings::default()
        };
        let isa = hftz_isa::chosen().map_err(|e| Refusal::new(e.to_string()))?;
        let mut engine = Engine::new(&settings).map_err(refusal)?.run_on(isa);
        let mut names = Names::default();
        for listing in listings.iter().flatten() {
            engine.define_symbol(listing.locate, &listing.spec).map_err(refusal)?;
            names.set(listing.locate, listing.name);
        }
        Ok((engine, names))
    }

    /// The limits of accounts, if there are any.
    ///
    /// # Errors
    /// When their table is wrong.
    pub fn risk(&self) -> Result<Option<Risk>, String> {
        self.risk.as_deref().map(Risk::new).transpose()
    }

    /// What of the files that were named with a recovery does not count, because these terms say otherwise.
    #[must_use]
    pub fn overrule(&self, given: &Self) -> Vec<&'static str> {
        let differs = |given: &Option<String>, own: &Option<String>| given.is_some() && given != own;
        let symbols = differs(&given.symbols, &self.symbols).then_some("symbols");
        symbols.into_iter().chain(differs(&given.risk, &self.risk).then_some("risk")).collect()
    }

    /// What clients may call the symbols.
    ///
    /// # Errors
    /// When the symbol table is wrong.
    pub fn symbols(&self) -> Result<Symbols, String> {
        let listings = self.listings()?;
        Ok(listings.map_or_else(Symbols::default, |all| Symbols::named(all.iter().map(|one| (one.name, one.locate)))))
    }

    /// The mode of orders that bring none.
    #[must_use]
    pub fn self_trade(&self) -> SelfTradeMode {
        self.self_trade.into()
    }

    fn listings(&self) -> Result<Option<Vec<symbols::Listing>>, String> {
        self.symbols.as_deref().map(symbols::parse).transpose()
    }
}

fn refusal(error: SetupError) -> Refusal {
    let text = error.to_string();
    match error {
        SetupError::Memory(_) => Refusal::unavailable(text).with_hint(room::HINT),
        _ => Refusal::new(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Outcome, Status};

    #[test]
    fn what_there_is_no_memory_for_is_what_this_machine_cannot_do() {
        let outcome: Outcome = refusal(SetupError::Memory(7)).into();
        assert_eq!(
            (outcome.status, outcome.error.as_deref()),
            (Status::Unavailable, Some("not enough memory for 7 orders"))
        );
        assert!(outcome.hint.is_some_and(|hint| hint.starts_with("--capacity")));
        assert_eq!(refusal(SetupError::Symbol).status, Status::Failed);
    }
}
