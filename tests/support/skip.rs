//! Tests that cannot run everywhere.

use std::io::Write;

/// Says why a test does nothing here; the test returns then. Where nothing may be skipped, it fails.
pub fn skip(why: &str) {
    assert!(std::env::var_os("SOCKEYE_TEST_NO_SKIP").is_none(), "not to be skipped here: {why}");
    writeln!(std::io::stderr(), "skipped: {why}").unwrap();
}
