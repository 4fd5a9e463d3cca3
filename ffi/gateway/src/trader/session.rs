//! One client's side of the exchange: its orders, and what each of its messages asks of the engine.
//!
//! Which names are used up and which orders live is known exactly, for every report of a command arrives before the next message is
//! taken. What OUCH ignores silently (a name used before, a cancel or replace of a dead order) asks nothing and answers nothing.

use super::terms::{Terms, Venue, side_of};
use crate::dialect::{Answer, Ask, Change, Life, Token, Version, number_of, numbered};
use crate::refusal::Refusal;
use hftz_model::{Command, MassAction};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v50::MAX_SHARES;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Tokens that one 4.2 session may use in a day; what bounds the memory that a flood can take.
const MOST_TOKENS: usize = 1 << 24;

/// A live order.
pub(super) struct Live {
    pub terms: Terms,
    pub locate: u16,
    pub life: Life,
    pub open: u32,
    pub executed: u32,
}

/// The message whose reports are awaited.
pub(super) enum Pending {
    Nothing,
    Enter { id: u64, locate: u16, life: Life, terms: Terms },
    Replace { id: u64, change: Change },
    Modify { id: u64, side: u8 },
}

pub(super) struct Session {
    pub number: u16,
    pub account: u16,
    pub version: Version,
    pub pending: Pending,
    /// Why its orders are cancelled when its own mass cancel runs.
    pub mass_reason: u8,
    pub names: HashMap<Token, u64>,
    /// Ordered, since a mass cancel of one side walks them.
    pub orders: BTreeMap<u64, Live>,
    used: HashSet<Token>,
    highest: u32,
    last_id: u64,
    disabled: bool,
}

/// What a message leads to: commands, and answers that need no engine.
pub(super) struct Effect<'a, F: FnMut(&Answer<'_>)> {
    pub commands: &'a mut Vec<Command>,
    pub answer: F,
}

impl Session {
    pub fn new(number: u16, account: u16, version: Version) -> Self {
        Self {
            number,
            account,
            version,
            pending: Pending::Nothing,
            mass_reason: b'U',
            names: HashMap::new(),
            orders: BTreeMap::new(),
            used: HashSet::new(),
            highest: 0,
            last_id: 0,
            disabled: false,
        }
    }

    /// Whether the client has not used this name.
    fn is_fresh(&self, token: &Token) -> bool {
        match self.version {
            Version::V42 => !self.used.contains(token),
            Version::V50 => number_of(token) > self.highest,
        }
    }

    pub fn use_up(&mut self, token: Token) {
        match self.version {
            Version::V42 if self.used.len() < MOST_TOKENS => drop(self.used.insert(token)),
            Version::V42 => {}
            Version::V50 => self.highest = self.highest.max(number_of(&token)),
        }
    }

    /// Takes a message.
    pub fn take<F: FnMut(&Answer<'_>)>(&mut self, ask: Ask, venue: &Venue<'_>, mut effect: Effect<'_, F>) {
        self.pending = Pending::Nothing;
        match ask {
            Ask::Enter { terms, life, unsupported } => self.enter(terms, life, unsupported, venue, &mut effect),
            Ask::Replace { existing, change } => self.replace(&existing, change, &mut effect),
            Ask::Cancel { token, shares } => {
                if let Some((command, _)) = self.reduction(&token, shares) {
                    effect.commands.push(command);
                }
            }
            Ask::Modify { token, side, shares } => self.modify(&token, side, shares, &mut effect),
            Ask::TradeNow => {}
            Ask::MassCancel { reference, firm, symbol, side, unsupported } => {
                let token = numbered(reference);
                if !self.is_fresh(&token) {
                    return;
                }
                self.use_up(token);
                let locate = (symbol != Alpha::BLANK).then(|| venue.symbols.locate(symbol));
                let sided = side.map(|side| side_of(side).map(|_| side));
                let why = match (unsupported, locate, sided) {
                    (Some(why), ..) => Some(why),
                    (_, Some(None), _) => Some(Refusal::Symbol),
                    (.., Some(None)) => Some(Refusal::Side),
                    _ => None,
                };
                if let Some(why) = why {
                    return (effect.answer)(&Answer::Rejected { token, client_id: Alpha::BLANK, why });
                }
                (effect.answer)(&Answer::MassCanceling { reference, firm, symbol });
                self.mass_cancel(locate.flatten(), side, effect.commands);
            }
            Ask::SwitchEntry { reference, firm, enable } => {
                if self.is_fresh(&numbered(reference)) {
                    self.use_up(numbered(reference));
                    self.disabled = !enable;
                    (effect.answer)(&Answer::EntrySwitched { reference, firm, enabled: enable });
                }
            }
            Ask::Query => (effect.answer)(&Answer::Next(self.highest.saturating_add(1))),
        }
    }

    fn enter<F: FnMut(&Answer<'_>)>(
        &mut self,
        terms: Terms,
        life: Result<Life, Refusal>,
        unsupported: Option<Refusal>,
        venue: &Venue<'_>,
        effect: &mut Effect<'_, F>,
    ) {
        if !self.is_fresh(&terms.token) {
            return;
        }
        let full = self.used.len() >= MOST_TOKENS;
        self.use_up(terms.token);
        let id = u64::from(self.number) << 48 | (self.last_id + 1);
        let order = match (unsupported, life) {
            _ if self.disabled => Err(Refusal::Disabled),
            _ if full => Err(Refusal::Capacity),
            (Some(why), _) | (None, Err(why)) => Err(why),
            (None, Ok(life)) => terms.command(life, id, self.account, venue).map(|command| (command, life)),
        };
        match order {
            Ok((command, life)) => {
                self.last_id += 1;
                self.pending = Pending::Enter { id, locate: command.symbol, life, terms };
                effect.commands.push(command);
            }
            Err(why) => {
                (effect.answer)(&Answer::Rejected { token: terms.token, client_id: terms.client_id, why });
            }
        }
    }

    /// A replace that makes no sense cancels the order and does not use its new name up; one that this venue cannot do, or the
    /// engine refuses, is rejected and leaves the order as it was.
    fn replace<F: FnMut(&Answer<'_>)>(&mut self, existing: &Token, change: Change, effect: &mut Effect<'_, F>) {
        let Some((&id, live)) = self.names.get(existing).and_then(|id| self.orders.get_key_value(id)) else { return };
        if !self.is_fresh(&change.token) {
            return;
        }
        let (was_market, is_market) = (Version::market_price(live.terms.price), Version::market_price(change.price));
        if change.shares == 0 || change.shares > MAX_SHARES || change.price == 0 {
            return effect.commands.push(Command::cancel(live.locate, id, 0));
        }
        let crossing = live.terms.cross != b'N';
        let kept = match change.life {
            Ok(life) => life == live.life && life == Life::Day || crossing && !matches!(life, Life::Seconds(_)),
            Err(_) => false,
        };
        let displayed = matches!(change.display, b'A' | b'Y') || change.display == b'P' && live.terms.post_only;
        let why = match change.unsupported {
            Some(why) => Some(why),
            None if self.disabled => Some(Refusal::Disabled),
            None if !kept || was_market != is_market => Some(Refusal::ReplaceNotAllowed),
            None if !displayed => Some(Refusal::Display),
            None if change.minimum != 0 => Some(Refusal::Minimum),
            None => None,
        };
        if let Some(why) = why {
            self.use_up(change.token);
            return (effect.answer)(&Answer::Rejected { token: change.token, client_id: change.client_id, why });
        }
        let price = if is_market { 0 } else { change.price as i64 };
        let command = Command::replace(live.locate, id, price, change.shares)
            .with_display(change.floor)
            .with_flags(Command::TOTAL | Command::TO_TAIL);
        self.pending = Pending::Replace { id, change };
        effect.commands.push(command);
    }

    /// The cancel that brings an order's total down to `total`, and the order's id; `None` when there is nothing to cancel.
    fn reduction(&self, token: &Token, total: u32) -> Option<(Command, u64)> {
        let id = *self.names.get(token)?;
        let live = self.orders.get(&id)?;
        let keep = total.saturating_sub(live.executed);
        let less = live.open.checked_sub(keep).filter(|&less| less > 0)?;
        Some((Command::cancel(live.locate, id, if keep == 0 { 0 } else { less }), id))
    }

    fn modify<F: FnMut(&Answer<'_>)>(&mut self, token: &Token, side: u8, shares: u32, effect: &mut Effect<'_, F>) {
        let Some(&id) = self.names.get(token) else { return };
        let reduction = self.reduction(token, shares);
        let Some(live) = self.orders.get_mut(&id) else { return };
        let allowed = matches!((live.terms.side, side), (b'S', b'E' | b'T') | (b'E', b'T')) || live.terms.side == side;
        if !allowed {
            return;
        }
        match reduction {
            Some((command, id)) => {
                self.pending = Pending::Modify { id, side };
                effect.commands.push(command);
            }
            None => {
                live.terms.side = side;
                (effect.answer)(&Answer::Modified { token: *token, side, open: live.open });
            }
        }
    }

    /// One command for all of them; one each where the engine has no such scope.
    fn mass_cancel(&mut self, locate: Option<u16>, side: Option<u8>, commands: &mut Vec<Command>) {
        self.mass_reason = b'U';
        if let Some(side) = side.and_then(side_of) {
            let wanted = |live: &&Live| {
                locate.is_none_or(|locate| locate == live.locate) && side_of(live.terms.side) == Some(side)
            };
            let chosen = self.orders.iter().filter(|(_, live)| wanted(live));
            return commands.extend(chosen.map(|(&id, live)| Command::cancel(live.locate, id, 0)));
        }
        commands.push(self.mass_command(locate));
    }

    fn mass_command(&self, locate: Option<u16>) -> Command {
        let scope = Command::BY_SESSION | if locate.is_some() { Command::BY_SYMBOL } else { 0 };
        let (session, symbol) = (self.number, locate.unwrap_or(0));
        Command { scope, session, symbol, ..Command::mass_cancel(MassAction::Cancel) }
    }

    /// The client is gone.
    pub fn leave(&mut self, commands: &mut Vec<Command>) {
        self.pending = Pending::Nothing;
        if !self.orders.is_empty() {
            self.mass_reason = b'Z';
            commands.push(self.mass_command(None));
        }
    }
}
