//! Readings of the processor's time-stamp counter and their arithmetic.
