//! Devices.

pub mod exit;
pub mod pic;
pub mod pit;
pub mod serial;
