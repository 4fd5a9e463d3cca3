//! `--name value` pairs: whole numbers, with `k` or `M` behind them.

/// What the command line said.
pub struct Arguments {
    pub json: bool,
    pub numbers: Vec<(String, u64)>,
}

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut json, mut numbers) = (false, Vec::new());
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some("json") => json = true,
                Some(name) => {
                    let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
                    let value = number(&value).ok_or_else(|| format!("--{name}: not a number"))?;
                    numbers.push((name.to_owned(), value));
                }
                None => return Err(format!("what is '{word}'?")),
            }
        }
        Ok(Self { json, numbers })
    }
}

/// `5000000`, `1M`, `100k`.
fn number(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}
