//! A whole venue in memory: a server, the traders and an engine, and clients that speak bytes.

use hftz_book::matching::{Engine, Settings, Sink};
use hftz_gateway::{ClientId, Input, Server, ServerSettings, Symbols, Traders, Version};
use hftz_model::{Command, Event, SelfTradeMode};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v50;
use hftz_wire::soup::{LoginRequest, Packet, Sender, kind};

/// Collects an engine's reports.
#[derive(Default)]
pub struct Reports(pub Vec<Event>);

impl Sink for Reports {
    fn report(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

/// Everything behind the sockets.
pub struct Venue {
    pub server: Server,
    pub core: Core,
    pub now_ns: u64,
    sessions: u16,
    /// Every input as a journal would keep it.
    pub log: Vec<Vec<u8>>,
}

/// What is behind the border of determinism.
pub struct Core {
    pub traders: Traders,
    pub engine: Engine,
    pub commands: Vec<Command>,
}

impl Core {
    pub fn new() -> Self {
        let settings = Settings { capacity: 10_000, ..Settings::default() };
        let traders = Traders::new(Symbols::default(), SelfTradeMode::Allow, true);
        Self { traders, engine: Engine::new(&settings).unwrap(), commands: Vec::new() }
    }

    pub fn take(&mut self, input: &Input<'_>, outbox: &mut impl hftz_gateway::Outbox) {
        let mut commands = Vec::new();
        self.traders.take(input, &mut commands, outbox);
        commands.iter().for_each(|command| self.apply(command, outbox));
    }

    pub fn apply(&mut self, command: &Command, outbox: &mut impl hftz_gateway::Outbox) {
        self.commands.push(*command);
        self.traders.begin(command);
        let mut reports = Reports::default();
        self.engine.apply(command, &mut reports);
        reports.0.iter().for_each(|event| {
            self.traders.report(event, outbox);
        });
    }
}

impl Venue {
    pub fn new(version: Version) -> Self {
        Self::with(ServerSettings { version, ..ServerSettings::default() })
    }

    pub fn with(settings: ServerSettings) -> Self {
        Self { server: Server::new(settings), core: Core::new(), now_ns: 0, sessions: 0, log: Vec::new() }
    }

    fn run(&mut self, inputs: Vec<Vec<u8>>) {
        for input in inputs {
            self.core.take(&Input::decode(&input).unwrap(), &mut self.server);
            self.log.push(input);
        }
    }

    pub fn connect(&mut self, client: ClientId) {
        self.server.connect(client, self.now_ns);
    }

    pub fn send(&mut self, client: ClientId, bytes: &[u8]) {
        let mut inputs = Vec::new();
        let sessions = &mut self.sessions;
        let number = || {
            *sessions += 1;
            Some(*sessions)
        };
        self.server.receive(client, bytes, self.now_ns, number, |input| inputs.push(journaled(&input)));
        self.run(inputs);
    }

    pub fn close(&mut self, client: ClientId) {
        let mut inputs = Vec::new();
        self.server.closed(client, |input| inputs.push(journaled(&input)));
        self.run(inputs);
    }

    pub fn tick(&mut self) {
        let mut inputs = Vec::new();
        self.server.tick(self.now_ns, |input| inputs.push(journaled(&input)));
        self.run(inputs);
    }

    /// A command that comes from elsewhere.
    pub fn apply(&mut self, command: &Command) {
        self.core.apply(command, &mut self.server);
    }

    pub fn log_in(&mut self, client: ClientId, user: &str, sequence: u64) {
        self.connect(client);
        self.send(client, &login(user, sequence));
    }

    pub fn say(&mut self, client: ClientId, message: &[u8]) {
        self.send(client, &packet(kind::DATA, message));
    }

    /// All bytes that wait for a client, read at once.
    pub fn read(&mut self, client: ClientId) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let output = self.server.output(client);
            if output.is_empty() {
                return all;
            }
            all.extend_from_slice(output);
            let count = output.len();
            self.server.sent(client, count, self.now_ns);
        }
    }

    /// All packets that wait for a client.
    pub fn packets(&mut self, client: ClientId) -> Vec<(u8, Vec<u8>)> {
        packets(&self.read(client))
    }

    /// The OUCH messages among them.
    pub fn messages(&mut self, client: ClientId) -> Vec<Vec<u8>> {
        self.packets(client).into_iter().filter(|packet| packet.0 == kind::SEQUENCED).map(|packet| packet.1).collect()
    }
}

fn journaled(input: &Input<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    input.encode(&mut bytes);
    bytes
}

pub fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    assert!(Packet { kind, payload }.write(&mut bytes));
    bytes
}

pub fn packets(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some((packet, used)) = Packet::next(bytes, 0, Sender::Server, 1000).unwrap() {
        all.push((packet.kind, packet.payload.to_vec()));
        bytes = &bytes[used..];
    }
    assert!(bytes.is_empty());
    all
}

pub fn login(user: &str, sequence: u64) -> Vec<u8> {
    let request = LoginRequest {
        username: Alpha::new(user).unwrap(),
        password: Alpha::BLANK,
        session: [b' '; 10],
        sequence,
        timeout_ms: None,
    };
    let mut payload = Vec::new();
    request.encode(&mut payload);
    packet(kind::LOGIN_REQUEST, &payload)
}

/// A token of 4.2.
pub fn token(number: u32) -> Alpha<14> {
    Alpha::new(&format!("T{number:013}")).unwrap()
}

/// A day order of OUCH 5.0 for SYM00001, displayed.
pub fn order_50(reference: u32, side: u8, quantity: u32, price: u64) -> v50::EnterOrder {
    v50::EnterOrder {
        reference,
        side,
        quantity,
        symbol: Alpha(*b"SYM00001"),
        price,
        time_in_force: b'0',
        display: b'Y',
        capacity: b'P',
        sweep: b'N',
        cross: b'N',
        client_id: Alpha(*b"MINE          "),
    }
}
