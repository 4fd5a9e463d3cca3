//! Who a journal is: its random id, and the configuration that its records were made under.
//!
//! ```text
//!  0:8 magic "HFTZJRNL" · 8:4 version · 12:4 length of the configuration · 16:8 id · 24:4 CRC-32C of bytes 0..24 and the
//! configuration · 28:4 zero · 32 configuration
//! ```

use crate::error::{Error, words};
use crate::header::VERSION;
use crate::names;
use crate::storage::Storage;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

const HEADER: usize = 32;
const MAGIC: [u8; 8] = *b"HFTZJRNL";
/// Longest configuration in bytes.
const MAX_CONFIG: usize = 1 << 28;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    pub id: u64,
    pub config: Vec<u8>,
}

impl Identity {
    /// A new one. The id need not be secret for ever, only unknown to clients and different from other journals'.
    pub(crate) fn new(config: &[u8]) -> Self {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()));
        hasher.write_u32(std::process::id());
        Self { id: hasher.finish(), config: config.to_vec() }
    }

    pub(crate) fn seed(&self) -> u32 {
        crate::checksum::seed(self.id)
    }

    fn header(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&(self.config.len() as u32).to_le_bytes());
        out[16..24].copy_from_slice(&self.id.to_le_bytes());
        let sum = crc32c::crc32c_append(crc32c::crc32c(&out[..24]), &self.config);
        out[24..28].copy_from_slice(&sum.to_le_bytes());
        out
    }

    pub(crate) fn store(&self, storage: &dyn Storage) -> Result<(), Error> {
        if self.config.len() > MAX_CONFIG {
            return Err(Error::Option { name: "the configuration", rule: "at most 256 MiB" });
        }
        storage
            .store(names::IDENTITY, &[&self.header(), &self.config])
            .map_err(|error| Error::storage(format!("write {}/{}", storage.place(), names::IDENTITY), &error))
    }

    pub(crate) fn load(storage: &dyn Storage) -> Result<Self, Error> {
        let refuse = |why: String| Error::Identity { place: storage.place(), why };
        let length = storage.length(names::IDENTITY).map_err(|error| refuse(words(&error)))?;
        if length < HEADER as u64 || length > (HEADER + MAX_CONFIG) as u64 {
            return Err(refuse(format!("a file of {length} bytes is not one")));
        }
        let mut bytes = vec![0; length as usize];
        let read = storage.read(names::IDENTITY, 0, &mut bytes).map_err(|error| refuse(words(&error)))?;
        let (Some(head), true) = (bytes.first_chunk::<HEADER>(), read == bytes.len()) else {
            return Err(refuse("the file changed while it was read".to_string()));
        };
        let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let config = &bytes[HEADER..];
        if head[..8] != MAGIC {
            return Err(refuse("the file is not a journal's identity".to_string()));
        }
        if half(24) != crc32c::crc32c_append(crc32c::crc32c(&head[..24]), config) {
            return Err(refuse("the checksum does not match".to_string()));
        }
        if half(8) != VERSION {
            return Err(refuse(format!("format version {} is not one that this program reads", half(8))));
        }
        if half(12) as usize != config.len() {
            return Err(refuse("the length does not match".to_string()));
        }
        let id = u64::from_le_bytes(std::array::from_fn(|i| head[16 + i]));
        Ok(Self { id, config: config.to_vec() })
    }
}
