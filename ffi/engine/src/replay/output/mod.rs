//! What a replay writes.

mod row;
