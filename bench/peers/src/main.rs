//! `hftz-peers ring|recording|match [--processes JSON] [--name value ...]`: hftz and its peers, paired; one JSON object on stdout.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod found;
mod matching;
mod recording;
mod ring;

use std::process::ExitCode;

use found::Found;
use hftz_lab::Options;
use serde_json::Value;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(found) => {
            println!("{}", found.json());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("hftz-peers: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut words: impl Iterator<Item = String>) -> Result<Found, String> {
    let suite = words.next().unwrap_or_default();
    let (mut numbers, mut processes) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("what is '{word}'?"))?;
        let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
        if name == "processes" {
            let parsed: Value = serde_json::from_str(&value).map_err(|error| format!("--processes: {error}"))?;
            processes = parsed.as_array().ok_or("--processes: not a list")?.clone();
        } else {
            let number = value.parse().map_err(|_| format!("--{name}: '{value}' is not a number"))?;
            numbers.push((name.to_owned(), number));
        }
    }
    let options = Options::new(numbers, &|| false);
    let found = match suite.as_str() {
        "ring" => ring::run(&options),
        "recording" => recording::run(&options),
        "match" => matching::run(&options, &processes),
        other => Err(format!("no suite '{other}'; there are ring, recording, match")),
    }?;
    options.finish()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let refused = |line: &str| run(line.split(' ').map(str::to_owned)).err().unwrap();
        assert!(refused("rings").contains("no suite 'rings'"));
        assert_eq!(refused("ring rounds"), "what is 'rounds'?");
        assert_eq!(refused("ring --rounds"), "--rounds needs a value");
        assert_eq!(refused("ring --rounds x"), "--rounds: 'x' is not a number");
        assert_eq!(refused("match --processes {}"), "--processes: not a list");
        assert_eq!(refused("recording --records 1000 --rounds 1 --colour 1"), "no option --colour");
    }
}
