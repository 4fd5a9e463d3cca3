//! What a comparison found: a row for each peer and measurement, and who is missing.

use serde_json::{Value, json};

#[derive(Default)]
pub struct Found {
    /// Rows of [`hftz_lab::paired::Pair`].
    pub rows: Vec<Value>,
    pub left_out: Vec<Value>,
}

impl Found {
    /// `peer` is not measured.
    pub fn leave_out(&mut self, peer: &str, why: &str) {
        self.left_out.push(json!({ "peer": peer, "why": why }));
    }

    /// `{peers: [...], leftOut: [...]}`
    #[must_use]
    pub fn json(self) -> Value {
        json!({ "peers": self.rows, "leftOut": self.left_out })
    }
}
