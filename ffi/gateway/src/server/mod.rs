//! SoupBinTCP's server side for many clients, without a socket and without a clock.
//!
//! Its owner moves bytes: [`Server::connect`] and [`Server::receive`] when a socket has something, [`Server::output`] and
//! [`Server::sent`] when it can take something, [`Server::closed`] when it is gone, [`Server::tick`] now and then. What clients
//! want comes out as [`Input`]s, in the order that counts from there on.
//!
//! A session belongs to a user name for the whole day. Its tape goes on while nobody is connected; a second login takes the session
//! over, as after a connection that only the client knows to be lost.

mod link;
mod tape;
mod users;

use crate::dialect::Version;
use crate::input::Input;
use crate::trader::Outbox;
use hftz_wire::soup::{LoginAccepted, LoginRequest, NOT_AUTHORISED, Packet, SESSION_NOT_AVAILABLE, Sender, kind};
use link::{Link, MOST_PAYLOAD, Stage};
use std::collections::{BTreeSet, HashMap};
use tape::Tape;
use users::{Name, upper};

pub use users::Users;

const SECOND_NS: u64 = 1_000_000_000;

/// A connection, as its owner numbers them.
pub type ClientId = u64;

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    pub version: Version,
    /// The name of the day's session, padded on the left.
    pub session: [u8; 10],
    pub users: Users,
    /// Bytes of each session's messages that stay ready to be sent again.
    pub tape_bytes: usize,
    /// How long a client may be silent, unless its login says otherwise.
    pub timeout_ns: u64,
    /// How long it may take to log in.
    pub login_ns: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            version: Version::V42,
            session: *b"         1",
            users: Users::Anyone,
            tape_bytes: 64 << 20,
            timeout_ns: 15 * SECOND_NS,
            login_ns: 30 * SECOND_NS,
        }
    }
}

/// A user's session.
struct Login {
    /// Its number at the exchange.
    session: u16,
    tape: Tape,
    /// Who holds it.
    client: Option<ClientId>,
}

/// The server of one listener.
pub struct Server {
    settings: ServerSettings,
    links: HashMap<ClientId, Link>,
    logins: Vec<Login>,
    by_name: HashMap<Name, usize>,
    by_session: HashMap<u16, usize>,
    /// Links that may have something to send or are to be closed.
    stirred: BTreeSet<ClientId>,
    is_over: bool,
    cut: Cut,
}

/// Connections that were ended for what their clients did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cut {
    /// Sent what is no SoupBinTCP, no OUCH or out of turn.
    pub malformed: u64,
    /// Did not log in, said nothing or read nothing for as long as is waited.
    pub silent: u64,
}

impl Server {
    #[must_use]
    pub fn new(settings: ServerSettings) -> Self {
        Self {
            settings,
            links: HashMap::new(),
            logins: Vec::new(),
            by_name: HashMap::new(),
            by_session: HashMap::new(),
            stirred: BTreeSet::new(),
            is_over: false,
            cut: Cut::default(),
        }
    }

    /// A connection was made.
    pub fn connect(&mut self, client: ClientId, now_ns: u64) {
        self.links.insert(client, Link::new(now_ns, self.settings.timeout_ns));
    }

    /// Bytes came. `number` gives a session its number at the exchange when a user logs in for the first time, `None` when there are no
    /// more. Inputs are handed to `take` in their order.
    pub fn receive(
        &mut self,
        client: ClientId,
        bytes: &[u8],
        now_ns: u64,
        mut number: impl FnMut() -> Option<u16>,
        mut take: impl FnMut(Input<'_>),
    ) {
        let Some(link) = self.links.get_mut(&client) else { return };
        link.heard_ns = now_ns;
        let is_closing = link.stage == Stage::Closing;
        let mut partial = std::mem::take(&mut link.partial);
        let mut offset = link.offset;
        let mut rest = bytes;
        if !partial.is_empty() {
            partial.extend_from_slice(bytes);
            rest = &partial;
        }
        let (mut goes_on, mut leaves) = (true, is_closing);
        while goes_on {
            match Packet::next(rest, offset, Sender::Client, MOST_PAYLOAD) {
                Ok(Some((packet, used))) => {
                    leaves |= packet.kind == kind::LOGOUT_REQUEST;
                    goes_on = self.packet(client, packet, offset, now_ns, &mut number, &mut take);
                    rest = &rest[used..];
                    offset += used as u64;
                }
                Ok(None) => break,
                Err(_) => goes_on = false,
            }
        }
        if !goes_on {
            self.cut.malformed += u64::from(!leaves);
            return self.let_go(client, &mut take);
        }
        let left = rest.to_vec();
        if let Some(link) = self.links.get_mut(&client) {
            (link.partial, link.offset) = (left, offset);
        }
    }

    /// Takes one packet; `false` when the connection ends with it.
    fn packet(
        &mut self,
        client: ClientId,
        packet: Packet<'_>,
        offset: u64,
        now_ns: u64,
        number: &mut impl FnMut() -> Option<u16>,
        take: &mut impl FnMut(Input<'_>),
    ) -> bool {
        let Some(link) = self.links.get(&client) else { return false };
        match (link.stage, packet.kind) {
            (Stage::Closing, _) => true,
            (_, kind::DEBUG | kind::CLIENT_HEARTBEAT) => true,
            (Stage::Greeting { .. }, kind::LOGIN_REQUEST) => match LoginRequest::decode(packet.payload, offset + 3) {
                Ok(request) => self.log_in(client, &request, now_ns, number, take),
                Err(_) => false,
            },
            (Stage::Active { login }, kind::DATA) => {
                let session = self.logins[login].session;
                let good = self.settings.version.check(packet.payload).is_ok();
                if good && !self.is_over {
                    take(Input::Message { session, raw: packet.payload });
                }
                good
            }
            // A logout ends it; anything else is out of turn.
            _ => false,
        }
    }

    fn log_in(
        &mut self,
        client: ClientId,
        request: &LoginRequest,
        now_ns: u64,
        number: &mut impl FnMut() -> Option<u16>,
        take: &mut impl FnMut(Input<'_>),
    ) -> bool {
        let Some(account) = self.settings.users.account(request.username, request.password) else {
            return self.refuse(client, NOT_AUTHORISED);
        };
        let asked = request.session.trim_ascii();
        if !asked.is_empty() && asked != self.settings.session.trim_ascii() {
            return self.refuse(client, SESSION_NOT_AVAILABLE);
        }
        let name = upper(request.username);
        let login = match self.by_name.get(&name) {
            Some(&login) => login,
            None => match number() {
                Some(session) => self.open(name, session),
                None => return self.refuse(client, SESSION_NOT_AVAILABLE),
            },
        };
        let tape = &self.logins[login].tape;
        let sequence = if request.sequence == 0 { tape.next() } else { request.sequence };
        let Some(position) = tape.position(sequence) else { return self.refuse(client, SESSION_NOT_AVAILABLE) };
        if let Some(earlier) = self.logins[login].client.take() {
            take(Input::Gone { session: self.logins[login].session });
            self.close(earlier);
        }
        let session = self.logins[login].session;
        self.logins[login].client = Some(client);
        let account = if account == 0 { session } else { account };
        if let Some(link) = self.links.get_mut(&client) {
            link.stage = Stage::Active { login };
            link.position = position;
            link.moved_ns = now_ns;
            link.timeout_ns =
                request.timeout_ms.filter(|&ms| ms > 0).map_or(link.timeout_ns, |ms| u64::from(ms) * 1_000_000);
            let accepted = LoginAccepted { session: self.settings.session, sequence };
            link.say(kind::LOGIN_ACCEPTED, &accepted.encode());
        }
        self.stirred.insert(client);
        take(Input::Login { session, account, version: self.settings.version, name });
        true
    }

    fn open(&mut self, name: Name, session: u16) -> usize {
        let login = self.logins.len();
        self.logins.push(Login { session, tape: Tape::new(self.settings.tape_bytes), client: None });
        self.by_name.insert(name, login);
        self.by_session.insert(session, login);
        login
    }

    /// Brings a user's session back, from a login that a journal kept; its messages follow as they did before. A login of another version
    /// belongs to another server, one of a session that is there changes nothing.
    pub fn restore(&mut self, input: &Input<'_>) {
        if let Input::Login { session, version, name, .. } = *input
            && version == self.settings.version
            && !self.by_session.contains_key(&session)
        {
            self.open(name, session);
        }
    }

    fn refuse(&mut self, client: ClientId, reason: u8) -> bool {
        if let Some(link) = self.links.get_mut(&client) {
            link.say(kind::LOGIN_REJECTED, &[reason]);
            link.stage = Stage::Closing;
        }
        self.stirred.insert(client);
        true
    }

    /// Ends a link once what is ready has been sent.
    fn close(&mut self, client: ClientId) {
        if let Some(link) = self.links.get_mut(&client) {
            link.stage = Stage::Closing;
            self.stirred.insert(client);
        }
    }

    /// Ends a link and tells that its session's client is gone.
    fn let_go(&mut self, client: ClientId, take: &mut impl FnMut(Input<'_>)) {
        self.leave(client, take);
        self.close(client);
    }

    fn leave(&mut self, client: ClientId, take: &mut impl FnMut(Input<'_>)) {
        let Some(Stage::Active { login }) = self.links.get(&client).map(|link| link.stage) else { return };
        if self.logins[login].client == Some(client) {
            self.logins[login].client = None;
            take(Input::Gone { session: self.logins[login].session });
        }
    }

    /// The connection is closed.
    pub fn closed(&mut self, client: ClientId, mut take: impl FnMut(Input<'_>)) {
        self.leave(client, &mut take);
        self.links.remove(&client);
        self.stirred.remove(&client);
    }

    /// Looks at heartbeats and patience; a few times a second.
    pub fn tick(&mut self, now_ns: u64, mut take: impl FnMut(Input<'_>)) {
        let mut late = Vec::new();
        for (&client, link) in &mut self.links {
            let is_late = match link.stage {
                Stage::Greeting { since_ns } => now_ns.saturating_sub(since_ns) >= self.settings.login_ns,
                Stage::Active { .. } => {
                    link.beat(now_ns, SECOND_NS);
                    let silent = now_ns.saturating_sub(link.heard_ns) >= link.timeout_ns;
                    silent || !link.output().is_empty() && now_ns.saturating_sub(link.moved_ns) >= link.timeout_ns
                }
                Stage::Closing => now_ns.saturating_sub(link.moved_ns) >= link.timeout_ns,
            };
            if is_late {
                self.cut.silent += u64::from(link.stage != Stage::Closing);
                late.push(client);
            } else if !link.output().is_empty() {
                self.stirred.insert(client);
            }
        }
        late.sort_unstable();
        for client in late {
            self.leave(client, &mut take);
            if let Some(link) = self.links.get_mut(&client) {
                // Whoever was silent this long is not waited for again.
                link.give_up();
                self.stirred.insert(client);
            }
        }
    }

    /// The clients with something to send or to be closed, once each.
    pub fn stirred(&mut self) -> impl Iterator<Item = ClientId> + use<> {
        std::mem::take(&mut self.stirred).into_iter()
    }

    /// Bytes to be sent to a client now. Empty: nothing for now.
    pub fn output(&mut self, client: ClientId) -> &[u8] {
        let Some(link) = self.links.get_mut(&client) else { return &[] };
        if let Stage::Active { login } = link.stage
            && !link.fill(&self.logins[login].tape)
        {
            // The client reads so slowly that what it must read next is forgotten.
            link.stage = Stage::Closing;
            self.stirred.insert(client);
        }
        link.output()
    }

    /// So many bytes of [`Self::output`] were sent.
    pub fn sent(&mut self, client: ClientId, count: usize, now_ns: u64) {
        if let Some(link) = self.links.get_mut(&client) {
            link.sent(count, now_ns);
        }
    }

    /// Whether the connection is to be closed: all that was to be sent has been.
    #[must_use]
    pub fn is_finished(&self, client: ClientId) -> bool {
        self.links.get(&client).is_none_or(|link| link.stage == Stage::Closing && link.output().is_empty())
    }

    /// Ends the session: clients read what is left, then the end, then are closed. No message is taken any more.
    pub fn end(&mut self) {
        self.is_over = true;
        for (&client, link) in &mut self.links {
            if let Stage::Active { login } = link.stage {
                // A client that is further behind than one buffer reconnects for the rest.
                let _ = link.fill(&self.logins[login].tape);
                link.say(kind::END_OF_SESSION, b"");
            }
            link.stage = Stage::Closing;
            self.stirred.insert(client);
        }
    }

    /// Sessions there are, with a client or without.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.logins.len()
    }

    /// Connections that were ended, and why.
    #[must_use]
    pub const fn cut(&self) -> Cut {
        self.cut
    }

    /// Connections there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.links.len()
    }
}

impl Server {
    /// Tells a session's client, if it is there and reads, what has no number and is never sent again: unsequenced data, which servers may
    /// send since SoupBinTCP 4.00.
    pub fn notify(&mut self, session: u16, message: &[u8]) {
        let Some(client) = self.by_session.get(&session).and_then(|&login| self.logins[login].client) else { return };
        if let Some(link) = self.links.get_mut(&client).filter(|link| link.has_room()) {
            link.say(kind::DATA, message);
            self.stirred.insert(client);
        }
    }
}

impl Outbox for Server {
    fn message(&mut self, session: u16, message: &[u8]) {
        let Some(&login) = self.by_session.get(&session) else { return };
        let login = &mut self.logins[login];
        login.tape.push(message);
        if let Some(client) = login.client {
            self.stirred.insert(client);
        }
    }
}
