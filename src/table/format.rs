//! Bytes, durations and other numbers as people read them.
