//! Random flow of three clients: what each can work out from its own messages is what the engine has, and the journal's inputs make
//! every session again byte for byte.

use crate::support::{Core, Venue, packet, packets, token};
use hftz_gateway::{Input, Outbox, Version};
use hftz_model::{AuctionKind, Command, TradingState};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::{v42, v50};
use hftz_wire::soup::kind;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One step of a random day.
#[derive(Clone, Debug)]
enum Step {
    Enter { client: u64, side: u8, shares: u32, price: u32, life: u8, display: u8, minimum: u32 },
    Replace { client: u64, of: u32, shares: u32, price: u32 },
    Cancel { client: u64, of: u32, shares: u32 },
    Modify { client: u64, of: u32, side: u8, shares: u32 },
    Noise { client: u64, bytes: Vec<u8> },
    Reconnect { client: u64 },
    State(u8),
    Clock,
}

fn step() -> impl Strategy<Value = Step> {
    let client = 1u64..4;
    let side = prop::sample::select(b"BSTEX".as_slice());
    let price = prop_oneof![9 => 9_990u32..10_010, 1 => Just(0u32), 1 => Just(v42::MARKET_PRICE)];
    let life = prop_oneof![6 => Just(b'0'), 2 => Just(b'3'), 1 => Just(b'6'), 1 => Just(b'o'), 1 => Just(b'?')];
    let shares = prop_oneof![9 => 1u32..500, 1 => Just(0u32)];
    let display = prop::sample::select(b"YYYYAPN".as_slice());
    prop_oneof![
        10 => (client.clone(), side.clone(), shares.clone(), price.clone(), life, display, prop_oneof![4 => Just(0u32), 1 => 0..300u32])
            .prop_map(|(client, side, shares, price, life, display, minimum)| Step::Enter { client, side, shares, price, life, display, minimum }),
        5 => (client.clone(), 1u32..60, shares.clone(), price).prop_map(|(client, of, shares, price)| Step::Replace { client, of, shares, price }),
        3 => (client.clone(), 1u32..60, 0u32..300).prop_map(|(client, of, shares)| Step::Cancel { client, of, shares }),
        2 => (client.clone(), 1u32..60, side, 0u32..300).prop_map(|(client, of, side, shares)| Step::Modify { client, of, side, shares }),
        1 => (client.clone(), prop::collection::vec(any::<u8>(), 1..80)).prop_map(|(client, bytes)| Step::Noise { client, bytes }),
        1 => client.prop_map(|client| Step::Reconnect { client }),
        1 => prop::sample::select(b"TQHTT".as_slice()).prop_map(Step::State),
        1 => Just(Step::Clock),
    ]
}

/// What a client knows of its orders from what it was told: shares open by name.
#[derive(Default)]
struct Book {
    open: BTreeMap<Vec<u8>, u32>,
    entered: u64,
    executed: u64,
    cancelled: u64,
    /// Shares that replaces added or took away.
    changed: i64,
}

impl Book {
    fn less(&mut self, name: &[u8], shares: u32) {
        let open = self.open.get_mut(name).expect("a live order");
        *open = open.checked_sub(shares).expect("no more than is open");
        if *open == 0 {
            self.open.remove(name);
        }
    }

    fn replaced(&mut self, previous: &[u8], name: &[u8], open: u32) {
        let before = self.open.remove(previous).expect("a live order");
        self.changed += i64::from(open) - i64::from(before);
        assert!(self.open.insert(name.to_vec(), open).is_none());
    }

    fn read_42(&mut self, message: &[u8]) {
        use v42::Outbound::*;
        match v42::Outbound::of(message).unwrap().0 {
            Accepted(b) => {
                let accepted = v42::Accepted::decode(b);
                self.entered += u64::from(accepted.shares);
                assert!(self.open.insert(accepted.token.0.to_vec(), accepted.shares).is_none());
            }
            Replaced(b) => {
                let replaced = v42::Replaced::decode(b);
                self.replaced(&replaced.previous.0, &replaced.token.0, replaced.shares);
            }
            Executed(b) => {
                let executed = v42::Executed::decode(b);
                self.executed += u64::from(executed.shares);
                self.less(&executed.token.0, executed.shares);
            }
            Canceled(b) => {
                let canceled = v42::Canceled::decode(b);
                self.cancelled += u64::from(canceled.decrement);
                self.less(&canceled.token.0, canceled.decrement);
            }
            Modified(b) => {
                let modified = v42::Modified::decode(b);
                let open = self.open.get_mut(&modified.token.0[..]).expect("a live order");
                self.cancelled += u64::from(*open - modified.shares);
                *open = modified.shares;
            }
            Rejected(_) | SystemEvent(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn read_50(&mut self, message: &[u8]) {
        use v50::Outbound::*;
        let name = |reference: u32| reference.to_be_bytes();
        match v50::Outbound::of(message).unwrap().0 {
            Accepted(b) => {
                let accepted = v50::Accepted::decode(b);
                self.entered += u64::from(accepted.quantity);
                assert!(self.open.insert(name(accepted.reference).to_vec(), accepted.quantity).is_none());
            }
            Replaced(b) => {
                let replaced = v50::Replaced::decode(b);
                self.replaced(&name(replaced.original), &name(replaced.reference), replaced.quantity);
            }
            Executed(b) => {
                let executed = v50::Executed::decode(b);
                self.executed += u64::from(executed.quantity);
                self.less(&name(executed.reference), executed.quantity);
            }
            Canceled(b) => {
                let canceled = v50::Canceled::decode(b);
                self.cancelled += u64::from(canceled.quantity);
                self.less(&name(canceled.reference), canceled.quantity);
            }
            Modified(b) => {
                let modified = v50::Modified::decode(b);
                let open = self.open.get_mut(&name(modified.reference)[..]).expect("a live order");
                self.cancelled += u64::from(*open - modified.quantity);
                *open = modified.quantity;
            }
            _ => {}
        }
    }
}

/// The message of a step in one version; `number` is the new name.
fn message(version: Version, step: &Step, number: u32) -> Option<Vec<u8>> {
    let stock = Alpha(*b"SYM00001");
    let client_id = token(number);
    Some(match (version, step.clone()) {
        (Version::V42, Step::Enter { side, shares, price, life, display, minimum, .. }) => {
            let time_in_force = match life {
                b'0' | b'o' => v42::MARKET_HOURS,
                b'3' => v42::IMMEDIATE,
                b'6' => 3,
                _ => 100_001,
            };
            let cross = if life == b'o' { b'O' } else { b'N' };
            let (firm, capacity, sweep, customer) = (Alpha(*b"HFTZ"), b'P', b'N', b'N');
            let token = token(number);
            v42::EnterOrder {
                token,
                side,
                shares,
                stock,
                price,
                time_in_force,
                firm,
                display,
                capacity,
                sweep,
                minimum,
                cross,
                customer,
            }
            .encode()
            .to_vec()
        }
        (Version::V50, Step::Enter { side, shares, price, life, display, minimum, .. }) => {
            let (time_in_force, cross) = if life == b'o' { (b'0', b'O') } else { (life, b'N') };
            let (price, capacity, sweep) = (u64::from(price), b'P', b'N');
            let (reference, quantity, symbol) = (number, shares, stock);
            let order = v50::EnterOrder {
                reference,
                side,
                quantity,
                symbol,
                price,
                time_in_force,
                display,
                capacity,
                sweep,
                cross,
                client_id,
            };
            let (minimum, floor) = (minimum.to_be_bytes(), (minimum / 2).to_be_bytes());
            let options = [&[5, 3][..], &minimum, &[5, 5], &floor, &[5, 15, 0, 0, 0, 3]].concat();
            [&order.encode()[..], &[0, 18], &options].concat()
        }
        (Version::V42, Step::Replace { of, shares, price, .. }) => {
            let (existing, token, time_in_force) = (token(of), token(number), v42::MARKET_HOURS);
            v42::ReplaceOrder { existing, token, shares, price, time_in_force, display: b'Y', sweep: b'N', minimum: 0 }
                .encode()
                .to_vec()
        }
        (Version::V50, Step::Replace { of, shares, price, .. }) => {
            let (original, reference, quantity, price) = (of, number, shares, u64::from(price));
            let order = v50::ReplaceOrder {
                original,
                reference,
                quantity,
                price,
                time_in_force: b'0',
                display: b'Y',
                sweep: b'N',
                client_id,
            };
            [&order.encode()[..], &[0, 0]].concat()
        }
        (Version::V42, Step::Cancel { of, shares, .. }) => {
            v42::CancelOrder { token: token(of), shares }.encode().to_vec()
        }
        (Version::V50, Step::Cancel { of, shares, .. }) => {
            v50::CancelOrder { reference: of, quantity: shares }.encode().to_vec()
        }
        (Version::V42, Step::Modify { of, side, shares, .. }) => {
            v42::ModifyOrder { token: token(of), side, shares }.encode().to_vec()
        }
        (Version::V50, Step::Modify { of, side, shares, .. }) => {
            v50::ModifyOrder { reference: of, side, quantity: shares }.encode().to_vec()
        }
        _ => return None,
    })
}

/// Messages by session, as they left.
#[derive(Default)]
struct Streams(BTreeMap<u16, Vec<Vec<u8>>>);

impl Outbox for Streams {
    fn message(&mut self, session: u16, message: &[u8]) {
        self.0.entry(session).or_default().push(message.to_vec());
    }
}

/// Something of the day that a journal keeps.
enum Kept {
    Input(Vec<u8>),
    Command(Command),
}

fn run(version: Version, steps: &[Step]) {
    let mut venue = Venue::new(version);
    let mut journal = Vec::new();
    // The connection of each client now, and the next one's number.
    let (mut lines, mut next_line) = ([1u64, 2, 3], 4);
    for (line, user) in lines.iter().zip(["alice", "bob", "carol"]) {
        venue.log_in(*line, user, 1);
    }
    let mut time_ns = 0;
    for (number, step) in (1..).zip(steps) {
        let from = venue.log.len();
        match step {
            Step::Enter { client, .. }
            | Step::Replace { client, .. }
            | Step::Cancel { client, .. }
            | Step::Modify { client, .. } => {
                let message = message(version, step, number).expect("a message");
                venue.say(lines[*client as usize - 1], &message);
            }
            Step::Noise { client, bytes } => {
                // Noise in a line of its own: a packet that is no message, or no packet at all.
                let line = next_line;
                next_line += 1;
                venue.connect(line);
                venue.send(line, bytes);
                venue.send(line, &packet(kind::DATA, bytes));
                venue.close(line);
                let _ = client;
            }
            Step::Reconnect { client } => {
                let line = &mut lines[*client as usize - 1];
                venue.close(*line);
                *line = next_line;
                next_line += 1;
                let user = ["alice", "bob", "carol"][*client as usize - 1];
                venue.log_in(*line, user, 1);
            }
            Step::State(state) => {
                journal.extend(venue.log[..from].iter().skip(journaled_inputs(&journal)).cloned().map(Kept::Input));
                let state = TradingState::from_byte(*state).expect("a state");
                let command = Command::state(1, state, AuctionKind::Opening, 10_000);
                venue.apply(&command);
                journal.push(Kept::Command(command));
            }
            Step::Clock => {
                journal.extend(venue.log[..from].iter().skip(journaled_inputs(&journal)).cloned().map(Kept::Input));
                time_ns += 1_000_000_000;
                venue.apply(&Command::clock(time_ns));
                journal.push(Kept::Command(Command::clock(time_ns)));
            }
        }
    }
    journal.extend(venue.log.iter().skip(journaled_inputs(&journal)).cloned().map(Kept::Input));
    // Each client reads its whole day again.
    let mut live = 0;
    let mut streams = Vec::new();
    for (index, user) in ["alice", "bob", "carol"].iter().enumerate() {
        let line = next_line + index as u64;
        let mut book = Book::default();
        venue.server.connect(line, 0);
        let mut inputs = 0;
        venue.server.receive(line, &crate::support::login(user, 1), 0, || None, |_| inputs += 1);
        assert!(inputs > 0);
        let messages: Vec<_> =
            packets(&venue.read(line)).into_iter().filter(|p| p.0 == kind::SEQUENCED).map(|p| p.1).collect();
        for message in &messages {
            match version {
                Version::V42 => book.read_42(message),
                Version::V50 => book.read_50(message),
            }
        }
        let open: u64 = book.open.values().map(|&open| u64::from(open)).sum();
        assert_eq!(book.entered as i64 + book.changed, (book.executed + book.cancelled + open) as i64);
        live += book.open.len();
        streams.push(messages);
    }
    assert_eq!(live as u32, venue.core.engine.live_orders());
    // The journal makes the same commands and the same messages.
    let (mut again, mut made) = (Core::new(), Streams::default());
    for kept in &journal {
        match kept {
            Kept::Input(input) => again.take(&Input::decode(input).expect("an input"), &mut made),
            Kept::Command(command) => again.apply(command, &mut made),
        }
    }
    assert_eq!(again.commands, venue.core.commands);
    assert_eq!(made.0.into_values().collect::<Vec<_>>(), streams);
    assert_eq!(again.engine.state_hash(), venue.core.engine.state_hash());
    assert_resent(version, &journal, &mut venue, next_line + 3);
}

/// A server that only has the journal sends a client the same bytes as the one that wrote it.
fn assert_resent(version: Version, journal: &[Kept], venue: &mut Venue, line: u64) {
    let mut revived = Venue::new(version);
    for kept in journal {
        match kept {
            Kept::Input(input) => {
                let input = Input::decode(input).expect("an input");
                revived.server.restore(&input);
                revived.core.take(&input, &mut revived.server);
            }
            Kept::Command(command) => revived.apply(command),
        }
    }
    let read = |venue: &mut Venue| {
        venue.server.connect(line, 0);
        venue.server.receive(line, &crate::support::login("bob", 1), 0, || None, |_| {});
        venue.read(line)
    };
    let resent = read(&mut revived);
    assert!(!resent.is_empty());
    assert_eq!(resent, read(venue));
}

fn journaled_inputs(journal: &[Kept]) -> usize {
    journal.iter().filter(|kept| matches!(kept, Kept::Input(_))).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn clients_of_4_2_know_what_the_engine_has_and_the_journal_says_it_again(steps in prop::collection::vec(step(), 1..150)) {
        run(Version::V42, &steps);
    }

    #[test]
    fn clients_of_5_0_know_what_the_engine_has_and_the_journal_says_it_again(steps in prop::collection::vec(step(), 1..150)) {
        run(Version::V50, &steps);
    }
}
