//! What a generator is asked to do, as it comes through the door.

use crate::output;
use hftz_flow::hawkes::Kernel;
use hftz_flow::{Burst, Extras, Model, SizeModel};
use hftz_net::{Endpoint, SenderOptions, parse_address};
use serde::{Deserialize, Deserializer, de};
use std::net::SocketAddrV4;
use std::time::Duration;

/// The JSON block of a feedgen run. Keys that are not listed here are refused by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedgenConfig {
    /// Symbols SYM00001 and up.
    #[serde(default = "eight")]
    pub symbols: u16,
    /// Feed messages to write, the closing ones included; also with `orders`, which writes what causes exactly these.
    pub count: Option<u64>,
    /// Feed messages a second on an absolute schedule; as fast as possible when absent.
    pub rate: Option<f64>,
    /// Ends the run after so long; without a count it also says how large the day is.
    pub duration_ns: Option<u64>,
    /// A number, or decimal text for those that JSON numbers cannot carry.
    #[serde(default = "one", deserialize_with = "number_or_text")]
    pub seed: u64,
    #[serde(default)]
    pub model: ModelName,
    /// The kernel of a Hawkes flow, per symbol and second: arrivals without a cause, what each adds to the rate, how fast that
    /// fades.
    pub mu: Option<f64>,
    pub alpha: Option<f64>,
    pub beta: Option<f64>,
    /// Stretches of higher rate: of the flow in model time, and of the schedule when there is a rate.
    pub burst: Option<BurstConfig>,
    /// Sizes of orders.
    #[serde(default)]
    pub sizes: SizesName,
    /// The bare model, without the replaces, reserve orders and other extras that a feed should contain.
    #[serde(default)]
    pub pure: bool,
    /// `-` for standard output, a path, a path that ends in `.pcap`, or a `udp://` URL.
    #[serde(default = "standard_output")]
    pub to: String,
    /// Write the order-entry side in the native protocol instead of the feed.
    #[serde(default)]
    pub orders: bool,
    /// Where requests for lost packets are answered.
    pub retransmit: Option<String>,
    /// Largest packet, IP and UDP headers included, bytes.
    #[serde(default = "ethernet")]
    pub mtu: u32,
    /// Silence after which a heartbeat is sent.
    #[serde(default = "second")]
    pub heartbeat_ns: u64,
    /// Bytes of past messages that can be asked for again.
    #[serde(default = "store")]
    pub store_bytes: usize,
}

const fn eight() -> u16 {
    8
}

const fn one() -> u64 {
    1
}

const fn ethernet() -> u32 {
    1500
}

const fn second() -> u64 {
    1_000_000_000
}

const fn store() -> usize {
    256 << 20
}

fn standard_output() -> String {
    "-".into()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelName {
    #[default]
    Zi,
    Poisson,
    Hawkes,
}

impl ModelName {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Zi => "zi",
            Self::Poisson => "poisson",
            Self::Hawkes => "hawkes",
        }
    }
}

/// `factor` times the rate for the first `lengthNs` of every `everyNs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BurstConfig {
    factor: u32,
    length_ns: u64,
    every_ns: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SizesName {
    Unit,
    #[default]
    Mixture,
}

/// IPv4 and UDP headers, bytes.
const HEADERS: u32 = 28;

impl FeedgenConfig {
    /// # Errors
    /// The value or combination that makes no sense, in the words of the command line.
    pub fn check(&self) -> Result<(), String> {
        if self.symbols == 0 {
            return Err("there must be at least 1 symbol".into());
        }
        if self.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0 || rate > 1e9) {
            return Err("the rate must be above 0 and at most 1G messages a second".into());
        }
        if self.duration_ns == Some(0) || self.count == Some(0) {
            return Err("there is nothing to write: count and duration must be above 0".into());
        }
        if !(576..=65_535).contains(&self.mtu) {
            return Err(format!("a packet of {} bytes is outside 576 to 65535", self.mtu));
        }
        let network = Endpoint::looks_like(&self.to);
        if self.orders && (network || self.is_capture()) {
            return Err("--orders writes a byte stream: give it a file or standard output".into());
        }
        if self.retransmit.is_some() && !network {
            return Err("--retransmit goes with --to udp://...: a file loses no packets".into());
        }
        let kernel = self.mu.or(self.alpha).or(self.beta);
        if kernel.is_some() && self.model != ModelName::Hawkes {
            return Err("--mu, --alpha and --beta go with --model hawkes".into());
        }
        self.kernel().check()?;
        self.burst().map_or(Ok(()), |burst| burst.check())?;
        self.endpoint().map(|_| ())
    }

    /// The network address to send to, if it is one, with the address of the retransmission server.
    ///
    /// # Errors
    /// One line that names the part that is wrong.
    pub fn endpoint(&self) -> Result<Option<Endpoint>, String> {
        if !Endpoint::looks_like(&self.to) {
            return Ok(None);
        }
        let mut endpoint = Endpoint::parse(&self.to).map_err(|e| e.to_string())?;
        if let Some(address) = &self.retransmit {
            let address: SocketAddrV4 = parse_address(address).map_err(|e| e.to_string())?;
            if endpoint.request.is_some_and(|other| other != address) {
                return Err("--retransmit and request= name different addresses".into());
            }
            endpoint.request = Some(address);
        }
        Ok(Some(endpoint))
    }

    #[must_use]
    pub fn is_capture(&self) -> bool {
        output::is_capture(&self.to)
    }

    /// Largest UDP payload, bytes.
    #[must_use]
    pub fn payload_limit(&self) -> usize {
        self.mtu.saturating_sub(HEADERS) as usize
    }

    /// How a network session of this feed is sent.
    #[must_use]
    pub fn sender_options(&self) -> SenderOptions {
        SenderOptions {
            payload_limit: self.payload_limit(),
            heartbeat: Duration::from_nanos(self.heartbeat_ns),
            store_bytes: self.store_bytes,
            ..SenderOptions::default()
        }
    }

    /// The Hawkes kernel, its defaults filled in.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        Kernel {
            mu: self.mu.unwrap_or(Kernel::DEFAULT.mu),
            alpha: self.alpha.unwrap_or(Kernel::DEFAULT.alpha),
            beta: self.beta.unwrap_or(Kernel::DEFAULT.beta),
        }
    }

    #[must_use]
    pub fn burst(&self) -> Option<Burst> {
        self.burst.map(|BurstConfig { factor, length_ns, every_ns }| Burst { factor, length_ns, every_ns })
    }

    #[must_use]
    pub fn model(&self) -> Model {
        match self.model {
            ModelName::Hawkes => Model::Hawkes(self.kernel()),
            ModelName::Zi => Model::Zero,
            ModelName::Poisson => Model::Poisson,
        }
    }

    #[must_use]
    pub const fn sizes(&self) -> SizeModel {
        match self.sizes {
            SizesName::Unit => SizeModel::Unit,
            SizesName::Mixture => SizeModel::Mixture,
        }
    }

    #[must_use]
    pub const fn extras(&self) -> Extras {
        if self.pure { Extras::NONE } else { Extras::FEED }
    }
}

pub fn number_or_text<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(from) {
        Ok(Either::Number(number)) => Ok(number),
        Ok(Either::Text(text)) => {
            text.parse().map_err(|_| de::Error::custom(format!("the seed \"{text}\" is no whole number below 2^64")))
        }
        Err(_) => Err(de::Error::custom("the seed must be a whole number below 2^64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: serde_json::Value) -> Result<FeedgenConfig, String> {
        let config: FeedgenConfig = serde_json::from_value(value).map_err(|e| e.to_string())?;
        config.check().map(|()| config)
    }

    #[test]
    fn everything_has_a_default_and_large_seeds_come_as_text() {
        let config = read(json!({})).unwrap();
        assert_eq!((config.symbols, config.seed, config.payload_limit()), (8, 1, 1472));
        assert_eq!(config.to, "-");
        assert_eq!(read(json!({"seed": "18446744073709551615"})).unwrap().seed, u64::MAX);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (config, said) in [
            (json!({"symbol": 8}), "symbol"),
            (json!({"symbols": 0}), "at least 1 symbol"),
            (json!({"seed": "x"}), "no whole number"),
            (json!({"seed": -1}), "whole number below 2^64"),
            (json!({"rate": 0}), "above 0"),
            (json!({"count": 0}), "above 0"),
            (json!({"mtu": 100}), "576"),
            (json!({"model": "hawk"}), "hawk"),
            (json!({"mu": 5}), "go with --model hawkes"),
            (json!({"model": "hawkes", "alpha": 120}), "must be below 1"),
            (json!({"model": "hawkes", "alpha": -1}), "alpha must not be below 0"),
            (json!({"model": "hawkes", "mu": 0}), "mu must lie between"),
            (json!({"model": "hawkes", "beta": null, "mu": "NaN"}), "f64"),
            (json!({"burst": {"factor": 10, "lengthNs": 5, "everyNs": 4}}), "no longer than"),
            (json!({"burst": {"factor": 0, "lengthNs": 5, "everyNs": 9}}), "1 to 1M times"),
            (json!({"burst": {"factor": 2, "lengthNs": 5}}), "everyNs"),
            (json!({"orders": true, "to": "udp://1.2.3.4:5"}), "--orders"),
            (json!({"orders": true, "to": "a.pcap"}), "--orders"),
            (json!({"retransmit": "127.0.0.1:1"}), "--to udp"),
            (json!({"to": "udp://1.2.3.4"}), "port is missing"),
            (json!({"to": "udp://1.2.3.4:5", "retransmit": "nowhere"}), "port is missing"),
            (json!({"to": "udp://1.2.3.4:5?request=127.0.0.1:1", "retransmit": "127.0.0.1:2"}), "different addresses"),
        ] {
            let error = read(config.clone()).unwrap_err();
            assert!(error.contains(said), "{config}: {error}");
        }
    }

    #[test]
    fn the_retransmission_address_may_stand_in_the_url_or_beside_it() {
        let beside = json!({"to": "udp://239.1.1.1:1", "retransmit": "127.0.0.1:2"});
        let within = json!({"to": "udp://239.1.1.1:1?request=127.0.0.1:2"});
        assert_eq!(read(beside).unwrap().endpoint(), read(within).unwrap().endpoint());
    }
}
