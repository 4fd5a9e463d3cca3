//! The Velox pipeline: transactions in, bundles out, four stages joined by rings.
