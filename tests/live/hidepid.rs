//! A /proc that lists only the viewer's own processes.

use std::fs::Permissions;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;

use super::is_root;
use crate::support::skip;

#[test]
fn sockets_of_processes_that_are_not_listed_are_kept_and_the_view_is_partial() {
    if !is_root() {
        return skip("mounting a proc file system needs root");
    }
    let name = format!("sockeye-test-hidepid-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("sockeye"); // where nobody can reach it
    std::fs::copy(env!("CARGO_BIN_EXE_sockeye"), &program).unwrap();
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    // A mount of its own: changing an option of the one that is there would change it for the host.
    let script = r#"mount -t proc -o hidepid=2 proc /proc &&
        exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$0" -o csv --columns pid,path,unowned "path=@$1""#;
    let output = Command::new("unshare").args(["-m", "sh", "-c", script]).arg(&program).arg(&name).output();
    let Ok(output) = output else { return skip("no unshare(1) here") };
    let stderr = String::from_utf8(output.stderr).unwrap();
    if stderr.contains("mount:") {
        return skip("no proc file system may be mounted here");
    }
    let expected = format!("pid,path,unowned\n-1,'@{name},not-permitted\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{stderr}");
    assert!(stderr.contains("list of processes (1, not permitted)"), "{stderr}");
}
