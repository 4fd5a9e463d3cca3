//! Tables of text that a user names: symbols, risk limits, OUCH users. Read whole, for a journal keeps some of them, but never
//! more than a table can be: a device or a feed named by mistake does not fill the memory.

use hftz_net::words;
use std::fs::File;
use std::io::Read;

/// Sixteen times a table of all symbols.
const MOST_BYTES: u64 = 64 << 20;

/// The text of the file at `path`.
///
/// # Errors
/// Why it is none, with the path.
pub fn read(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let taken = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    taken.map_err(|error| format!("cannot read {path}: {}", words(&error)))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{path} is longer than the {} MiB that a table may have", MOST_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        format!("{path} is no text: byte {offset} is not UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_refused_without_being_read_to_its_end() {
        assert_eq!(read("/none").unwrap_err(), "cannot read /none: No such file or directory");
        assert_eq!(read("/dev/zero").unwrap_err(), "/dev/zero is longer than the 64 MiB that a table may have");
        let binary = std::env::temp_dir().join(format!("hftz-table-{}", std::process::id()));
        std::fs::write(&binary, [b'1', 0xff]).unwrap();
        assert!(read(&binary.to_string_lossy()).unwrap_err().ends_with(" is not UTF-8"));
        std::fs::remove_file(binary).unwrap();
        assert_eq!(read("/dev/null").unwrap(), "");
    }
}
