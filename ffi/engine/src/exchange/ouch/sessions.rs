//! The sessions of an exchange apart from its sockets, so that a log can bring them back before the first client comes.

use super::super::config::MatchConfig;
use super::super::desk::Desk;
use super::super::market::Origin;
use super::super::terms::Terms;
use super::address::OuchAddress;
use hftz_gateway::{Input, Outbox, Server, ServerSettings, Traders};
use hftz_model::{Command, CommandKind};

/// Session numbers from here on are OUCH's when there is an OUCH listener, those below are the native protocol's.
pub const FIRST_SESSION: u16 = 1 << 15;

/// The servers of all listeners: a session is known to one of them.
pub struct Servers(pub Vec<Server>);

impl Servers {
    /// Sessions there are.
    pub fn sessions(&self) -> usize {
        self.0.iter().map(Server::sessions).sum()
    }
}

impl Outbox for Servers {
    fn message(&mut self, session: u16, message: &[u8]) {
        self.0.iter_mut().for_each(|server| server.message(session, message));
    }
}

/// Orders and messages of every session.
pub struct Sessions {
    pub addresses: Vec<OuchAddress>,
    pub traders: Traders,
    pub servers: Servers,
    /// The highest session number that was given.
    pub last: u16,
}

impl Sessions {
    /// `None` when no listener speaks OUCH.
    ///
    /// # Errors
    /// The address or symbol table that is wrong.
    pub fn of(config: &MatchConfig, terms: &Terms) -> Result<Option<Self>, String> {
        let addresses = config.ouch_addresses()?;
        if addresses.is_empty() {
            return Ok(None);
        }
        let server = |address: &OuchAddress| {
            let (version, users) = (address.version, address.users.clone());
            Server::new(ServerSettings { version, users, ..ServerSettings::default() })
        };
        let servers = Servers(addresses.iter().map(server).collect());
        let traders = Traders::new(terms.symbols()?, terms.self_trade(), true);
        Ok(Some(Self { addresses, traders, servers, last: FIRST_SESSION - 1 }))
    }

    /// Applies a command that the log has already, with the message that was logged beside it: what it told its client then is told
    /// to the tape again.
    pub fn recall(&mut self, desk: &mut Desk, (command, origin): (&Command, Origin), message: &[u8]) {
        if let Ok(input) = Input::decode(message) {
            // The one of the login's version takes it.
            for server in &mut self.servers.0 {
                server.restore(&input);
            }
            self.last = self.last.max(input.session());
            // The log has the commands it gave.
            self.traders.take(&input, &mut Vec::new(), &mut self.servers);
        } else if matches!(command.kind, CommandKind::New | CommandKind::NewLong) {
            // A session that somebody else used while there was no OUCH listener stays theirs.
            self.last = self.last.max((command.order_id >> 48) as u16);
        }
        self.traders.begin(command);
        desk.repeat(command, origin);
        let Self { traders, servers, .. } = self;
        desk.sift_client_reports(0, |event| {
            traders.report(event, servers);
            true
        });
    }
}
