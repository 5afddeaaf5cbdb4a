//! Tests that cannot run everywhere.

use std::io::Write;

/// Says why a test does nothing here; the test returns then. Where nothing may be skipped, it fails.
pub fn skip(why: &str) {
    assert!(std::env::var_os("SOCKEYE_TEST_NO_SKIP").is_none(), "not to be skipped here: {why}");
    lacking(why);
}

/// Says what this kernel does not have, where no package or privilege would give it; the test returns then.
pub fn lacking(why: &str) {
    // Not by a macro: what they print is shown of failed tests only.
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("skipped: {why}\n").as_bytes()).unwrap();
}
