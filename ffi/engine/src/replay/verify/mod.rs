//! `--verify`: a LOBSTER message file against its orderbook file, row by row.

mod window;
