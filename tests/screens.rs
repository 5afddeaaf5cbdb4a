//! Snapshots and keys in, screens out.

use std::sync::Arc;
use std::time::Duration;

use sockeye::model::{
    Address, Detail, Fact, Family, Inode, Protocol, Snapshot, Socket, SocketId, State, TcpDetail, TcpState,
    UnixState,
};

use crate::support::snapshot::{Builder, NETNS, snapshot};

mod act;
mod alerts;
mod banner;
mod bound;
mod change;
mod columns;
mod detail;
mod dialogs;
mod does;
mod export;
mod find;
mod hostile;
mod keys;
mod looks;
mod motions;
mod mouse;
mod moving;
mod mute;
mod notices;
mod selection;
mod shapes;
mod sizes;
mod sorting;
mod steady;
mod terms;
mod themes;
mod views;

/// A web server, one of whose workers was made to start shells that call out.
pub fn busy() -> Builder {
    use TcpState::{Established, Listen, SynSent};
    snapshot()
        .process(1, 0, "/usr/lib/systemd/systemd", "/sbin/init")
        .process(911, 1, "/usr/sbin/sshd", "sshd: /usr/sbin/sshd -D [listener]")
        .tcp(9001, &[3], Listen, "0.0.0.0:22", "0.0.0.0:0")
        .tcp(9002, &[4], Listen, "[::]:22", "[::]:0")
        .process(1204, 1, "/usr/sbin/nginx", "nginx: master process /usr/sbin/nginx")
        .tcp(9100, &[6], Listen, "0.0.0.0:443", "0.0.0.0:0")
        .process(1311, 1204, "/usr/sbin/nginx", "nginx: worker process")
        .with(|process| process.uid = 33)
        .held(9100, &[6])
        .tcp(9101, &[14], Established, "10.0.0.5:443", "192.0.2.77:50812")
        .process(1822, 911, "/usr/sbin/sshd", "sshd: alice [priv]")
        .tcp(9003, &[4], Established, "10.0.0.5:22", "192.0.2.9:61022")
        .process(733, 1, "/usr/sbin/chronyd", "/usr/sbin/chronyd -F 2")
        .udp(9200, &[5], "127.0.0.1:323", "0.0.0.0:0")
        .process(602, 1, "/usr/bin/dbus-daemon", "/usr/bin/dbus-daemon --system")
        .unix(9300, &[4], UnixState::Listen, b"/run/dbus/system_bus_socket")
        .process(902, 1, "/usr/sbin/php-fpm8.2", "php-fpm: master process")
        .process(20110, 902, "/usr/bin/dash", "sh -c /tmp/x")
        .with(|process| process.uid = 33)
        .process(20117, 20110, "/usr/bin/bash", "bash --norc -i")
        .with(|process| {
            process.uid = 33;
            process.cwd = Fact::Known("/var/www/html/uploads".into());
        })
        .tcp(35943, &[0, 1, 2, 255], Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(20119, 1, "/usr/bin/bash", "bash /tmp/.x/run.sh")
        .tcp(35950, &[3], Established, "10.0.0.5:51002", "198.51.100.7:4444")
        .process(20762, 1, "/usr/bin/cargo", "cargo install ripgrep")
        .with(|process| process.uid = 1000)
        .tcp(36000, &[12], SynSent, "10.0.0.5:49742", "151.101.1.6:443")
        .socket(time_wait(), &[])
}

fn time_wait() -> Socket {
    Socket {
        id: SocketId {
            netns: NETNS,
            protocol: Protocol::Tcp,
            inode: Inode::NONE,
            local: Address::Inet("10.0.0.5:44120".parse().unwrap()),
            remote: Address::Inet("151.101.1.6:443".parse().unwrap()),
            nth: 0,
        },
        family: Family::Inet,
        state: Some(State::Tcp(TcpState::TimeWait)),
        send_queue: Some(0),
        receive_queue: Some(0),
        uid: None,
        references: Some(3),
        pointer: Some(0),
        peer: None,
        mark: None,
        device: None,
        detail: Detail::Tcp(TcpDetail::default()),
    }
}

/// Without the shells.
fn calm() -> Arc<Snapshot> {
    busy()
        .adjust(|snapshot| {
            snapshot.sockets.retain(|socket| ![35943, 35950].contains(&socket.id.inode.0));
            snapshot.owners.retain(|owner| ![35943, 35950].contains(&owner.inode.0));
        })
        .build()
}

/// The busy host two seconds later: one connection opened, one closed, one changed its state.
fn later() -> Arc<Snapshot> {
    busy()
        .later(Duration::from_secs(2))
        .process(20800, 1, "/usr/bin/curl", "curl -sSf https://example.org")
        .tcp(36100, &[5], TcpState::Established, "10.0.0.5:49800", "151.101.1.6:443")
        .adjust(|snapshot| {
            snapshot.sockets.retain(|socket| socket.id.inode != Inode(9101));
            snapshot.owners.retain(|owner| owner.inode != Inode(9101));
            for socket in &mut snapshot.sockets {
                if socket.id.inode == Inode(36000) {
                    socket.state = Some(State::Tcp(TcpState::Established));
                }
            }
        })
        .build()
}

/// So many connections of one process, with sockets of its own kind in between.
fn many(count: u32) -> Builder {
    (0..count).fold(
        snapshot().process(700, 0, "/usr/bin/proxy", "proxy --all --connections --from=everywhere"),
        |builder, nth| {
            let remote = format!("192.0.2.{}:{}", nth % 250 + 1, 40_000 + nth);
            builder.tcp(5000 + u64::from(nth), &[10 + nth], TcpState::Established, "10.0.0.5:3128", &remote)
        },
    )
}
