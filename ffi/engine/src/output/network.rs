//! What was sent over a network, for a result block.

use hftz_net::SenderSummary;
use serde_json::{Value, json};

/// `{packets, bytes, heartbeats, refused, retransmission: {requests, messages, unanswered} | null}`.
#[must_use]
pub fn to_json(summary: &SenderSummary) -> Value {
    let resent = summary.retransmission.map(
        |server| json!({"requests": server.requests, "messages": server.messages, "unanswered": server.unanswered}),
    );
    json!({
        "packets": summary.packets,
        "bytes": summary.bytes,
        "heartbeats": summary.heartbeats,
        "refused": summary.refused,
        "retransmission": resent,
    })
}
