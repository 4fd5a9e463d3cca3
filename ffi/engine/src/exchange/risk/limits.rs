//! The table of limits: `account,quantity,notional,openNotional,messagesPerSecond`, one line an account.
//!
//! `*` instead of an account is every account that has no line of its own, each by itself. A field that is empty or 0 is no limit.

const HEADER: &str = "account,quantity,notional,openNotional,messagesPerSecond";
const ACCOUNTS: usize = 1 << 16;

/// What one account may do; 0 is no limit. Notional is price times shares, in the unit of the prices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Shares of one order.
    pub quantity: u32,
    /// Notional of one order.
    pub notional: u64,
    /// Notional of all live orders together.
    pub open_notional: u64,
    /// New orders and replaces in one second of engine time.
    pub messages_per_second: u32,
}

/// The limits of every account.
pub struct Table(Box<[Limits]>);

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// The line, the column and the rule.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate();
        match lines.next() {
            Some((_, header)) if header.trim() == HEADER => {}
            _ => return Err(format!("line 1: the header must be {HEADER}")),
        }
        let mut own: Vec<Option<Limits>> = vec![None; ACCOUNTS];
        let mut others: Option<Limits> = None;
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |what: String| format!("line {}: {what}", index + 1);
            let (account, limits) = row(line).map_err(wrong)?;
            let place = match account {
                Some(account) => &mut own[usize::from(account)],
                None => &mut others,
            };
            if place.replace(limits).is_some() {
                let who = account.map_or("*".to_owned(), |account| account.to_string());
                return Err(wrong(format!("account {who} has a line already")));
            }
        }
        let others = others.unwrap_or_default();
        Ok(Self(own.into_iter().map(|limits| limits.unwrap_or(others)).collect()))
    }

    #[inline]
    #[must_use]
    pub fn of(&self, account: u16) -> &Limits {
        &self.0[usize::from(account)]
    }
}

/// `None`: every account without a line.
fn row(line: &str) -> Result<(Option<u16>, Limits), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [account, quantity, notional, open_notional, messages] = fields[..] else {
        return Err(format!("{} columns instead of 5", fields.len()));
    };
    let account = match account {
        "*" => None,
        text => Some(text.parse().map_err(|_| format!("account \"{text}\" is no number from 0 to 65535, and not *"))?),
    };
    let limits = Limits {
        quantity: narrow(number("quantity", quantity, u64::from(u32::MAX))?),
        notional: number("notional", notional, u64::MAX)?,
        open_notional: number("openNotional", open_notional, u64::MAX)?,
        messages_per_second: narrow(number("messagesPerSecond", messages, u64::from(u32::MAX))?),
    };
    Ok((account, limits))
}

fn number(name: &str, text: &str, most: u64) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let value = text.parse().ok().filter(|value| *value <= most);
    value.ok_or_else(|| format!("{name} \"{text}\" is no whole number up to {most}"))
}

/// The value was checked to fit.
fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &str) -> Result<Table, String> {
        Table::parse(&format!("{HEADER}\n{rows}"))
    }

    #[test]
    fn an_account_has_its_own_line_or_that_of_all_others() {
        let table = table("7,100,5000000,,10\n\n*,1000,,0,\n0,,,9,\n").unwrap();
        assert_eq!(
            *table.of(7),
            Limits { quantity: 100, notional: 5_000_000, open_notional: 0, messages_per_second: 10 }
        );
        assert_eq!(*table.of(65_535), Limits { quantity: 1000, ..Limits::default() });
        assert_eq!(*table.of(0), Limits { open_notional: 9, ..Limits::default() });
        assert_eq!(*Table::parse(HEADER).unwrap().of(1), Limits::default());
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let wrong = |rows: &str| table(rows).err().unwrap();
        assert!(Table::parse("account,quantity\n").err().unwrap().starts_with("line 1: the header must be account,"));
        assert_eq!(wrong("1,2,3"), "line 2: 3 columns instead of 5");
        assert_eq!(wrong("65536,,,,"), "line 2: account \"65536\" is no number from 0 to 65535, and not *");
        assert_eq!(wrong("1,-1,,,"), "line 2: quantity \"-1\" is no whole number up to 4294967295");
        assert_eq!(
            wrong("1,,,,4294967296"),
            "line 2: messagesPerSecond \"4294967296\" is no whole number up to 4294967295"
        );
        assert_eq!(wrong("1,,1e6,,"), "line 2: notional \"1e6\" is no whole number up to 18446744073709551615");
        assert_eq!(wrong("1,,,,\n\n1,,,,"), "line 4: account 1 has a line already");
        assert_eq!(wrong("*,,,,\n*,,,,"), "line 3: account * has a line already");
    }
}
