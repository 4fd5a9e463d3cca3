//! Everybody who serves clients, as one side: the native protocols and OUCH on one thread, in turns.

use super::decode::Halted;
use super::ingest::{Ingest, Took};
use super::lane::{self, Inlet, Progress};
use super::listen::{Address, Service};
use super::ouch::{Brokers, Reception, Sessions};
use super::trader::Clients;
use crate::run::{Control, Counter, Refusal};
use hftz_source::Halt;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The ingest side of an exchange that serves.
pub struct Front {
    natives: Service,
    ouch: Option<Reception>,
    /// Clients of both at once, as far as a step saw them.
    most: usize,
}

impl Front {
    /// Both sides of the clients: theirs, and the one beside the engine.
    ///
    /// # Errors
    /// The first place that is not to be had.
    pub fn open(
        addresses: &[Address],
        sessions: Option<Sessions>,
        started: Instant,
    ) -> Result<(Self, Clients), Refusal> {
        let (ring, reports) = lane::outbound().map_err(Refusal::new)?;
        let (mut ouch, mut brokers) = (None, None);
        if let Some(sessions) = sessions {
            let (post, mail) = lane::mail().map_err(Refusal::new)?;
            let (reception, traders) = Reception::open(sessions, mail, started)?;
            (ouch, brokers) = (Some(reception), Some((Brokers::new(traders), post)));
        }
        let progress = Progress::default();
        let neighbour = ouch.as_ref().map(Reception::descriptor);
        let natives = Service::open(addresses, reports, progress.clone(), started, neighbour)?;
        let clients = Clients { ring, brokers, bell: natives.bell(), progress };
        Ok((Self { natives, ouch, most: 0 }, clients))
    }

    /// Hands out the last reports and messages, and says goodbye; the matching side has ended. What became of the clients.
    pub fn finish(&mut self, mail: &[u8]) -> Value {
        self.natives.finish();
        let mut figures = self.natives.figures();
        if let Some(ouch) = &mut self.ouch {
            ouch.finish(mail);
            ouch.add_figures(&mut figures);
            if figures.get("most").and_then(Value::as_u64) < Some(self.most as u64) {
                figures.insert("most".into(), json!(self.most));
            }
        }
        Value::Object(figures)
    }
}

impl Ingest for Front {
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        let native = self.natives.step(ring)?;
        let Some(ouch) = &mut self.ouch else { return Ok(native) };
        ouch.serve();
        if self.natives.take_neighbour() || ouch.is_due() {
            ouch.look(Duration::ZERO)?;
        }
        let took = ouch.step(ring);
        self.most = self.most.max(self.natives.clients() + ouch.clients());
        self.natives.count_pushed(ouch.take_pushed());
        Ok(match (native, took) {
            (Took::Some, _) | (_, Took::Some) => Took::Some,
            (Took::RingFull, _) | (_, Took::RingFull) => Took::RingFull,
            _ => Took::Dry,
        })
    }

    fn wait(&mut self, control: Control<'_>, _: Halt<'_>) -> Result<Took, Halted> {
        let (mut clients, mut bytes_in) = (self.natives.clients(), self.natives.bytes_in());
        if let Some(ouch) = &self.ouch {
            clients += ouch.clients();
            bytes_in += ouch.bytes_in();
        }
        control.show(Counter::BytesIn, bytes_in);
        control.show(Counter::Clients, clients as u64);
        let Self { natives, ouch, .. } = self;
        natives.doze(|| ouch.as_mut().is_none_or(|ouch| !ouch.is_busy()))?;
        if let Some(ouch) = ouch {
            // Heartbeats are due whether somebody came or not.
            ouch.look(Duration::ZERO)?;
        }
        Ok(Took::Dry)
    }

    fn serve(&mut self) {
        self.natives.serve();
        if let Some(ouch) = &mut self.ouch {
            ouch.serve();
        }
    }
}
