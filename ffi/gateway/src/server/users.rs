//! Who may log in.

use hftz_wire::itch::Alpha;
use std::collections::HashMap;

/// A user's name; upper case, as names and passwords are compared.
pub type Name = Alpha<6>;

/// The users a server knows.
#[derive(Clone, Debug, Default)]
pub enum Users {
    /// Any name, any password; the account is the session's number. For a closed network.
    #[default]
    Anyone,
    /// Password and account of each user.
    Listed(HashMap<Name, (Alpha<10>, u16)>),
}

/// The header of a table of users.
const HEADER: &str = "user,password,account";

impl Users {
    /// Reads a table: the header `user,password,account`, then a user a line.
    ///
    /// # Errors
    /// One line that names the line and the rule.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line.trim()) != Some(HEADER) {
            return Err(format!("line 1: the header is \"{HEADER}\""));
        }
        let mut users = HashMap::new();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |what: &str| format!("line {}: {what}", index + 1);
            let columns: Vec<_> = line.split(',').map(str::trim).collect();
            let [user, password, account] = columns[..] else {
                return Err(wrong(&format!("{} columns instead of 3", columns.len())));
            };
            let name = Alpha::new(user).filter(|_| !user.is_empty());
            let name = name.ok_or_else(|| wrong("a user has 1 to 6 characters"))?;
            let password = Alpha::new(password).ok_or_else(|| wrong("a password has at most 10 characters"))?;
            let account = account.parse().ok().filter(|&account| account > 0);
            let account = account.ok_or_else(|| wrong("an account is a whole number from 1 to 65535"))?;
            if users.insert(upper(name), (upper(password), account)).is_some() {
                return Err(wrong(&format!("the user {user} is there twice")));
            }
        }
        Ok(Self::Listed(users))
    }

    /// The account of a user, 0 for the session's own number; `None` when the user may not log in.
    pub fn account(&self, name: Name, password: Alpha<10>) -> Option<u16> {
        match self {
            Self::Anyone => (name != Alpha::BLANK).then_some(0),
            Self::Listed(users) => {
                let (expected, account) = users.get(&upper(name))?;
                (*expected == upper(password)).then_some(*account)
            }
        }
    }
}

/// The same text in upper case.
pub fn upper<const N: usize>(text: Alpha<N>) -> Alpha<N> {
    Alpha(text.0.map(|byte| byte.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_known_by_name_and_password_whatever_the_case() {
        let users = Users::parse("user,password,account\nalice,secret,7\n\nbob,,9\n").unwrap();
        assert_eq!(users.account(Alpha(*b"ALICE "), Alpha(*b"Secret    ")), Some(7));
        assert_eq!(users.account(Alpha(*b"bob   "), Alpha::BLANK), Some(9));
        assert_eq!(users.account(Alpha(*b"alice "), Alpha::BLANK), None);
        assert_eq!(users.account(Alpha(*b"carol "), Alpha::BLANK), None);
        let wrong = |rows: &str| Users::parse(&format!("user,password,account\n{rows}")).unwrap_err();
        assert_eq!(wrong("toolong,x,1"), "line 2: a user has 1 to 6 characters");
        assert_eq!(wrong("a,x,0"), "line 2: an account is a whole number from 1 to 65535");
        assert_eq!(wrong("a,x"), "line 2: 2 columns instead of 3");
        assert_eq!(wrong("a,x,1\nA,y,2"), "line 3: the user A is there twice");
    }
}
